// An editor for the filter that colours and completes it. It loads when the reader enters the filter.

import {
  acceptCompletion,
  autocompletion,
  closeCompletion,
  completionStatus,
  moveCompletionSelection,
  selectedCompletion,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorState, Prec, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, keymap, placeholder, type DecorationSet } from "@codemirror/view";
import { tokensOf } from "../model/tokens";
import { complete } from "./filter-completion";
import { highlighting, theme } from "./filter-look";

export interface Editor {
  readonly text: string;
  /** Enter the editor, which suggests something if it is empty, unless `suggests` is false. */
  focus(suggests?: boolean): void;
  set(text: string): void;
  /** Mark a column, counted from 1; undefined removes the mark. */
  mark(column: number | undefined): void;
}

interface Options {
  text: string;
  cursor: number;
  label: string;
  hint: string;
  onChange: (text: string) => void;
  onEnter: () => void;
  onLeave: () => void;
}

/** Put an editor into a shadow root, with the cursor where it was before. */
export function edit(root: ShadowRoot, options: Options): Editor {
  const parent = document.createElement("div");
  root.append(parent);
  const selection = { anchor: Math.min(options.cursor, options.text.length) };
  const state = EditorState.create({ doc: options.text, selection, extensions: extensions(options) });
  const view = new EditorView({ state, parent, root });
  return {
    get text() {
      return view.state.doc.toString();
    },
    focus(suggests = true) {
      view.focus();
      if (suggests && !view.state.doc.length) startCompletion(view);
    },
    set(text) {
      const all = { from: 0, to: view.state.doc.length, insert: text };
      if (text !== view.state.doc.toString()) view.dispatch({ changes: all, selection: { anchor: text.length } });
    },
    mark(column) {
      view.dispatch({ effects: marked.of(column) });
    },
  };
}

function extensions({ label, hint, onChange, onEnter, onLeave }: Options): Extension[] {
  return [
    theme,
    highlighting,
    mistake,
    oneLine,
    history(),
    EditorView.lineWrapping,
    placeholder(hint),
    autocompletion({ override: [complete], icons: false, selectOnOpen: false, activateOnTypingDelay: 50 }),
    EditorView.contentAttributes.of({ "aria-label": label, "aria-multiline": "false", enterkeyhint: "search" }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      onChange(update.state.doc.toString());
      const isEmptied = !update.state.doc.length && update.transactions.some((each) => each.isUserEvent("delete"));
      if (isEmptied) startCompletion(update.view);
    }),
    Prec.highest(keymap.of(keys(onEnter, onLeave))),
    keymap.of([...historyKeymap, ...defaultKeymap]),
  ];
}

/** Enter asks, unless the arrows have selected a suggestion; Tab takes the first suggestion. */
function keys(onEnter: () => void, onLeave: () => void) {
  return [
    {
      key: "Enter",
      run: (view: EditorView) => {
        if (selectedCompletion(view.state) && acceptCompletion(view)) return true;
        closeCompletion(view);
        onEnter();
        return true;
      },
    },
    {
      key: "Tab",
      run: (view: EditorView) => {
        if (completionStatus(view.state) !== "active") return false;
        return selectedCompletion(view.state) ? acceptCompletion(view) : takeFirst(view);
      },
    },
    {
      key: "Escape",
      run: (view: EditorView) => {
        if (!closeCompletion(view)) onLeave();
        return true;
      },
    },
  ];
}

function takeFirst(view: EditorView): boolean {
  return moveCompletionSelection(true)(view) && acceptCompletion(view);
}

/** A filter has one line: pasted text loses its line breaks. */
const oneLine = EditorState.transactionFilter.of((change) => {
  if (change.newDoc.lines === 1) return change;
  const text = change.newDoc.toString().replace(/\s*\n\s*/g, " ");
  const all = { from: 0, to: change.startState.doc.length, insert: text };
  return { changes: all, selection: { anchor: text.length }, sequential: true };
});

const marked = StateEffect.define<number | undefined>();

/** The mark under the part that the log does not understand; the next change removes it. */
const mistake = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, change) {
    const effect = change.effects.find((each) => each.is(marked));
    if (effect?.is(marked)) return at(change.state.doc.toString(), effect.value);
    return change.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function at(text: string, column: number | undefined): DecorationSet {
  if (column === undefined || !text) return Decoration.none;
  const from = Math.min(column - 1, text.length - 1);
  const token = tokensOf(text).find((each) => each.from <= from && from < each.to);
  const to = Math.max(from + 1, token?.to ?? 0);
  return Decoration.set(Decoration.mark({ class: "f-mistake" }).range(from, to));
}
