import { beforeEach, describe, expect, it, vi } from "vitest";
import { pretendBrowser } from "./browser";

beforeEach(() => {
  vi.resetModules();
  pretendBrowser();
});

describe("past filters", () => {
  it("come with the last one first, each once", async () => {
    const { past, remember } = await import("../src/state/history");
    ["a", "b", "a", ""].forEach(remember);
    expect(past.value).toEqual(["a", "b"]);
  });

  it("are kept in the browser, fifty at most", async () => {
    const { remember } = await import("../src/state/history");
    Array.from({ length: 60 }, (_, at) => remember(`f${at}`));
    vi.resetModules();
    const { past } = await import("../src/state/history");
    expect([past.value.length, past.value[0]]).toEqual([50, "f59"]);
  });

  it("never hold a key", async () => {
    const { past, remember } = await import("../src/state/history");
    remember("PL1M7MVBBU6Z4AYIPWB.3PgNjc90T8XW3nz3YJ-8NJT1Yoln6Bt5mc2cxBnC4nI");
    expect(past.value).toEqual([]);
  });

  it("are empty if something else was stored", async () => {
    localStorage.setItem("polylog-filters", '{"a": 1');
    const { past } = await import("../src/state/history");
    expect(past.value).toEqual([]);
  });
});
