import assert from "node:assert/strict";
import { test } from "node:test";
import type { StyleSpecification } from "maplibre-gl";
import type { Layer, Tables } from "../src/api";
import { columnsOf, queryOf } from "../src/rows";
import { PLAIN, type View } from "../src/state";
import {
  choiceOf, newestPeriod, periodBeside, periodText, resolutionAt, shownTable, tableText, tableTiles, withTable, type Choice,
} from "../src/tables";
import { set } from "../src/words/language";

const tables: Tables = {
  least: 5, by: "day", sets: [{ name: "all", title: "All", title_zh: "全部" }, { name: "open", title: "Open" }, { name: "late" }],
  resolutions: [6, 8, 9], from_zooms: [0, 9, 11], periods: ["2026-08-10", "2026-08-09", "2026-W32", "2026-08-08", "2026-W31"],
};
const field = (name: string, type: "int" | "string") => ({ name, type }) as const;
const layer: Layer = {
  name: "counts", title: "Counts", count: 9, located: 9, draw: { number: "count", label: "h3" }, tables, maxzoom: 18,
  fields: [field("count", "int"), field("set", "string"), field("period", "string"), field("resolution", "int"), field("h3", "string")],
};
const plain: Layer = { name: "a", title: "A", count: 1, located: 1, fields: [] };
const view = (choice: Choice, more: Partial<View> = {}): View => ({ ...PLAIN, tables: new Map([["counts", choice]]), ...more });

test("a table is the newest of all, unless somebody chose one that there is", () => {
  assert.equal(shownTable(PLAIN, plain), null);
  assert.equal(choiceOf(PLAIN, undefined), null);
  assert.deepEqual(shownTable(PLAIN, layer), { period: "2026-08-10", set: "all" });
  const cases: [Choice, Choice][] = [
    [{ period: "2026-W31", set: "open" }, { period: "2026-W31", set: "open" }],
    [{ period: "2026-08-10", set: "all" }, { period: "2026-08-10", set: null }],
    [{ period: "2025-W01", set: "closed" }, { period: null, set: null }],
  ];
  for (const [chosen, want] of cases) assert.deepEqual(choiceOf(view(chosen), layer), want);
  assert.deepEqual(shownTable(PLAIN, { ...layer, tables: { ...tables, periods: [] } }), { period: null, set: "all" });
  assert.equal(newestPeriod(layer), "2026-08-10");
  assert.equal(newestPeriod({ ...layer, period: "2026-08-11" }), "2026-08-11");
  assert.equal(newestPeriod(plain), "");
});

test("what is the newest of all is not kept", () => {
  const one = withTable(PLAIN.tables, "counts", { period: null, set: "open" });
  assert.deepEqual([...one], [["counts", { period: null, set: "open" }]]);
  assert.equal(withTable(one, "counts", { period: null, set: null }).size, 0);
});

test("templates ask for the table that is chosen, and for nothing where it is the newest of all", () => {
  const template = (names: string, query = "") => `https://maps.example/tiles/${names}/{z}/{x}/{y}.mvt${query}`;
  const source = (names: string, query?: string) => ({ type: "vector", tiles: [template(names, query)] });
  const sources = { counts: source("counts", "?token=x&period=2026-W01"), a: source("a"), both: source("counts,a") };
  const style = { version: 8, sources, layers: [] } as unknown as StyleSpecification;
  const tiles = (choice: Choice) => [...tableTiles(style, (name) => (name === "counts" ? choice : null))];
  assert.deepEqual(tiles({ period: "2026-W31", set: "open" }), [["counts", [template("counts", "?token=x&period=2026-W31&set=open")]]]);
  assert.deepEqual(tiles({ period: null, set: null }), [["counts", [template("counts", "?token=x")]]]);
});

test("the period beside one is of the same kind", () => {
  const { periods } = tables;
  assert.deepEqual(periods.map((p) => periodBeside(periods, p, -1)), ["2026-08-09", "2026-08-08", "2026-W31", null, null]);
  assert.deepEqual(periods.map((p) => periodBeside(periods, p, 1)), [null, "2026-08-10", null, "2026-08-09", "2026-W32"]);
  assert.equal(periodBeside(periods, "2025-W01", 1), null);
});

test("cells have the resolution of the zoom", () => {
  assert.deepEqual([0, 8.9, 9, 10.99, 11, 20].map((zoom) => resolutionAt(tables, zoom)), [6, 6, 8, 8, 9, 9]);
  assert.equal(resolutionAt({ ...tables, resolutions: [], from_zooms: [] }, 3), undefined);
});

test("periods are days and weeks of the calendar in any zone of the reader", () => {
  set("en");
  assert.equal(periodText("2026-08-03"), "3 Aug 2026");
  assert.equal(periodText("all"), "All time");
  // The first week has 4 January, so that of 2026 begins in the year before, and 2020 has 53.
  for (const [week, days] of [["2026-W32", "3 – 9 Aug 2026"], ["2026-W01", "29 Dec 2025 – 4 Jan 2026"], ["2020-W53", "28 Dec 2020 – 3 Jan 2021"]] as const) {
    const text = periodText(week).replace(/[\u2009\u202f\u00a0]/g, " ");
    assert.equal(text.replace(/ ?– ?/, " – "), `${days} (week ${Number(week.slice(6))})`);
  }
  assert.equal(tableText(layer, { period: "2026-08-03", set: "late" }), "3 Aug 2026 · late");
  assert.equal(tableText(layer, { period: null, set: "all" }), "");
  assert.equal(tableText(plain, null), "");
  set("zh");
  try {
    assert.equal(tableText(layer, { period: "2026-08-03", set: "all" }), "2026年8月3日 · 全部");
    assert.match(periodText("2026-W32"), /（第32周）$/);
  } finally {
    set("en");
  }
});

test("the table lists the cells of the table that the map shows", () => {
  const at = (zoom: number) => ({ camera: { zoom, lat: 0, lng: 0 } });
  const query = (v: View, l = layer) => queryOf(v, l, null, [0, 0, 1, 1], 10);
  assert.match(query(view({ period: "2026-W31", set: "open" }, at(9.7))) ?? "", /&period=2026-W31&set=open&resolution=8$/);
  assert.match(query({ ...PLAIN, ...at(3) }) ?? "", /&period=2026-08-10&set=all&resolution=6$/);
  assert.match(query({ ...PLAIN, ...at(12) }, { ...layer, maxzoom: 10 }) ?? "", /resolution=8$/);
  assert.equal(query(PLAIN, { ...layer, tables: { ...tables, periods: [] } }), null);
  assert.deepEqual(columnsOf(layer).map((f) => f.name), ["count"]);
});
