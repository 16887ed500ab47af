import assert from "node:assert/strict";
import { test } from "node:test";
import type { Layer } from "../src/api";
import { cellEntry, cellHeadline, cellsAt, groupsOf, groupText, legendAt } from "../src/cells";
import { lines } from "../src/describe-cell";
import type { Drawn, LegendEntry } from "../src/drawn";
import { cellTitle } from "../src/legend";
import { set } from "../src/words/language";

const below = (to: number): LegendEntry => ({ to, title: "", colour: "#111111", kind: "polygon" });
const above = (from: number): LegendEntry => ({ from, title: "", colour: "#222222", kind: "polygon" });
const open: LegendEntry = { value: "open", title: "Open", colour: "#333333", kind: "point" };
const mixed: Drawn = {
  name: "a", source: "a", title: "A", role: "", shown: true, colour: "", ids: ["a:cells", "a"], kinds: ["point"], field: "status", legend: [open],
  cells: {
    kind: "hexes", below: 10, field: "count", ids: ["a:cells"],
    legends: [{ from: 2, legend: [below(100), above(100)] }, { from: 6, legend: [below(5), above(5)] }],
  },
};
const { below: _, ...always } = mixed.cells ?? { kind: "hexes", field: "", ids: [], legends: [] };
const derived: Drawn = { ...mixed, cells: always };

test("cells are shown below the zoom at which features take over", () => {
  assert.equal(cellsAt(mixed, 9.99), mixed.cells);
  assert.equal(cellsAt(mixed, 10), undefined);
  assert.equal(cellsAt(derived, 20), derived.cells);
  assert.equal(cellsAt({}, 0), undefined);
});

test("the legend is that of the zoom", () => {
  const at = (drawn: Drawn, zoom: number) => legendAt(drawn, zoom).legend[0];
  assert.deepEqual([0, 2, 5.9, 6, 9.9].map((zoom) => at(mixed, zoom)?.to), [100, 100, 100, 5, 5]);
  assert.deepEqual([at(mixed, 10), legendAt(mixed, 10).field, legendAt(mixed, 3).field], [open, "status", "count"]);
  assert.equal(at(derived, 20)?.to, 5);
  assert.equal(cellEntry(mixed, { count: 7 }, 3)?.to, 100);
  assert.equal(cellEntry(mixed, { count: 7 }, 7)?.from, 5);
});

test("a cell is called by how many are in it, a hot spot by what it is", () => {
  assert.equal(cellHeadline(below(5), { count: 12345 }), "12,345 here");
  assert.equal(cellHeadline(undefined, { point_count: 3, count: 4 }), "3 here");
  assert.equal(cellHeadline({ ...open, value: "3", title: "Hot spot" }, { count: 5, bin: 3 }), "Hot spot");
  set("zh");
  assert.equal(cellHeadline(below(5), { count: 12345 }), "此处 12,345 个");
  assert.deepEqual([cellTitle("hexes"), cellTitle("clusters"), cellTitle("hotspots")], ["各区域数量", "聚合数量", "热点与冷点"]);
  set("en");
});

const layer = {
  name: "a", title: "A", count: 0, located: 0,
  fields: [
    { name: "days", type: "int" }, { name: "days_open", type: "float", unit: "d" }, { name: "title", type: "string" },
    { name: "category", type: "string", common: [{ value: "Street Light", count: 1, title: "Lamps" }, { value: "noise", count: 2 }] },
  ],
} as Layer;

test("the fields of a cell are read by what of the features they are about", () => {
  const { groups, rest } = groupsOf(layer, {
    h3: "8a", count: 20, newest: 1, category_noise: 3, category_street_light: 12, category_other: 5, category_dust: 0,
    days_open_mean: 4.25, days_open_min: 0, days_open_max: 9, days_sum: 7, days_of: 1, title_x: "text", class: "new hot",
  });
  assert.deepEqual(rest, ["h3", "count", "newest", "days_of", "title_x", "class"]);
  assert.deepEqual(groups.map((g) => [g.field.name, groupText(g)]), [
    ["days", "sum 7"], ["days_open", "mean 4.25\u00a0d · 0\u00a0d to 9\u00a0d"], ["category", "Lamps 12 · Other 5 · noise 3"],
  ]);
  set("zh");
  assert.deepEqual(groups.map(groupText).slice(0, 2), ["合计 7", "平均 4.25\u00a0d · 0\u00a0d 至 9\u00a0d"]);
  set("en");
  assert.deepEqual(groupsOf(undefined, { category_noise: 3 }), { groups: [], rest: ["category_noise"] });
});

test("what a hot spot says has words in both languages", () => {
  const hot = { ...layer, fields: [] };
  const properties = { h3: "8a", bin: 3, z: 4.5, p: 0, count: 12, rate: 1.5, moran: 2.25, quadrant: "HL", class: "new hot" };
  const text = () => lines(hot, hot, properties, true).map(([, ...parts]) => parts.join(" "));
  assert.deepEqual(text(), [
    "z score 4.5", "p value below 0.0001", "Number 12", "Rate 1.5", "Local Moran’s I 2.25", "Among the areas around High among low", "Over time New hot spot",
  ]);
  set("zh");
  assert.deepEqual(text().slice(3), ["比率 1.5", "局部莫兰指数 2.25", "与周边区域相比 高值被低值包围", "时间变化 新增热点"]);
  set("en");
});
