import { effect } from "@preact/signals";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { fix } from "../src/model/question";
import { event, json, pages, pretendBrowser, pretendService, problem, type Answer } from "./browser";

const QUESTION = fix({ filter: "ada", time: { all: true } }, Date.parse("2026-11-30T12:00:00Z"));

async function opened(answer: Answer, at = 0) {
  const service = pretendService(answer);
  const rows = await import("../src/state/rows");
  await rows.ask(QUESTION, "desc", at);
  return { rows, service };
}

beforeEach(() => {
  vi.resetModules();
  pretendBrowser();
});

describe("the rows of a question", () => {
  test("are as many as the service counts", async () => {
    const { rows, service } = await opened(pages(1_204_553));
    expect([rows.total.value, rows.count.value, service.mock.calls.length]).toEqual([1_204_553, 1_204_553, 1]);
  });
  test("are asked with the whole window", async () => {
    const { service } = await opened(pages(10));
    expect(new URL(service.mock.calls[0]?.[0] ?? "", "http://x").searchParams.get("filter")).toBe("ada AND time < 2026-11-30T12:00:00Z");
  });
  test("are one request away at any place", async () => {
    const { rows, service } = await opened(pages(1_000_000));
    const row = await rows.fetchRow(654_321);
    expect([row?.id, service.mock.calls.length]).toEqual(["e-654321", 2]);
  });
  test("begin where the reader was", async () => {
    const { rows, service } = await opened(pages(1_000_000), 250_050);
    expect([rows.row(250_050)?.id, service.mock.calls.length]).toEqual(["e-250050", 1]);
  });
  test("are fetched once", async () => {
    const { rows, service } = await opened(pages(1000));
    await Promise.all([rows.fetchRow(150), rows.fetchRow(151), rows.fetchRow(50)]);
    await rows.fetchRow(199);
    expect(service).toHaveBeenCalledTimes(2);
  });
  test("become whole pages if the service sends short ones", async () => {
    const { rows } = await opened(pages(250, 30));
    await rows.fetchRow(249);
    expect([rows.row(99)?.id, rows.row(249)?.id]).toEqual(["e-99", "e-249"]);
  });
  test("stay while the next question is on its way", async () => {
    const { rows } = await opened(pages(300));
    pretendService(() => new Promise(() => undefined));
    void rows.ask(QUESTION, "asc");
    expect([rows.row(0)?.id, rows.total.value, rows.head.isAsking.value]).toEqual(["e-0", 300, true]);
  });
  test("are forgotten when there are many pages, the least recently seen first", async () => {
    const { rows } = await opened(pages(100_000));
    for (let number = 1; number <= 60; number += 1) await rows.fetchRow(number * 100);
    expect([rows.row(0), rows.row(6000)?.id]).toEqual([undefined, "e-6000"]);
  });
});

describe("rows that cannot be counted", () => {
  const uncounted: Answer = (url, init) => (url.searchParams.get("total_size") === "true" ? problem(400, "Too broad") : pages(150)(url, init));
  test("are those that were read, plus one", async () => {
    const { rows } = await opened(uncounted);
    expect([rows.isPartial.value, rows.total.value, rows.count.value]).toEqual([true, undefined, 101]);
  });
  test("go on after the last one, to the end", async () => {
    const { rows, service } = await opened(uncounted);
    await rows.fetchRow(100);
    expect([rows.count.value, service.mock.calls.at(-1)?.[0].includes("page_token=100")]).toEqual([150, true]);
  });
});

describe("rows that arrive", () => {
  test("are above the others", async () => {
    const { rows } = await opened(pages(300));
    rows.prepend([event(9001), event(9000)]);
    expect([rows.total.value, rows.row(0)?.id, rows.row(1)?.id, rows.row(2)?.id, rows.shifted.value]).toEqual([302, "e-9001", "e-9000", "e-0", 2]);
  });
  test("do not move the pages below them", async () => {
    const { rows, service } = await opened(pages(300));
    rows.prepend([event(9000)]);
    expect((await rows.fetchRow(101))?.id).toBe("e-100");
    expect(service.mock.calls.at(-1)?.[0]).toContain("skip=100");
  });
  test("within the window are counted again", async () => {
    const { rows } = await opened(pages(300));
    pretendService((url, init) => (url.pathname.endsWith(":count") ? json({ count: 305 }) : pages(305)(url, init)));
    rows.recount();
    await vi.waitFor(() => expect([rows.total.value, rows.shifted.value]).toEqual([305, 5]));
  });
  test("within the window leave no place empty while they load", async () => {
    const { rows } = await opened(pages(300));
    pretendService((url, init) => (url.pathname.endsWith(":count") ? json({ count: 305 }) : pages(305)(url, init)));
    const shown: (string | undefined)[] = [];
    const stop = effect(() => void shown.push(rows.row(7)?.id));
    rows.recount();
    await vi.waitFor(() => expect(rows.total.value).toBe(305));
    stop();
    expect(shown).not.toContain(undefined);
  });
  test("while the question is asked are counted after its answer", async () => {
    const { rows } = await opened(pages(300));
    pretendService((url, init) => (url.pathname.endsWith(":count") ? json({ count: 301 }) : pages(300)(url, init)));
    const asking = rows.ask(QUESTION, "desc");
    rows.recount();
    await asking;
    await vi.waitFor(() => expect(rows.total.value).toBe(301));
  });
});
