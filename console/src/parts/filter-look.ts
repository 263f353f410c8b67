// The look of the filter editor. The editor is in a shadow root, and a script constructs its styles, as
// the page's content security policy demands. Colours come from the page's tokens.

import { Decoration, EditorView, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { isField } from "../model/fields";
import { tokensOf, type Token } from "../model/tokens";

export const theme = EditorView.theme({
  "&": { font: "inherit", color: "var(--text)", background: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "13px/20px var(--mono)", maxHeight: "104px" },
  ".cm-content": { padding: "3px 0", caretColor: "var(--text)", minHeight: "20px" },
  ".cm-line": { padding: "0 8px" },
  // Until the reader enters it, the filter keeps to one line.
  "&:not(.cm-focused) .cm-content.cm-lineWrapping": { whiteSpace: "pre" },
  "&:not(.cm-focused) .cm-scroller": { overflow: "hidden" },
  ".cm-placeholder": { color: "var(--text-quiet)", fontFamily: "var(--font)" },
  ".cm-tooltip": {
    border: "1px solid var(--line)",
    borderRadius: "6px",
    background: "var(--bg)",
    color: "var(--text)",
    boxShadow: "var(--shadow)",
    overflow: "hidden",
  },
  // Below the hint, which is a line under the text.
  ".cm-tooltip.cm-tooltip-below": { marginTop: "35px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    font: "13px/20px var(--font)",
    maxHeight: "280px",
    minWidth: "240px",
    maxWidth: "min(560px, calc(100vw - 24px))",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    gap: "16px",
    padding: "2px 10px",
    alignItems: "baseline",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > completion-section": {
    padding: "4px 10px 2px",
    border: "0",
    color: "var(--text-quiet)",
    font: "12px/18px var(--font)",
    opacity: "1",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    background: "var(--bg-chosen)",
    color: "var(--text)",
  },
  ".cm-completionLabel": { flex: "1 1 auto", overflow: "hidden", textOverflow: "ellipsis" },
  ".cm-completionLabel, .cm-completionDetail": { whiteSpace: "nowrap" },
  ".cm-completionDetail": {
    marginLeft: "0",
    fontStyle: "normal",
    color: "var(--text-quiet)",
    fontVariantNumeric: "tabular-nums",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  // On phones, a smaller text would make the browser zoom in.
  "@media (max-width: 900px)": {
    ".cm-tooltip.cm-tooltip-below": { marginTop: "8px" },
    ".cm-scroller": { fontSize: "16px" },
    ".cm-content": { padding: "7px 0" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "6px 10px" },
  },
  ".f-field": { color: "var(--accent)" },
  ".f-word": { fontWeight: "600" },
  ".f-sign": { color: "var(--text-quiet)" },
  ".f-value": { color: "var(--good)" },
  ".f-broken": { color: "var(--danger)" },
  ".f-mistake": { textDecoration: "underline wavy var(--danger) 1px", textUnderlineOffset: "3px" },
});

const MARKS = {
  field: Decoration.mark({ class: "f-field" }),
  word: Decoration.mark({ class: "f-word" }),
  sign: Decoration.mark({ class: "f-sign" }),
  value: Decoration.mark({ class: "f-value" }),
  broken: Decoration.mark({ class: "f-broken" }),
};

/** Colours the tokens of the filter. */
export const highlighting = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = decorated(view);
    }

    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = decorated(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function decorated(view: EditorView): DecorationSet {
  const tokens = tokensOf(view.state.doc.toString());
  return Decoration.set(tokens.map((token, at) => MARKS[look(token, tokens[at + 1])].range(token.from, token.to)));
}

function look(token: Token, next: Token | undefined): keyof typeof MARKS {
  if (token.kind === "broken") return "broken";
  if (token.kind === "text") return next?.kind === "operator" && isField(token.text) ? "field" : "value";
  return ["and", "or", "not"].includes(token.kind) ? "word" : "sign";
}
