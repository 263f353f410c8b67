import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { close } from "../state/panels";
import "./dialog.css";

interface Props {
  title: string;
  children: ComponentChildren;
  onClose?: () => void;
}

/** A dialog over the page. Escape and a click outside close it, and the focus goes back. */
export function Dialog({ title, children, onClose = close }: Props) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const there = box.current;
    there?.showModal();
    return () => {
      // While it is open, nothing behind it can get the focus.
      there?.close();
      if (before instanceof HTMLElement) before.focus();
    };
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
        <div class="dialog-body" tabIndex={0}>{children}</div>
      </div>
    </dialog>
  );
}
