import { beforeEach, describe, expect, it, vi } from "vitest";
import { json, pretendBrowser, pretendService } from "./browser";

const OWN = { key_id: "PL1", scope: "demo", permissions: ["read"] };

/** A log that gives the same count for every difference, and has one id. */
function service(count: number) {
  return pretendService((url) => {
    if (url.pathname === "/v1/me") return json(OWN);
    if (url.pathname !== "/v1/events:facets") return json({ count });
    const groups = [{ value: "i-1", count: 3, time: "2026-11-30T10:00:00Z" }];
    return json({ facets: [{ by: "target.id", total_size: 1, groups }] });
  });
}

async function ways(filter: string) {
  pretendBrowser(`http://log.example.com/?last=24h&filter=${encodeURIComponent(filter)}`);
  sessionStorage.setItem("polylog-key", "PL1.secret");
  const store = await import("../src/state/translations");
  await store.translate(new AbortController().signal);
  const of = (name: string) => store.ways.value.find((way) => way.name === name);
  return { of, all: store.ways.value, store };
}

beforeEach(() => {
  vi.resetModules();
});

describe("ways to ask elsewhere", () => {
  it("are offered when the log has no event that they treat differently", async () => {
    service(0);
    const { of } = await ways("target.id = i-1");
    expect(of("cloudtrail")).toMatchObject({ cannot: [], isChecking: false });
    expect(of("cloudtrail")?.commands).toHaveLength(1);
  });

  it("are not offered when there are such events", async () => {
    service(2);
    const { of } = await ways("target.id = i-1");
    expect(of("cloudtrail")?.commands).toEqual([]);
    expect(of("cloudtrail")?.cannot[0]).toContain("2 events ");
  });

  it("ask by ids if an API knows no names", async () => {
    service(0);
    const { of } = await ways("target.name = storefront");
    expect(of("cloudfoundry-v3")?.commands[0]).toContain("target_guids=i-1");
    expect(of("waldur")?.cannot).toEqual(["target.name"]);
  });

  it("say when no event tells the ids of a name", async () => {
    pretendService((url) => (url.pathname === "/v1/me" ? json(OWN) : json({ events: [], total_size: 0, facets: [] })));
    const { store } = await ways("target.name = storefrnt");
    const [rows, { question }] = [await import("../src/state/rows"), await import("../src/state/view")];
    await rows.ask(question.value, "desc");
    expect(store.isWithoutIds.value).toBe(true);
  });

  it("never contain the key", async () => {
    service(0);
    const { all, store } = await ways("type = a");
    expect(JSON.stringify([all, store.link(), store.polylog()])).not.toContain("secret");
  });

  it("have a link with a fixed range", async () => {
    service(0);
    const { store } = await ways("type = a");
    const address = new URL(store.link());
    expect([address.searchParams.has("last"), address.searchParams.has("since")]).toEqual([false, true]);
  });
});
