import assert from "node:assert/strict";
import { test } from "node:test";
import { seenFrom } from "../src/bounds";
import { cameraFor } from "../src/look";
import { roundLength, wrap } from "../src/picture";

test("cameraFor shows all of the bounds and no more than it must", () => {
  const bounds = [116, 39.5, 117, 40.5] as [number, number, number, number];
  const seen = seenFrom(cameraFor(bounds, 800, 600, 20), 800, 600);
  assert.ok(seen[0] < 116 && seen[2] > 117);
  assert.ok(Math.abs(seen[1] - 39.5) < 1e-6 && Math.abs(seen[3] - 40.5) < 1e-6, `${seen}`);
});

test("cameraFor comes no closer to a point than it may", () => {
  const camera = cameraFor([116, 39.5, 116, 39.5], 800, 600, 16);
  assert.equal(camera.zoom, 16);
  assert.ok(Math.abs(camera.lat - 39.5) < 1e-9);
});

test("a scale has a round length", () => {
  assert.deepEqual([1, 1.9, 2.5, 49, 50, 99, 7300].map(roundLength), [1, 1, 2, 20, 50, 50, 5000]);
});

test("wrap breaks lines at spaces and between Chinese letters", () => {
  const measure = (text: string) => text.length;
  assert.deepEqual(wrap("one two three", 7, measure), ["one two", "three"]);
  assert.deepEqual(wrap("数据来自北京", 4, measure), ["数据来自", "北京"]);
  assert.deepEqual(wrap("unbreakable", 4, measure), ["unbreakable"]);
  assert.deepEqual(wrap("", 4, measure), []);
});
