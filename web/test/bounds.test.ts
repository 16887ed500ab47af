import assert from "node:assert/strict";
import { test } from "node:test";
import { boundsOf, union } from "../src/bounds";

test("boundsOf takes what lies on the earth", () => {
  assert.deepEqual(boundsOf([-77.1, 38.8, -76.9, 39]), [-77.1, 38.8, -76.9, 39]);
  assert.deepEqual(boundsOf([170, -10, -170, 10]), [170, -10, -170, 10]);
  for (const bad of [undefined, [], [0, 0, 1], [0, 0, 1, NaN], [-181, 0, 1, 1], [0, 2, 1, 1], [0, 0, 1, 91]]) {
    assert.equal(boundsOf(bad), null, JSON.stringify(bad));
  }
});

test("union surrounds all", () => {
  assert.equal(union([]), null);
  assert.deepEqual(union([[1, 2, 3, 4]]), [1, 2, 3, 4]);
  assert.deepEqual(union([[1, 2, 3, 4], [-5, 3, 2, 9]]), [-5, 2, 3, 9]);
});

test("union unwraps what crosses the antimeridian", () => {
  assert.deepEqual(union([[170, -10, -170, 10], [171, 0, 175, 20]]), [170, -10, 190, 20]);
});
