import { computed, effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { remember } from "../state/history";
import { mistake } from "../state/mistake";
import { dialog } from "../state/panels";
import { navigate, refresh, view } from "../state/view";
import type { Editor } from "./filter-editor";
import "./filter-bar.css";

const LABEL = "Filter";
const HINT = 'Filter: a word, or type = "audit.app.*"';

/** The filter. It is a plain input until the reader enters it; then an editor takes its place. */
export function FilterBar() {
  const host = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const editor = useRef<Editor | undefined>(undefined);
  const isAsked = useRef(false);
  const [isEditor, setEditor] = useState(false);
  const [draft, setDraft] = useState(view.value.filter);
  const wrong = draft === view.value.filter ? mistake.value : undefined;

  // Only another filter replaces the text that is being written; other changes of the view do not.
  useEffect(() => {
    const filter = computed(() => view.value.filter);
    return effect(() => show(filter.value));
  }, []);
  useEffect(() => editor.current?.mark(wrong?.column), [wrong, isEditor]);
  useEffect(() => onSlash(focus), []);

  function show(filter: string) {
    if (input.current) input.current.value = filter;
    editor.current?.set(filter);
    setDraft(filter);
  }

  function focus() {
    if (editor.current) editor.current.focus();
    else input.current?.focus();
  }

  function ask() {
    const filter = (editor.current?.text ?? input.current?.value ?? "").trim();
    isAsked.current = true;
    remember(filter);
    if (filter === view.value.filter) refresh();
    else navigate({ filter });
    show(filter);
  }

  function leave() {
    show(view.value.filter);
    host.current?.blur();
    input.current?.blur();
    const active = host.current?.shadowRoot?.activeElement;
    if (active instanceof HTMLElement) active.blur();
  }

  /** Replace the input by the editor, with the text typed meanwhile, if the input still has the focus. */
  async function load() {
    const { edit } = await import("./filter-editor");
    const [before, there] = [input.current, host.current];
    if (!before || !there || editor.current) return;
    const isEntered = document.activeElement === before;
    editor.current = edit(there.attachShadow({ mode: "open" }), {
      ...{ text: before.value, cursor: before.selectionStart ?? before.value.length },
      ...{ label: LABEL, hint: HINT, onChange: setDraft, onEnter: ask, onLeave: leave },
    });
    setEditor(true);
    before.hidden = true;
    // Suggestions would cover the answer of a reader who was faster than the editor.
    if (isEntered) editor.current.focus(!isAsked.current);
  }

  return (
    <form class="filter-bar" role="search" onSubmit={(event) => { event.preventDefault(); ask(); }}>
      <div class={wrong ? "filter-box is-wrong" : "filter-box"}>
        <input
          ref={input}
          class="filter-plain"
          type="text"
          aria-label={LABEL}
          placeholder={HINT}
          spellcheck={false}
          autocomplete="off"
          enterkeyhint="search"
          onFocus={() => {
            isAsked.current = false;
            void load();
          }}
          onInput={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && leave()}
        />
        <div ref={host} class="filter-editor" onKeyDown={(event) => event.stopPropagation()} />
        {wrong && <p class="filter-mistake" role="alert">{wrong.text}</p>}
        <p class="filter-hint">
          <b>Enter</b> asks · <b>Esc</b> leaves · a word searches messages, ids and names · after <code>=</code>,{" "}
          <code>*</code> stands for any characters
        </p>
      </div>
    </form>
  );
}

/** Call a function when `/` is pressed where nothing is being typed. */
function onSlash(focus: () => void): () => void {
  function listen(event: KeyboardEvent) {
    const isOther = event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey;
    if (isOther || dialog.peek() !== undefined || isTyping(event.target)) return;
    event.preventDefault();
    focus();
  }
  document.addEventListener("keydown", listen);
  return () => document.removeEventListener("keydown", listen);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, .filter-editor") !== null;
}
