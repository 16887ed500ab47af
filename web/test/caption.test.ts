import assert from "node:assert/strict";
import { test } from "node:test";
import type { Layer } from "../src/api";
import { shownOf, sourcesOf } from "../src/caption";
import type { LegendEntry } from "../src/drawn";
import { legendRows } from "../src/picture";
import { withFilter } from "../src/state";

const entry = (value?: string): LegendEntry => ({ ...(value !== undefined && { value }), title: value ?? "", colour: "#000000", kind: "point" });
const drawn = { name: "a", field: "kind", legend: [entry("x"), entry("y"), entry()] };

test("a picture's legend has what the filters let through", () => {
  const values = (list: LegendEntry[]) => list.map((e) => e.value);
  const filtered = (list: string[], others: boolean) => values(shownOf(drawn, withFilter(new Map(), "a", "kind", { values: list, others })));
  assert.deepEqual(values(shownOf(drawn, new Map())), ["x", "y", undefined]);
  assert.deepEqual(values(shownOf(drawn, withFilter(new Map(), "b", "kind", { values: [], others: false }))), ["x", "y", undefined]);
  assert.deepEqual(filtered(["y"], false), ["y"]);
  assert.deepEqual(filtered(["x"], true), ["x", undefined]);
});

test("a legend that is too long says how much is left out", () => {
  const rows = (n: number) => legendRows({ legend: [{ title: "A", entries: Array.from({ length: n }, (_, i) => entry(`v${i}`)) }], more: (m) => `+${m}` });
  assert.deepEqual(rows(12).map((r) => r.text).slice(-2), ["v10", "v11"]);
  assert.deepEqual(rows(13).map((r) => r.text).slice(-2), ["v10", "+2"]);
  assert.deepEqual(legendRows({ legend: [{ title: "A", entries: [entry()] }] }).map((r) => [r.text, r.bold, r.entry?.kind]), [["A", true, "point"]]);
  assert.deepEqual(legendRows({}), []);
});

test("sources come once each, with their licences", () => {
  const layers: Partial<Layer>[] = [
    { name: "a", title: "A", attribution: "The city", licence: "CC-BY-4.0" },
    { name: "b", title: "B", attribution: "The city", licence: "CC-BY-4.0" },
    { name: "c", title: "C", licence: "CC0-1.0" },
    { name: "d", title: "D" },
  ];
  const page = { layer: (name: string) => layers.find((l) => l.name === name) as Layer | undefined };
  assert.deepEqual(sourcesOf(page, ["a", "b", "c", "d", "e"]), ["Data: The city (CC-BY-4.0)", "C (CC0-1.0)"]);
  assert.deepEqual(sourcesOf(page, ["d"]), []);
});
