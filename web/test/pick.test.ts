import assert from "node:assert/strict";
import { test } from "node:test";
import { hits, type Rendered } from "../src/pick";

function point(layer: string, id: number | undefined, at: number, properties = {}): Rendered {
  return { id, layer: { id: layer }, properties, geometry: { type: "Point", coordinates: [at, 0] } };
}

const distance = ([lng]: [number, number]) => Math.abs(lng);

test("hits lists each feature once, nearest first", () => {
  const list = [point("a", 1, 3), point("a", 2, -1), point("b", 1, 2), point("a", 1, 3.0001)];
  assert.deepEqual(
    hits(list, distance).map((h) => [h.layer, h.number]),
    [["a", 2], ["b", 1], ["a", 1]],
  );
});

test("hits keeps the order of equally near ones", () => {
  const list = [point("top", 1, 1), point("middle", 1, 1), point("bottom", 1, -1)];
  assert.deepEqual(hits(list, distance).map((h) => h.layer), ["top", "middle", "bottom"]);
});

test("hits tells features without an id apart by their fields", () => {
  const list = [point("a", undefined, 1, { n: 1 }), point("a", undefined, 1, { n: 2 }), point("a", undefined, 1, { n: 1 })];
  const found = hits(list, distance);
  assert.deepEqual(found.map((h) => h.properties), [{ n: 1 }, { n: 2 }]);
  assert.ok(found.every((h) => !("number" in h)));
});

test("hits leaves out what is no point and values that are no field's", () => {
  const line: Rendered = { id: 1, layer: { id: "a" }, properties: {}, geometry: { type: "LineString", coordinates: [] } };
  assert.deepEqual(hits([line], distance), []);
  assert.deepEqual(hits([point("a", 1, 0, { ok: "x", odd: { x: 1 } })], distance)[0]?.properties, { ok: "x" });
});
