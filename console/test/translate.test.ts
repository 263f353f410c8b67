import { describe, expect, it } from "vitest";
import * as micros from "../src/model/micros";
import { byIds, namesIn } from "../src/model/names";
import { commandLine, translations, type Place, type Sentence } from "../src/model/translate";

const PLACE: Place = {
  origin: "https://log.example.com",
  scope: "demo",
  isConfined: false,
  now: micros.parse("2026-11-30T00:00:00Z") ?? 0n,
};

function sentence(text: string, more: Partial<Sentence> = {}): Sentence {
  return { filter: text, text, order: "desc", ...more };
}

function written(name: string, text: string, more: Partial<Sentence> = {}, place = PLACE) {
  const found = translations(sentence(text, more), place).find((each) => each.name === name);
  if (!found) throw new Error(name);
  return found.written;
}

function commands(name: string, text: string, more: Partial<Sentence> = {}): string {
  const found = written(name, text, more);
  if ("cannot" in found) return `cannot: ${found.cannot.join("; ")}`;
  return found.commands.join("\n").replaceAll(" \\\n  ", " ");
}

function differences(name: string, text: string): string[] {
  const found = written(name, text);
  return "cannot" in found ? [] : found.differences.map((each) => each.filter);
}

describe("translations", () => {
  it("never holds a key", () => {
    const lines = translations(sentence('type = "a"'), PLACE).flatMap(({ written }) =>
      "cannot" in written ? [] : written.commands,
    );
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.every((line) => line.includes("$TOKEN") || line.includes("${TOKEN"))).toBe(true);
  });

  it("quotes a filter for the shell", () => {
    expect(commands("native", `"it's"`)).toContain(`--data-urlencode 'filter="it'\\''s"'`);
  });

  it("joins the values of a type to a list", () => {
    const text = 'type = (app.crash OR "audit.app.create")';
    expect(commands("cloudfoundry", text)).toContain("'q=type IN app.crash,audit.app.create'");
    expect(commands("cloudfoundry-v3", text)).toContain("types=app.crash,audit.app.create");
    expect(commands("waldur", text)).toContain("event_type=app.crash");
  });

  it("escapes a comma in a list of v3, and a semicolon in a q of v2", () => {
    expect(commands("cloudfoundry-v3", 'type = "a,b%"')).toContain("types=a%2Cb%25");
    expect(commands("cloudfoundry", 'type = "a;b"')).toContain("'q=type:a;;b'");
  });

  it("takes the values that meet both of two conditions", () => {
    expect(commands("cloudfoundry", "type = (a OR b) AND type = (b OR c)")).toContain("q=type:b");
    expect(commands("waldur", "type = a AND type = b")).toBe(
      "cannot: a question that no event can answer",
    );
  });

  it("says what an API cannot ask for", () => {
    expect(commands("waldur", "severity = error")).toBe("cannot: severity");
    expect(commands("cloudfoundry", 'type = "audit.*"')).toBe("cannot: wildcards in type");
    expect(commands("dws", "time >= 2026-11-01")).toBe("cannot: a time range");
    expect(commands("cedana", "time >= 2026-11-01")).toBe("cannot: a range of fixed times");
    expect(commands("waldur", "ada")).toBe("cannot: words anywhere in messages, ids and names");
    expect(commands("ces", "severity = error")).toBe("cannot: more than one type at once");
    expect(commands("waldur", "message : ada AND type = a OR severity = b")).toBe(
      "cannot: OR of different fields",
    );
  });

  it("says that a confined key sees nothing in Waldur's list", () => {
    const found = written("waldur", "type = a", {}, { ...PLACE, isConfined: true });
    expect(found).toEqual({ cannot: ["all events that a confined key may see"] });
  });

  it("asks v2 for times to the microsecond", () => {
    const text = "time >= 2026-11-01T00:00:00.25Z AND time <= 2026-11-02";
    expect(commands("cloudfoundry", text)).toContain("q=timestamp>=2026-11-01T00:00:00.250000Z");
    expect(commands("cloudfoundry", text)).toContain("q=timestamp<2026-11-02T00:00:00.000001Z");
  });

  it("asks for whole seconds, and names the events in between", () => {
    const text = "time >= 2026-11-01T00:00:00.25Z AND time < 2026-11-02";
    expect(commands("waldur", text)).toContain("-d created_from=1793491201 ");
    expect(commands("cloudfoundry-v3", text)).toContain("created_ats[lt]=2026-11-02T00:00:00Z");
    expect(differences("waldur", text)).toEqual([`${text} AND time < 2026-11-01T00:00:01Z`]);
    expect(differences("waldur", "time >= 2026-11-01")).toEqual([]);
  });

  it("asks Cloud Eye for each origin separately", () => {
    expect(commands("ces", "type = a").split("\n")).toHaveLength(2);
    expect(commands("ces", "type = a AND origin = custom")).toContain("event_type=EVENT.CUSTOM");
  });

  it("asks CloudTrail for a target, and names the other events that this finds", () => {
    expect(commands("cloudtrail", 'target.id = "i-1"')).toContain(
      `'[{"AttributeKey":"ResourceName","AttributeValue":"i-1"}]'`,
    );
    expect(differences("cloudtrail", 'category != Insight AND target.id = "i-1"')).toEqual([
      '(target.name = "i-1" OR links : "i-1") AND target.id != "i-1"',
    ]);
    const whole = 'category != Insight (target.id = x OR target.name = x OR links : x)';
    expect(differences("cloudtrail", whole)).toEqual([]);
  });

  it("leaves what CloudTrail cannot ask for besides its one attribute", () => {
    expect(commands("cloudtrail", "type = a AND source = b")).toBe(
      "cannot: more than one condition besides the time",
    );
  });

  it("counts back from now in Cedana's API", () => {
    const text = "time >= 2026-11-29 AND time < 2026-11-30";
    expect(commands("cedana", text, { last: 86_400 })).toContain("time=86400");
  });
});

describe("byIds", () => {
  const FILTER = 'type = app.crash AND target.name = "store front"';

  it("finds the names that a filter asks for", () => {
    expect(namesIn(FILTER)).toEqual(["target"]);
    expect(namesIn("target.name : store AND target.id = 1")).toEqual([]);
  });

  it("asks for ids instead of a name, and names the other events that this finds", () => {
    const asked = byIds(sentence(FILTER, { since: "2026-11-01T00:00:00Z" }), { target: ["a", "b c"] });
    expect(asked.filter).toBe('type = app.crash AND target.id = (a OR "b c")');
    expect(asked.text).toBe(`${asked.filter} AND time >= 2026-11-01T00:00:00Z`);
    expect(asked.more).toBe(`${asked.text} AND NOT (target.name = "store front")`);
  });
});

describe("commandLine", () => {
  it("has the times and the filter separately", () => {
    const line = commandLine(sentence("-type = a", { since: "2026-11-01T00:00:00Z" }), PLACE);
    expect(line.replaceAll(" \\\n  ", " ")).toBe(
      "polylog query --since 2026-11-01T00:00:00Z --url https://log.example.com " +
        `--token "$TOKEN" -- '-type = a'`,
    );
  });
});

describe("micros", () => {
  it.each([
    ["1969-12-31T23:59:59.999999Z", -1n],
    ["2026-11-01", 1_793_491_200_000_000n],
    ["20261101T010000+0100", 1_793_491_200_000_000n],
  ])("reads %s", (text, time) => {
    expect(micros.parse(text)).toBe(time);
  });

  it.each(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.500000Z"])(
    "writes %s as it reads it",
    (text) => {
      expect(micros.format(micros.parse(text) ?? 0n)).toBe(text);
    },
  );

  it("refuses a day that does not exist", () => {
    expect(micros.parse("2026-02-30")).toBeUndefined();
  });
});
