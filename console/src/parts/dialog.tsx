import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { close } from "../state/panels";
import "./dialog.css";

interface Props {
  title: string;
  children: ComponentChildren;
  onClose?: () => void;
}

/** A dialog over the page; Escape and a click beside it close it, and the focus goes back. */
export function Dialog({ title, children, onClose = close }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return (
    <dialog
      ref={box}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === box.current && onClose()}
    >
      <div class="dialog">
        <header class="dialog-head">
          <h2 class="grow">{title}</h2>
          <button type="button" class="button plain" onClick={onClose}>Close</button>
        </header>
        <div class="dialog-body">{children}</div>
      </div>
    </dialog>
  );
}
