import assert from "node:assert/strict";
import { test } from "node:test";
import { nearestInRings, nearestOf, nearestOnLines, type Pixel } from "../src/near";

const p = (x: number, y: number): Pixel => ({ x, y });

test("nearestOf takes the nearest, the first of equals", () => {
  assert.equal(nearestOf([], p(0, 0)), null);
  assert.deepEqual(nearestOf([p(9, 0), p(3, 4), p(5, 0)], p(0, 0)), { at: p(3, 4), far: 5 });
});

test("nearestOnLines finds places between and at the ends", () => {
  const line = [p(0, 0), p(10, 0), p(10, 10)];
  assert.equal(nearestOnLines([], p(0, 0)), null);
  assert.equal(nearestOnLines([[]], p(0, 0)), null);
  assert.deepEqual(nearestOnLines([line], p(4, 3)), { at: p(4, 0), far: 3 });
  assert.deepEqual(nearestOnLines([line], p(-3, -4)), { at: p(0, 0), far: 5 });
  assert.deepEqual(nearestOnLines([line, [p(4, 2), p(4, 2)]], p(4, 3)), { at: p(4, 2), far: 1 });
});

test("nearestInRings is where one stands inside, and on the edge elsewhere", () => {
  const outer = [p(0, 0), p(10, 0), p(10, 10), p(0, 10), p(0, 0)];
  const hole = [p(4, 4), p(4, 6), p(6, 6), p(6, 4), p(4, 4)];
  const other = [p(20, 0), p(30, 0), p(30, 10), p(20, 0)];
  const rings = [outer, hole, other];
  for (const inside of [p(1, 1), p(9, 5), p(29, 5)]) {
    assert.deepEqual(nearestInRings(rings, inside), { at: inside, far: 0 });
  }
  assert.deepEqual(nearestInRings(rings, p(12, 5)), { at: p(10, 5), far: 2 });
  assert.deepEqual(nearestInRings(rings, p(4.5, 5)), { at: p(4, 5), far: 0.5 });
});

test("nearestInRings leaves out the edge of a tile across a hole", () => {
  // The upper half of a square with a hole, cut at y = 5 by its tile.
  const outer = [p(0, 5), p(10, 5), p(10, 20), p(0, 20), p(0, 5)];
  const hole = [p(2, 5), p(2, 15), p(8, 15), p(8, 5), p(2, 5)];
  assert.deepEqual(nearestInRings([outer, hole], p(4, 5.5)), { at: p(2, 5.5), far: 2 });
  assert.deepEqual(nearestInRings([outer, hole], p(1, 4)), { at: p(1, 5), far: 1 });
});

test("nearestInRings finds a square of one pixel", () => {
  const square = [p(3, 3), p(4, 3), p(4, 4), p(3, 4), p(3, 3)];
  assert.deepEqual(nearestInRings([square], p(3.5, 0)), { at: p(3.5, 3), far: 3 });
  assert.deepEqual(nearestInRings([square], p(0, -1)), { at: p(3, 3), far: 5 });
});
