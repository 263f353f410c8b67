import { expect, test } from "vitest";
import { places } from "../src/model/places";
import { event } from "./browser";

test("an event has a command for each API that shows it", () => {
  const commands = places({ ...event(7), id: "a/b'c" }, "https://log.example.com").map((place) => place.command);
  expect(commands).toEqual([
    `curl -H "Authorization: Bearer $TOKEN" 'https://log.example.com/v1/events/a%2Fb%27c'`,
    `curl -H "Authorization: bearer $TOKEN" 'https://log.example.com/cf/v2/events/a%2Fb%27c'`,
    `curl -H "Authorization: bearer $TOKEN" 'https://log.example.com/cf/v3/audit_events/a%2Fb%27c'`,
    `curl -H "Authorization: Token $TOKEN" 'https://log.example.com/api/events/7/'`,
  ]);
});
