import { beforeEach, describe, expect, it, vi } from "vitest";
import { event, json, pretendBrowser, pretendService, problem, type Answer } from "./browser";

/** A log with a number of events that exports a thousand at a time. */
function exporting(total: number, counted = json({ count: total })): Answer {
  return (url) => {
    if (url.pathname === "/v1/events:count") return counted.clone();
    const from = Number(url.searchParams.get("page_token") ?? 0);
    const end = Math.min(total, from + Number(url.searchParams.get("page_size")));
    const lines = Array.from({ length: end - from }, (_, at) => `${JSON.stringify(event(from + at))}\n`);
    const link = end < total ? { Link: `</v1/events:export?page_token=${end}>; rel="next"` } : {};
    return new Response(lines.join(""), { headers: link });
  };
}

function sink() {
  const file = { text: "", state: "open" };
  return {
    file,
    write: async (text: string) => void (file.text += text),
    close: async () => void (file.state = "closed"),
    abort: async () => void (file.state = "aborted"),
  };
}

beforeEach(() => {
  vi.resetModules();
  pretendBrowser("http://log.example.com/?columns=id,type&order=asc&filter=ada");
});

describe("an export", () => {
  it("has a row for every event, to the total", async () => {
    pretendService(exporting(2500));
    const { running, write } = await import("../src/state/export");
    const to = sink();
    await write("csv", to);
    expect(running.value).toEqual({ is: "done", written: 2500, total: 2500 });
    expect(to.file.text.split("\r\n").length).toBe(2500 + 2);
    expect(to.file.text.startsWith("id,type\r\ne-0,door.open\r\n")).toBe(true);
    expect(to.file.state).toBe("closed");
  });

  it("asks the question of the view, in its order", async () => {
    const service = pretendService(exporting(1));
    const { write } = await import("../src/state/export");
    await write("ndjson", sink());
    const asked = new URL(service.mock.calls.at(-1)?.[0] ?? "", "http://log.example.com").searchParams;
    expect([asked.get("filter")?.startsWith("ada AND time >= "), asked.get("order_by")]).toEqual([true, "time asc"]);
  });

  it("writes events as they were sent", async () => {
    pretendService(exporting(3));
    const { write } = await import("../src/state/export");
    const to = sink();
    await write("ndjson", to);
    expect(to.file.text.trim().split("\n").map((line) => JSON.parse(line))).toEqual([event(0), event(1), event(2)]);
  });

  it("says so if the log does not count that many", async () => {
    pretendService(exporting(3, problem(400, "Too broad")));
    const { running, write } = await import("../src/state/export");
    await write("csv", sink());
    expect(running.value).toEqual({ is: "done", written: 3 });
  });

  it("ends without a whole file when it is cancelled", async () => {
    pretendService(exporting(5000));
    const { cancel, running, write } = await import("../src/state/export");
    const to = sink();
    const first = to.write;
    await write("csv", { ...to, write: (text) => first(text).then(cancel) });
    expect([running.value?.is, to.file.state]).toEqual(["cancelled", "aborted"]);
  });

  it("ends without a whole file when the log refuses", async () => {
    pretendService((url) => (url.pathname.endsWith("count") ? json({ count: 9 }) : problem(503, "Busy")));
    const { running, write } = await import("../src/state/export");
    const to = sink();
    await write("csv", to);
    expect(running.value).toMatchObject({ is: "failed", reason: "Busy" });
    expect(to.file.state).toBe("aborted");
  });
});
