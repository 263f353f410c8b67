import { useEffect, useState } from "preact/hooks";
import type { Group } from "../api/client";
import { counted } from "../model/numbers";
import { also, chosen, leaveOut, only, standingOf } from "../state/conditions";
import { allOf, followAll, MOST, type Facet } from "../state/facets";
import * as rows from "../state/rows";
import { Icon } from "./icon";

/** The names of the fields, as headings. */
export const TITLES: Readonly<Record<string, string>> = {
  type: "Type", severity: "Severity", status: "Status", origin: "Origin", source: "Source",
  "actor.name": "Actor", "actor.id": "Actor", "target.name": "Target", "target.id": "Target",
  project_id: "Project", organization_id: "Organization",
};
const FEW = 5;

/** The values of one field. */
export function FacetGroups({ facet }: { facet: Facet }) {
  const [isAll, setAll] = useState(false);
  const [whole, setWhole] = useState<"all" | "or">();
  const title = TITLES[facet.by] ?? facet.by;
  if (whole) return <Whole key={whole} facet={facet} title={title} isOr={whole === "or"} onClose={() => setWhole(undefined)} />;
  const groups = isAll ? facet.groups : facet.groups.slice(0, FEW);
  const left = facet.size - groups.length;
  const show = () => (isAll || facet.size > facet.groups.length && facet.groups.length <= FEW ? setWhole("all") : setAll(true));
  return (
    <section class="facet" aria-label={title}>
      <h3 class="facet-head">{title}{facet.size > 1 && <span class="quiet number">{counted(facet.size)}</span>}</h3>
      <Groups by={facet.by} groups={groups} />
      {left > 0 && <button type="button" class="facet-more" onClick={show}>{counted(left)} more</button>}
      {chosen(facet.by).length > 0 && <button type="button" class="facet-more" onClick={() => setWhole("or")}>or another {title.toLowerCase()}…</button>}
    </section>
  );
}

function Groups({ by, groups, isOr = false }: { by: string; groups: readonly Group[]; isOr?: boolean }) {
  const total = rows.total.value ?? Math.max(1, ...groups.map(({ count }) => count));
  return <ul>{groups.map((group) => <Value key={group.value} by={by} group={group} isOr={isOr} share={group.count / Math.max(1, total)} />)}</ul>;
}

function Value({ by, group, share, isOr }: { by: string; group: Group; share: number; isOr: boolean }) {
  if (group.value === null) return <li class="facet-value quiet"><span class="facet-name">rarer types</span><span class="number">{counted(group.count)}</span></li>;
  const { value } = group;
  const standing = standingOf(by, value);
  const name = value || "(none)";
  const choose = (event: MouseEvent) => (isOr || event.ctrlKey || event.metaKey ? also : only)(by, value);
  return (
    <li class={`facet-value ${standing ?? ""}`}>
      <button type="button" class="facet-name" aria-pressed={standing === "only"} title={isOr ? `Or ${name}` : `Only ${name} (with Ctrl: or ${name})`} onClick={choose}>
        <span class="facet-share" style={{ width: `${Math.min(100, share * 100)}%` }} />
        <span class="facet-text">{name}</span>
        <span class="facet-count number">{counted(group.count)}</span>
      </button>
      <button type="button" class="button plain icon facet-not" aria-pressed={standing === "not"} title={`Not ${name}`} aria-label={`Not ${name}`} onClick={() => leaveOut(by, value)}><Icon name="minus" /></button>
    </li>
  );
}

interface WholeProps {
  facet: Facet;
  title: string;
  /** Whether a click adds a value to those chosen. Then the list also has the values that the choice excludes. */
  isOr: boolean;
  onClose: () => void;
}

/** Up to a thousand values, and a field to search them. */
function Whole({ facet, title, isOr, onClose }: WholeProps) {
  const [search, setSearch] = useState("");
  useEffect(() => followAll(facet.by, isOr), [facet.by]);
  const all = allOf(facet.by);
  const found = all.answer.value;
  const { size } = found ?? facet;
  const wanted = search.toLowerCase();
  const groups = (found ?? facet).groups.filter((group) => (group.value ?? "").toLowerCase().includes(wanted));
  return (
    <section class="facet" aria-label={title} aria-busy={all.isAsking.value}>
      <h3 class="facet-head">{isOr ? `One of these: ${title.toLowerCase()}` : title}<span class="quiet number">{counted(size)}</span>
        <button type="button" class="facet-more" onClick={onClose}>Fewer</button></h3>
      <input class="input facet-search" type="search" autofocus placeholder={`Find a value of ${title.toLowerCase()}`} aria-label={`Find a value of ${title}`} onInput={(event) => setSearch(event.currentTarget.value)} />
      <div class="facet-all"><Groups by={facet.by} groups={groups.slice(0, 300)} isOr={isOr} /></div>
      {!found && all.isAsking.value && <p class="quiet" role="status">Counting…</p>}
      {groups.length > 300 && <p class="quiet">{counted(groups.length - 300)} more: search for them.</p>}
      {size > MOST && <p class="quiet">The largest {counted(MOST)} of {counted(size)}.</p>}
    </section>
  );
}
