// Reads questions as JSON from standard input, and writes them in the form of each API, for
// tests/console/test_translations.py, which asks a real service with these commands.
import { readFileSync } from "node:fs";
import * as micros from "../src/model/micros";
import { byIds, type Entity } from "../src/model/names";
import { commandLine, translations, type Place, type Sentence, type Translation } from "../src/model/translate";

interface Asked extends Sentence {
  /** The ids that replace a name. */
  ids?: Partial<Record<Entity, string[]>>;
}

const { sentences, now, ...place } = JSON.parse(readFileSync(0, "utf8")) as Omit<Place, "now"> & {
  sentences: Asked[];
  now: string;
};
const there: Place = { ...place, now: micros.parse(now) ?? 0n };

function translated({ ids, ...sentence }: Asked): Translation[] {
  if (!ids) return translations(sentence, there);
  const { more, ...asked } = byIds(sentence, ids);
  return translations(asked, there).map((each) => {
    if ("cannot" in each.written) return each;
    const differences = [...each.written.differences, { filter: more, what: "of another name" }];
    return { ...each, written: { ...each.written, differences } };
  });
}

const written = sentences.map((asked) => ({
  commandLine: commandLine(asked, there),
  translations: translated(asked),
}));
process.stdout.write(JSON.stringify(written));
