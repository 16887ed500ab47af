import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Dirty } from "../src/live/dirty";
import { isStale, type Part } from "../src/live/stale";

interface Vector extends Part {
  name: string;
  tile: [number, number, number];
  stale: boolean;
}

const vectors = JSON.parse(readFileSync("../api/live/testdata/stale.json", "utf8")) as Vector[];

test("a tile is stale by the server's vectors", () => {
  assert.ok(vectors.length > 200);
  for (const { name, tile: [z, x, y], stale, ...part } of vectors) {
    assert.equal(isStale({ z, x, y }, part), stale, `${name} ${z}/${x}/${y} ${JSON.stringify(part)}`);
  }
});

test("what was noted stays noted, however much there is", () => {
  const dirty = new Dirty();
  const part = { zoom: 16, extent: 4096, buffer: 64 };
  const tile = { z: 16, x: 100, y: 200 };
  assert.equal(dirty.last(tile), 0);
  dirty.add({ ...part, cells: [[100, 200]] }, 1);
  assert.equal(dirty.last(tile), 1);
  assert.equal(dirty.last({ z: 16, x: 102, y: 200 }), 0);
  dirty.add({ ...part, cells: [[101, 200]] }, 2);
  assert.equal(dirty.last(tile), 2, "by the buffer");
  for (let i = 0; i < 5000; i++) dirty.add({ ...part, cells: [[1000 + i, 300]] }, 3 + i);
  assert.ok(dirty.last(tile) >= 2, "as a part of a box");
  assert.equal(dirty.last({ z: 16, x: 102, y: 400 }), 0);
  assert.equal(dirty.last({ z: 16, x: 5999, y: 300 }), 5002);
  dirty.add({ ...part, box: [10, 400, 20, 410] }, 6000);
  assert.equal(dirty.last({ z: 14, x: 3, y: 101 }), 6000);
  dirty.add({ ...part, all: true }, 6001);
  assert.equal(dirty.last({ z: 3, x: 0, y: 0 }), 6001);
  dirty.add({ ...part, box: [10, 400, 20, 410] }, 6002);
  assert.equal(dirty.last({ z: 14, x: 3, y: 101 }), 6002);
  assert.equal(dirty.last(tile), 6001, "a box after all of it is a box");
  dirty.add({ ...part, zoom: 10, box: [1, 1, 2, 2] }, 6003);
  assert.equal(dirty.last(tile), 6003, "boxes of two zooms are all of it");
});
