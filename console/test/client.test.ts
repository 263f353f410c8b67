import { describe, expect, test, vi } from "vitest";
import { Api, Offline } from "../src/api/client";
import { json, pretendService, problem } from "./browser";

const ASKED = { text: "time < 2026" };

describe("the client", () => {
  test("sends the key only in a header", async () => {
    const service = pretendService(() => json({ count: 7 }));
    expect(await new Api(() => "KEY.SECRET").count(ASKED)).toBe(7);
    const [url, init] = service.mock.calls[0] ?? [];
    expect([url, new Headers(init?.headers).get("Authorization")]).toEqual(["/v1/events:count?filter=time+%3C+2026", "Bearer KEY.SECRET"]);
  });
  test("says what the service refuses", async () => {
    pretendService(() => json({ type: "urn:polylog:problem:invalid-filter", title: "Invalid filter", status: 400, detail: "no", parameter: "filter", column: 8 }, 400));
    await expect(new Api(() => "k").count(ASKED)).rejects.toMatchObject({ status: 400, parameter: "filter", column: 8, isPassing: false });
  });
  test("says when to try again", async () => {
    pretendService(() => json({ title: "Unavailable" }, 503, { "Retry-After": "3" }));
    await expect(new Api(() => "k").count(ASKED)).rejects.toMatchObject({ status: 503, retryAfter: 3, isPassing: true });
  });
  test("shows a gateway's own answer, which is not a problem document", async () => {
    pretendService(() => new Response("<html>", { status: 504 }));
    await expect(new Api(() => "k").count(ASKED)).rejects.toMatchObject({ status: 504, title: "Status 504" });
  });
  test("says when there is no answer", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(new Api(() => "k").count(ASKED)).rejects.toBeInstanceOf(Offline);
  });
  test("reports a key that is refused", async () => {
    pretendService(() => problem(401, "Invalid credential"));
    const refused = vi.fn();
    await expect(new Api(() => "k", refused).count(ASKED)).rejects.toMatchObject({ status: 401 });
    expect(refused).toHaveBeenCalledWith("k");
  });
  test("also gives an event as it was sent", async () => {
    const text = '{"id": "a/b", "seq": 1, "data": {"n": 12345678901234567890}}';
    const service = pretendService(() => new Response(text));
    const told = await new Api(() => "k").event("a/b");
    expect([service.mock.calls[0]?.[0], told.text, told.event.data]).toEqual(["/v1/events/a%2Fb", text, { n: "12345678901234567890" }]);
  });
  test("leads on through an export", async () => {
    pretendService(() => new Response("{}\n", { headers: { Link: '<https://log.example.com/v1/events:export?page_token=T%2B1>; rel="next"' } }));
    expect(await new Api(() => "k").export(ASKED, "asc", 100)).toEqual({ text: "{}\n", next: "T+1" });
  });
});
