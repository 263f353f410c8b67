import { beforeEach, describe, expect, test, vi } from "vitest";
import { pretendBrowser } from "./browser";

async function opened(address?: string) {
  pretendBrowser(address);
  return import("../src/state/view");
}

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers({ now: Date.parse("2026-11-30T12:00:00Z") });
});

describe("the view", () => {
  test("is what the address says", async () => {
    const { view } = await opened("http://log.example.com/?filter=ada&order=asc&row=70");
    expect(view.value).toMatchObject({ filter: "ada", order: "asc", row: 70 });
  });
  test("writes its changes to the address", async () => {
    const { navigate } = await opened();
    navigate({ filter: "ada" });
    expect([location.href, vi.mocked(history.pushState).mock.calls.length]).toEqual(["http://log.example.com/?filter=ada", 1]);
  });
  test("adds nothing to the history while scrolling", async () => {
    const { navigate } = await opened();
    navigate({ row: 70 }, "replace");
    expect([location.href, vi.mocked(history.pushState).mock.calls.length]).toEqual(["http://log.example.com/?row=70", 0]);
  });
  test("begins at the top with another filter", async () => {
    const { navigate, view } = await opened("http://log.example.com/?row=70");
    navigate({ filter: "ada" });
    expect(view.value.row).toBeUndefined();
  });
  test("writes the address without the place of another filter", async () => {
    const { navigate } = await opened("http://log.example.com/?row=70");
    navigate({ filter: "ada" });
    expect(location.search).toBe("?filter=ada");
  });
});

describe("the question", () => {
  test("keeps its window while time passes", async () => {
    const { navigate, question } = await opened("http://log.example.com/?last=1h");
    const before = question.value;
    vi.advanceTimersByTime(60_000);
    navigate({ row: 70 }, "replace");
    navigate({ event: "e-1" });
    expect(question.value).toBe(before);
  });
  test("keeps its window with another filter", async () => {
    const { navigate, question } = await opened("http://log.example.com/?last=1h");
    vi.advanceTimersByTime(60_000);
    navigate({ filter: "ada" });
    expect([question.value.since, question.value.until]).toEqual(["2026-11-30T11:00:00Z", "2026-11-30T12:00:00Z"]);
  });
  test("moves up to now when it is refreshed", async () => {
    const { question, refresh } = await opened("http://log.example.com/?last=1h");
    vi.advanceTimersByTime(60_000);
    refresh();
    expect(question.value.until).toBe("2026-11-30T12:01:00Z");
  });
});

describe("what a reader chose", () => {
  test("is there again without an address", async () => {
    const { navigate } = await opened();
    navigate({ columns: ["time", "data.x"], dense: false, zone: "local" });
    history.pushState(null, "", "/?filter=ada");
    vi.resetModules();
    const { view } = await import("../src/state/view");
    expect(view.value).toMatchObject({ filter: "ada", columns: ["time", "data.x"], dense: false, zone: "local" });
  });
  test("gives way to what an address names", async () => {
    const { navigate } = await opened();
    navigate({ columns: ["time"] });
    history.pushState(null, "", "/?columns=type");
    vi.resetModules();
    const { view } = await import("../src/state/view");
    expect(view.value.columns).toEqual(["type"]);
  });
  test("is forgotten if it cannot be read", async () => {
    pretendBrowser();
    localStorage.setItem("polylog-view", '{"columns": [1], "dense": "x"');
    const { view } = await import("../src/state/view");
    expect(view.value.dense).toBe(true);
  });
});
