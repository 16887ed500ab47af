import assert from "node:assert/strict";
import { test } from "node:test";
import type { Layer } from "../src/api";
import { grouped } from "../src/found";

const layers: Layer[] = [
  { name: "a", title: "Trees", count: 1, located: 1, draw: { label: "name", category: "kind" },
    fields: [{ name: "name", type: "string" }, { name: "kind", type: "string" }, { name: "street", type: "string", title: "Address" }] },
  { name: "b", title: "Bins", count: 1, located: 1, fields: [] },
];
const layerOf = (name: string) => layers.find((l) => l.name === name);
const tree = { name: "Old oak", kind: "oak", street: "Long Street 1" };
const at = (x: number) => ({ type: "Point", coordinates: [x, 0] });

test("grouped keeps the server's order of layers and of the results in each", () => {
  const groups = grouped({ features: [
    { layer: "b", id: "7", properties: {}, geometry: null, match: "id" },
    { layer: "a", id: 1, properties: tree, geometry: at(0), match: "street" },
    { layer: "gone", id: "1", properties: {}, geometry: at(0) },
    { layer: "b", id: "8", properties: null, geometry: at(1) },
    { layer: "a", id: "2", properties: tree, geometry: at(0), match: "name" },
    { layer: "a", id: "3", properties: tree, geometry: at(0), match: "id" },
  ] }, layerOf, [0, 0]);
  assert.deepEqual(groups.map((g) => [g.layer.name, g.found.map((f) => [f.id, f.name, f.why])]), [
    ["b", [["7", "Bins 7", ""], ["8", "Bins 8", ""]]],
    ["a", [["1", "Old oak", "Address: Long Street 1"], ["2", "Old oak", "oak"], ["3", "Old oak", "3"]]],
  ]);
  assert.deepEqual(groups[0]?.found.map((f) => f.metres && Math.round(f.metres)), [null, 111195]);
  assert.deepEqual(groups[0]?.found[1]?.extent, [1, 0, 1, 0]);
});
