import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import "./popover.css";

interface Props {
  /** What the button shows. */
  label: ComponentChildren;
  /** The name of a button that shows only a drawing. */
  title?: string;
  className?: string;
  side?: "left" | "right";
  children: (close: () => void) => ComponentChildren;
}

/** A button with a panel below it. Escape and a click elsewhere close it. */
export function Popover({ label, title, className = "button", side = "left", children }: Props) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    const leave = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div class="popover" ref={box} onKeyDown={(event) => {
      if (event.key !== "Escape" || !isOpen) return;
      event.stopPropagation();
      close();
    }}>
      <button ref={button} type="button" class={className} aria-expanded={isOpen} aria-label={title} title={title} onClick={() => setOpen(!isOpen)}>
        {label}
      </button>
      {isOpen && <div class={`popover-panel ${side}`}>{children(close)}</div>}
    </div>
  );
}
