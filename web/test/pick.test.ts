import assert from "node:assert/strict";
import { test } from "node:test";
import { hits, type Rendered } from "../src/pick";

function rendered(layer: string, id: number | undefined, type: string, coordinates: unknown, properties = {}): Rendered {
  return { id, layer, properties, geometry: { type, coordinates } };
}

function point(layer: string, id: number | undefined, at: number, properties = {}): Rendered {
  return rendered(layer, id, "Point", [at, 0], properties);
}

const origin = { x: 0, y: 0 };
const project = ([x, y]: [number, number]) => ({ x, y });
const at = (list: Rendered[], from = origin) => hits(list, from, 4, project);
const square = [[-5, -5], [5, -5], [5, 5], [-5, 5], [-5, -5]];
const hole = [[-1, -1], [-1, 1], [1, 1], [1, -1], [-1, -1]];

test("hits lists each feature once, nearest first", () => {
  const list = [point("a", 1, 3), point("a", 2, -1), point("b", 1, 2), point("a", 1, 3.0001)];
  assert.deepEqual(at(list).map((h) => [h.layer, h.number, h.far]), [["a", 2, 1], ["b", 1, 2], ["a", 1, 3]]);
});

test("hits keeps the order of equally near ones", () => {
  const list = [point("top", 1, 1), point("middle", 1, 1), point("bottom", 1, -1)];
  assert.deepEqual(at(list).map((h) => h.layer), ["top", "middle", "bottom"]);
});

test("hits tells features without an id apart by their fields", () => {
  const list = [point("a", undefined, 1, { n: 1 }), point("a", undefined, 1, { n: 2 }), point("a", undefined, 1, { n: 1 })];
  const found = at(list);
  assert.deepEqual(found.map((h) => h.properties), [{ n: 1 }, { n: 2 }]);
  assert.ok(found.every((h) => !("number" in h)));
});

test("hits tells cells apart by their ids, and from features of the same number", () => {
  const cell = (id: string, n: number, at: number): Rendered => ({ ...point("a", n, at, { h3: id, n: at }), cell: "hexes" });
  const found = at([cell("8a", 1, 1), cell("8b", 1, 2), cell("8a", 2, 3), point("a", 1, 0)]);
  assert.deepEqual(found.map((h) => [h.cell, h.number, h.properties["h3"]]), [
    [undefined, 1, undefined], ["hexes", undefined, "8a"], ["hexes", undefined, "8b"],
  ]);
});

test("of cells side by side hits takes the one pointed at", () => {
  const cell = (id: string, left: number): Rendered => ({
    ...rendered("a", 1, "Polygon", [[[left, -5], [left + 5, -5], [left + 5, 5], [left, 5], [left, -5]]], { h3: id }), cell: "hexes",
  });
  assert.deepEqual(at([cell("8a", 1), cell("8b", -4)]).map((h) => h.properties["h3"]), ["8b"]);
});

test("hits puts points over lines over polygons, however near they are", () => {
  const list = [
    rendered("wards", 1, "Polygon", [square]),
    rendered("roads", 1, "LineString", [[-9, 1], [9, 1]]),
    rendered("stops", 1, "MultiPoint", [[80, 0], [0, 4]]),
    point("trees", 1, 3),
  ];
  assert.deepEqual(
    at(list).map((h) => [h.layer, h.kind, h.far, h.at]),
    [
      ["trees", "point", 3, { x: 3, y: 0 }],
      ["stops", "point", 4, { x: 0, y: 4 }],
      ["roads", "line", 1, { x: 0, y: 1 }],
      ["wards", "polygon", 0, origin],
    ],
  );
});

test("hits measures to the edge of a polygon from outside it and from its hole", () => {
  const ring = rendered("rings", 1, "MultiPolygon", [[square, hole]]);
  assert.deepEqual(at([ring], { x: 3, y: 0 })[0]?.far, 0);
  assert.deepEqual(at([ring], { x: 7, y: 2 }).map((h) => [h.far, h.at]), [[2, { x: 5, y: 2 }]]);
  assert.deepEqual(at([ring], { x: 0.5, y: 0 }).map((h) => [h.far, h.at]), [[0.5, { x: 1, y: 0 }]]);
});

test("hits leaves out a polygon that is out of reach, but no point or line", () => {
  const far = [rendered("wards", 1, "Polygon", [square]), point("trees", 1, 5), rendered("roads", 1, "LineString", [[5, 0], [5, 1]])];
  const from = { x: 11, y: 0 };
  assert.deepEqual(at(far, from).map((h) => [h.layer, h.far]), [["trees", 6], ["roads", 6]]);
  assert.deepEqual(at([rendered("wards", 1, "Polygon", [square])], { x: 9, y: 0 }).map((h) => h.far), [4]);
});

test("hits takes the nearest part of a feature that is in several tiles or drawn twice", () => {
  const line = (...coordinates: number[][]) => rendered("roads", 7, "LineString", coordinates);
  const list = [line([6, 0], [9, 0]), line([2, 0], [6, 0]), line([2, 0], [6, 0])];
  assert.deepEqual(at(list).map((h) => [h.number, h.far, h.at]), [[7, 2, { x: 2, y: 0 }]]);
});

test("hits leaves out what has no place and values that are no field's", () => {
  const empty = [
    rendered("a", 1, "LineString", []),
    rendered("a", 2, "Polygon", undefined),
    rendered("a", 3, "Point", ["x", 0]),
    rendered("a", 4, "GeometryCollection", undefined),
  ];
  assert.deepEqual(at(empty), []);
  assert.deepEqual(at([point("a", 1, 0, { ok: "x", odd: { x: 1 } })])[0]?.properties, { ok: "x" });
});
