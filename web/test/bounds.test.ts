import assert from "node:assert/strict";
import { test } from "node:test";
import { boundsOf, union, seenFrom } from "../src/bounds";

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

test("seenFrom is what a map of 512-pixel tiles shows", () => {
  assert.deepEqual(seenFrom({ zoom: 0, lat: 0, lng: 0 }, 512, 512).map((n) => Math.round(n * 1e4) / 1e4), [-180, -85.0511, 180, 85.0511]);
  const [west, south, east, north] = seenFrom({ zoom: 13, lat: 39.91, lng: 116.4 }, 1000, 700);
  // 512 * 2^13 pixels are 360 degrees; half as high, and at 39.91° a pixel is cos(39.91°) as tall.
  assert.ok(Math.abs(east - west - (1000 * 360) / (512 * 2 ** 13)) < 1e-9);
  assert.ok(Math.abs((north - south) / (((700 * 360) / (512 * 2 ** 13)) * Math.cos((39.91 * Math.PI) / 180)) - 1) < 1e-3);
  assert.ok(seenFrom({ zoom: 2, lat: 89, lng: 0 }, 1000, 1000)[3] < 85.06);
});
