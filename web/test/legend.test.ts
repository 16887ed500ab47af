import assert from "node:assert/strict";
import { test } from "node:test";
import type { Layer } from "../src/api";
import type { LegendEntry } from "../src/drawn";
import { entryText, isOfNumbers, legendTitle } from "../src/legend";
import { legendRows } from "../src/picture";
import { set } from "../src/words/language";

const point = { kind: "point", colour: "#000000" } as const;
const numbers: LegendEntry[] = [
  { ...point, to: 50, unit: "dB", title: "< 50" }, { ...point, from: 50, to: 12000, unit: "dB", title: "50–12000" },
  { ...point, from: 12000, unit: "dB", title: "≥ 12000" },
];

test("an entry of numbers is written for people, any other by its title", () => {
  assert.deepEqual(numbers.map(entryText), ["below 50", "50 to 12,000", "12,000 and more"]);
  assert.equal(entryText({ ...point, value: "a", title: "A" }), "A");
  assert.equal(entryText({ ...point, title: "" }), "Other values");
  set("zh");
  assert.deepEqual([...numbers.map(entryText), entryText({ ...point, title: "" })], ["低于 50", "50 至 12,000", "12,000 及以上", "其他"]);
  set("en");
});

test("a legend of numbers stands under its field and unit", () => {
  const layer: Partial<Layer> = { fields: [{ name: "noise", type: "float", title: "Noise", unit: "dB" }] };
  assert.equal(legendTitle({ field: "noise", legend: numbers }, layer as Layer), "Noise (dB)");
  assert.equal(legendTitle({ field: "noise", legend: [] }, undefined), "Legend");
  assert.ok(isOfNumbers(numbers));
  assert.ok(!isOfNumbers([{ ...point, value: "", title: "" }]));
});

test("a picture says of numbers what the panel says", () => {
  const rows = legendRows({ legend: [{ title: "Sensors: Noise (dB)", entries: numbers }] });
  assert.deepEqual(rows.map((row) => row.text), ["Sensors: Noise (dB)", "below 50", "50 to 12,000", "12,000 and more"]);
});
