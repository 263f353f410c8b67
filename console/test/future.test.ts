import { beforeEach, describe, expect, test, vi } from "vitest";
import { event, json, pretendBrowser, pretendService } from "./browser";

/** The end of the window of a view, in a log whose last event has this time. */
async function endOf(address: string, time?: string) {
  pretendBrowser(address);
  const service = pretendService(() => json({ events: time ? [{ ...event(1), time }] : [] }));
  const [{ follow }, { question }] = [await import("../src/state/future"), await import("../src/state/view")];
  follow();
  return { question, service };
}

beforeEach(() => void vi.resetModules());

describe("all time", () => {
  test("ends soon after the last event in the future", async () => {
    const { question } = await endOf("http://log.example.com/?last=all", "2999-01-01T00:00:00.25Z");
    await vi.waitFor(() => expect(question.value.until).toBe("2999-01-01T00:00:01Z"));
  });
  test("stays within the possible times", async () => {
    const { question } = await endOf("http://log.example.com/?last=all", "9999-12-31T23:59:59.999999Z");
    await vi.waitFor(() => expect(question.value.until).toBe("9999-12-31T23:59:59.999999Z"));
  });
  test("is the only range that looks ahead", async () => {
    const { service } = await endOf("http://log.example.com/?last=1h", "2999-01-01T00:00:00Z");
    expect(service).not.toHaveBeenCalled();
  });
});
