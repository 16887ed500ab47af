import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Layer } from "../src/api";
import type { Drawn } from "../src/drawn";
import { headline, kindOf, legendOf, listedFields, looksOf, nameOf } from "../src/feature";
import { set } from "../src/words/language";

const layer: Layer = {
  name: "complaints", title: "Complaints", title_zh: "投诉", count: 1, located: 1,
  draw: { category: "category", status: "status", label: "title", label_zh: "title_zh" },
  fields: [
    { name: "category", type: "string", keep: true, common: [{ value: "noise", count: 1, title: "Noise", title_zh: "噪声" }] },
    { name: "status", type: "string", keep: true },
    { name: "title", type: "string" },
    { name: "title_zh", type: "string" },
  ],
};
const bare: Layer = { name: "x", title: "X", count: 0, located: 0, fields: [{ name: "no", type: "int", keep: true }, { name: "kind", type: "string", keep: true }] };

afterEach(() => set("en"));

test("a feature is called by its label in the page's language, else the other one, else its category", () => {
  const both = { title: "Loud music", title_zh: "音乐太吵", category: "noise" };
  assert.deepEqual(nameOf(layer, both), { text: "Loud music", field: "title" });
  assert.equal(headline(layer, { title_zh: "音乐太吵" }), "音乐太吵");
  assert.equal(headline(layer, { title: "", category: "noise" }), "Noise");
  assert.equal(headline(layer, { status: "open" }, "17"), "open");
  assert.equal(headline(layer, {}, "17"), "Complaints 17");
  set("zh");
  assert.equal(headline(layer, both), "音乐太吵");
  assert.equal(headline(layer, { category: "noise" }), "噪声");
  assert.equal(headline(layer, {}), "投诉");
});

test("without a draw a feature is called by its first kept text", () => {
  assert.deepEqual(nameOf(bare, { no: 7, kind: "tree" }), { text: "tree", field: "kind" });
  assert.equal(nameOf(bare, { no: 7 }), null);
});

test("only the label in the page's language is listed", () => {
  const names = () => listedFields(layer).map((f) => f.name);
  assert.deepEqual(names(), ["category", "status", "title"]);
  set("zh");
  assert.deepEqual(names(), ["category", "status", "title_zh"]);
  assert.deepEqual(listedFields(bare).length, 2);
});

const drawn: Drawn = {
  name: "complaints", source: "complaints", title: "", role: "", shown: true, colour: "#111111", ids: [], kinds: ["polygon", "point"], field: "status",
  legend: [
    { value: "open", title: "Open", colour: "#222222", shape: "star", kind: "point" },
    { value: "true", title: "Yes", colour: "#333333", kind: "point" },
  ],
};
const numbers: Drawn = {
  ...drawn, field: "value",
  legend: [
    { to: 10, title: "", colour: "#000001", kind: "point" },
    { from: 10, to: 20, title: "", colour: "#000002", kind: "point" },
    { from: 20, title: "", colour: "#000003", kind: "point" },
  ],
};

test("legendOf finds the line of a value or a range", () => {
  assert.equal(legendOf(drawn, { status: "open" })?.shape, "star");
  assert.equal(legendOf(drawn, { status: true })?.title, "Yes");
  for (const status of ["closed", null]) assert.equal(legendOf(drawn, { status }), undefined);
  assert.deepEqual([-5, 10, 19.9, 20, 1e9].map((value) => legendOf(numbers, { value })?.colour.at(-1)), ["1", "2", "2", "3", "3"]);
  for (const value of [null, "15"]) assert.equal(legendOf(numbers, { value }), undefined);
  assert.equal(legendOf({ ...drawn, field: "" }, {})?.title, "Open");
  assert.equal(legendOf(undefined, {}), undefined);
  const rest = { title: "Other", colour: "#999999", kind: "point", other: true } as const;
  for (const status of ["closed", null]) assert.equal(legendOf({ ...drawn, legend: [...drawn.legend, rest] }, { status })?.title, "Other");
  assert.equal(legendOf({ ...numbers, legend: [...numbers.legend, rest] }, { value: null })?.title, "Other");
});

test("looksOf draws features of the right kind, also those that the legend lacks", () => {
  assert.equal(looksOf(drawn, { status: "open" }, "polygon")?.kind, "polygon");
  assert.deepEqual(looksOf(drawn, { status: "x" }, undefined), { kind: "point", colour: "#111111" });
  assert.equal(looksOf(undefined, {}, "point"), undefined);
});

test("kindOf knows the multis", () => {
  assert.deepEqual(["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"].map(kindOf),
    ["point", "point", "line", "line", "polygon", "polygon", undefined]);
});
