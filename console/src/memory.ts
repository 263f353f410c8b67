// Preact keeps trees that a component has replaced. When a component renders again by itself, its
// parent's `children` still hold its first tree, and parts that two trees share lead from each to the
// next. A list that follows the log for hours kept every event that it had shown.
import { options, type VNode } from "preact";

/** What Preact keeps with a vnode: its children, and its component with the vnode of the last rendering. */
interface Rendered extends VNode {
  __k?: unknown;
  __c?: { __v?: Rendered } | null;
}

/** Let go of the trees that components replace when they render again. Call it once, before the first render. */
export function freeReplacedTrees(): void {
  const replaced = new WeakMap<VNode, Rendered>();
  const { vnode: created, diffed } = options;
  options.vnode = (vnode) => {
    const before = (vnode as Rendered).__c?.__v;
    if (before) replaced.set(vnode, before);
    created?.(vnode);
  };
  options.diffed = (vnode) => {
    const before = replaced.get(vnode);
    if (before) before.__k = null;
    diffed?.(vnode);
  };
}
