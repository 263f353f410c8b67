import { describe, expect, it } from "vitest";
import { head, row } from "../src/model/csv";
import type { Event } from "../src/model/event";

const EVENT: Event = {
  id: "e-1",
  seq: 7,
  time: "2026-11-30T10:00:00.000250Z",
  type: "audit.app.create",
  origin: "system",
  message: 'said "no", twice\nand left',
  actor: { id: "u-1" },
  data: { size: 5, list: [1, 2] },
};

describe("csv", () => {
  it("names the columns first", () => {
    expect(head(["time", "data.size"])).toBe("time,data.size\r\n");
  });

  it("puts quotes around what would break a line", () => {
    expect(row(EVENT, ["id", "message"])).toBe('e-1,"said ""no"", twice\nand left"\r\n');
  });

  it("shows what the list shows: a name, otherwise an id", () => {
    expect(row(EVENT, ["actor"])).toBe("u-1\r\n");
  });

  it.each(["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "-"])("lets no spreadsheet run %j", (message) => {
    expect(row({ ...EVENT, message }, ["message"])).toBe(`'${message}\r\n`);
  });

  it.each(["-5", "+1.5", "-2e-7", "a=1"])("leaves %j as it is", (message) => {
    expect(row({ ...EVENT, message }, ["message"])).toBe(`${message}\r\n`);
  });

  it("keeps times to the microsecond, and leaves fields empty that an event lacks", () => {
    expect(row(EVENT, ["time", "severity", "data.list"])).toBe(
      '2026-11-30T10:00:00.000250Z,,"[1,2]"\r\n',
    );
  });
});
