import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import * as cells from "../src/words/cells";
import * as format from "../src/words/format";
import { pick } from "../src/words/language";
import * as maplibre from "../src/words/maplibre";
import * as popup from "../src/words/popup";
import * as search from "../src/words/search";
import * as shell from "../src/words/shell";
import * as table from "../src/words/table";
import * as tables from "../src/words/tables";
import * as time from "../src/words/time";
import * as tools from "../src/words/tools";
import * as trouble from "../src/words/trouble";

/** The words of each part, by its file in words/. */
const parts: Record<string, { en: object; zh: object }> = {
  cells: cells.words, format: format.words, maplibre: maplibre.words, popup: popup.words, search: search.words, shell: shell.words, table: table.words,
  tables: tables.words, time: time.words, tools: tools.words, trouble: trouble.words,
};

/** Words that a Chinese text may hold as they are: units, names, formats, and the button to English. */
const KEPT = /JSON|[zp] 值|WebGL 2|MapLibre|Ctrl|CSV|English|Switch to English|Enter|（T）/g;

/** All texts in words by their keys; functions are called with arguments that leave traces. */
function texts(words: object, at = ""): [string, string][] {
  return Object.entries(words).flatMap(([key, value]): [string, string][] => {
    const path = at + key;
    if (typeof value === "string") return [[path, value]];
    if (typeof value === "object") return texts(value as object, `${path}.`);
    const call = value as (...args: unknown[]) => string;
    // A number as text reads as both a count and a name.
    return [1, 2].map((n) => [`${path}(${n})`, String(call(...Array.from({ length: 4 }, () => n)))]);
  });
}

test("every file of words is tested", () => {
  const files = readdirSync(new URL("../src/words/", import.meta.url)).map((name) => name.replace(".ts", ""));
  assert.deepEqual(files.filter((name) => name !== "language").sort(), Object.keys(parts).sort());
});

for (const [part, { en, zh }] of Object.entries(parts)) {
  test(`${part} says the same in both languages`, () => {
    const [english, chinese] = [texts(en), texts(zh)];
    assert.deepEqual(chinese.map(([key]) => key), english.map(([key]) => key));
    for (const [key, text] of english) assert.ok(text !== "" && !/\p{Script=Han}/u.test(text) || /^otherLanguage|^switchLanguage/.test(key), `${key}: ${text}`);
    for (const [key, text] of chinese) {
      assert.ok(text !== "", key);
      assert.doesNotMatch(text.replaceAll(KEPT, ""), /[A-Za-z]/, `${key}: ${text}`);
      assert.doesNotMatch(text, /[\p{Script=Han}][,:;!?]|[,:;!?][\p{Script=Han}]/u, `${key} has half-width marks: ${text}`);
    }
  });
}

test("maplibre has all of MapLibre's words", () => {
  const source = readFileSync(new URL("../node_modules/maplibre-gl/src/ui/default_locale.ts", import.meta.url), "utf8");
  const keys = [...source.matchAll(/'([A-Za-z]+\.[A-Za-z]+)':/g)].map((m) => m[1]);
  assert.ok(keys.length >= 25);
  assert.deepEqual(Object.keys(maplibre.words.en).sort(), keys.sort());
});

test("the language is the one asked for, else chosen, else the reader's first that the page speaks", () => {
  assert.equal(pick("zh", "en", ["en"]), "zh");
  assert.equal(pick(null, "zh", ["en"]), "zh");
  assert.equal(pick(null, null, ["fr-FR", "zh-TW", "en"]), "zh");
  assert.equal(pick(null, null, ["EN-us"]), "en");
  assert.equal(pick(null, null, ["fr"]), "en");
  assert.equal(pick(null, null, []), "en");
});
