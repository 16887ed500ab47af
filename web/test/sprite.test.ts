import assert from "node:assert/strict";
import { test } from "node:test";
import { tint } from "../src/sprite";

test("tint turns distances into cover and gives all pixels the colour", () => {
  const distances = Uint8ClampedArray.from([0, 0, 0, 0, 9, 9, 9, 192, 0, 0, 0, 255, 0, 0, 0, 184]);
  tint(distances, "#0172b2", true);
  assert.deepEqual([...distances], [1, 114, 178, 0, 1, 114, 178, 128, 1, 114, 178, 255, 1, 114, 178, 0]);
  const cover = Uint8ClampedArray.from([9, 9, 9, 100]);
  tint(cover, "#ff0000", false);
  assert.deepEqual([...cover], [255, 0, 0, 100]);
});
