import { beforeEach, describe, expect, it, vi } from "vitest";
import { json, pretendBrowser, pretendService, problem } from "./browser";

const KEY = { key_id: "PL1", permissions: ["read"], created_at: "2026-11-30T10:00:00Z", state: "valid" };
const MADE = { url: "", scope: "demo", key_id: "PL2", token: "PL2.secret", access_key: "PL2", secret_key: "secret" };

beforeEach(() => {
  vi.resetModules();
  pretendBrowser();
});

describe("keys", () => {
  it("are listed with the newest first", async () => {
    sessionStorage.setItem("polylog-key", "PL1.secret");
    const own = { key_id: "PL1", scope: "demo", permissions: ["admin"] };
    pretendService(({ pathname }) => json(pathname === "/v1/me" ? own : { keys: [KEY, { ...KEY, key_id: "PL2" }] }));
    const { keys, load } = await import("../src/state/keys");
    await load();
    expect(keys.value?.map((key) => key.key_id)).toEqual(["PL2", "PL1"]);
  });

  it("are not asked for with a key that may not manage them", async () => {
    sessionStorage.setItem("polylog-key", "PL1.secret");
    const service = pretendService(() => json({ key_id: "PL1", scope: "demo", permissions: ["read"] }));
    const { load, problem: wrong } = await import("../src/state/keys");
    await load();
    expect(service.mock.calls.map(([path]) => path)).toEqual(["/v1/me"]);
    expect(wrong.value).toBe("Your key may not manage keys.");
  });

  it("show the secret of a new one until it is forgotten", async () => {
    pretendService((_, init) => (init.method === "POST" ? json(MADE, 201) : json({ keys: [KEY] })));
    const { create, created, forget } = await import("../src/state/keys");
    await create({ permissions: ["read"] });
    expect(created.value?.token).toBe("PL2.secret");
    forget();
    expect(created.value).toBeUndefined();
  });

  it("are read again after one is revoked", async () => {
    const service = pretendService((_, init) =>
      init.method === "DELETE" ? new Response(null, { status: 204 }) : json({ keys: [{ ...KEY, state: "revoked" }] }),
    );
    const { keys, revoke } = await import("../src/state/keys");
    await revoke("PL1");
    expect(service.mock.calls.map(([path]) => path)).toEqual(["/v1/keys/PL1", "/v1/keys"]);
    expect(keys.value?.[0]?.state).toBe("revoked");
  });

  it("say why the log refused", async () => {
    pretendService(() => problem(403, "Forbidden"));
    const { create, problem: wrong } = await import("../src/state/keys");
    expect(await create({ permissions: ["admin"] })).toBe(false);
    expect(wrong.value).toBe("Forbidden");
  });
});
