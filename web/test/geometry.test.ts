import assert from "node:assert/strict";
import { test } from "node:test";
import { anchorOf, extentOf, metresBetween, middleOf, queryBounds } from "../src/geometry";

const square = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]];
const hole = [[1, 1], [1, 3], [3.9, 3], [3.9, 1], [1, 1]];

test("extentOf spans all parts of a geometry", () => {
  assert.deepEqual(extentOf({ type: "Point", coordinates: [1, 2] }), [1, 2, 1, 2]);
  assert.deepEqual(extentOf({ type: "MultiPolygon", coordinates: [[square], [[[9, -1], [8, 1], [7, 0], [9, -1]]]] }), [0, -1, 9, 4]);
  for (const none of [null, { type: "Point" }, { type: "Point", coordinates: ["1", 2] }, { type: "LineString", coordinates: [] }]) {
    assert.equal(extentOf(none), null);
  }
});

test("anchorOf is on the geometry", () => {
  const anchors: [string, unknown, unknown][] = [
    ["Point", [1, 2], [1, 2]],
    ["MultiPoint", [[5, 5], [1, 2]], [5, 5]],
    ["LineString", [[0, 0], [10, 0]], [5, 0]],
    ["LineString", [[0, 0], [2, 0], [2, 0], [10, 0]], [5, 0]],
    ["LineString", [[3, 3], [3, 3]], [3, 3]],
    ["MultiLineString", [[[0, 5], [1, 5]], [[0, 0], [10, 0]]], [5, 0]],
    ["Polygon", [square], [2, 2]],
    ["Polygon", [square, hole], [0.5, 2]],
    ["MultiPolygon", [[[[9, 9], [9.5, 9], [9, 9.5], [9, 9]]], [square]], [2, 2]],
    ["Polygon", [[[1, 1], [1, 1], [1, 1]]], [1, 1]],
    ["GeometryCollection", undefined, null],
    ["Polygon", [], null],
    ["LineString", [], null],
  ];
  for (const [type, coordinates, want] of anchors) assert.deepEqual(anchorOf({ type, coordinates }), want, `${type} ${JSON.stringify(coordinates)}`);
  assert.equal(anchorOf(null), null);
});

test("anchorOf a horseshoe is in one of its arms", () => {
  const horseshoe = [[0, 0], [6, 0], [6, 6], [4, 6], [4, 1], [1, 1], [1, 6], [0, 6], [0, 0]];
  assert.deepEqual(anchorOf({ type: "Polygon", coordinates: [horseshoe] }), [5, 3]);
});

test("metresBetween measures along the earth", () => {
  assert.equal(metresBetween([116.4, 39.9], [116.4, 39.9]), 0);
  assert.equal(Math.round(metresBetween([0, 0], [0, 1])), 111195);
  assert.equal(Math.round(metresBetween([0, 60], [1, 60])), 55597);
  assert.equal(Math.round(metresBetween([179.5, 0], [-179.5, 0])), 111195);
});

test("queryBounds stays on the map and within ±180", () => {
  assert.deepEqual(queryBounds([116, 39, 117, 40]), [116, 39, 117, 40]);
  assert.deepEqual(queryBounds([170, -10, 190, 10]), [170, -10, -170, 10]);
  assert.deepEqual(queryBounds([-190, 0, -170, 1]), [170, 0, -170, 1]);
  assert.deepEqual(queryBounds([-300, -90, 300, 90]), [-180, -85.05112877, 180, 85.05112877]);
  assert.deepEqual(middleOf([170, 0, 190, 2]), [180, 1]);
});
