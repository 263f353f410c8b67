import { beforeEach, describe, expect, test, vi } from "vitest";
import { json, pretendBrowser, pretendService, problem } from "./browser";

const OWN = { key_id: "PL1", scope: "demo", permissions: ["read"] };
const assign = vi.fn();
const reload = vi.fn();

async function opened(kept?: string) {
  pretendBrowser("http://log.example.com/?filter=ada");
  vi.stubGlobal("location", Object.assign(new URL(location.href), { assign, reload }));
  if (kept !== undefined) sessionStorage.setItem("polylog-key", kept);
  return import("../src/state/session");
}

beforeEach(() => {
  vi.resetModules();
  vi.clearAllMocks();
});

describe("a session", () => {
  test("begins with a key that the service knows", async () => {
    pretendService(() => json(OWN));
    const session = await opened();
    expect(session.standing.value).toBe("out");
    expect(await session.signIn(" PL1.SECRET ")).toBeUndefined();
    expect([session.standing.value, session.own.value?.scope, sessionStorage.getItem("polylog-key")]).toEqual(["in", "demo", "PL1.SECRET"]);
  });
  test("keeps the key out of the address and out of storage that outlives the tab", async () => {
    pretendService(() => json(OWN));
    const session = await opened();
    await session.signIn("PL1.SECRET");
    expect([location.href.includes("SECRET"), localStorage.getItem("polylog-key")]).toEqual([false, null]);
  });
  test.each([
    [() => problem(401, "Invalid credential"), /expired or was revoked/],
    [() => json({ ...OWN, permissions: ["write"] }), /may not read/],
    [() => problem(503, "Unavailable"), /Unavailable/],
  ])("does not begin otherwise", async (answer, reason) => {
    pretendService(answer);
    const session = await opened();
    expect(await session.signIn("PL1.SECRET")).toMatch(reason);
    expect([session.standing.value, sessionStorage.getItem("polylog-key")]).toEqual(["out", null]);
  });
  test("goes on after the page was loaded again", async () => {
    pretendService(() => json(OWN));
    const session = await opened("PL1.SECRET");
    await session.resume();
    expect([session.standing.value, session.may("read"), session.may("admin")]).toEqual(["in", true, false]);
  });
  test("expires when the service refuses its key", async () => {
    pretendService(() => problem(401, "Invalid credential"));
    const session = await opened("PL1.SECRET");
    await expect(session.api.count({ text: "" })).rejects.toMatchObject({ status: 401 });
    expect(session.standing.value).toBe("expired");
  });
  test("starts again with the next key, in the same view", async () => {
    pretendService(() => problem(401, "Invalid credential"));
    const session = await opened("PL1.SECRET");
    await session.api.count({ text: "" }).catch(() => undefined);
    pretendService(() => json(OWN));
    await session.signIn("PL2.SECRET");
    expect([reload.mock.calls.length, location.search, sessionStorage.getItem("polylog-key")]).toEqual([1, "?filter=ada", "PL2.SECRET"]);
  });
  test("leaves nothing when it ends", async () => {
    const session = await opened("PL1.SECRET");
    session.signOut();
    expect([sessionStorage.getItem("polylog-key"), assign.mock.calls]).toEqual([null, [["/"]]]);
  });
});
