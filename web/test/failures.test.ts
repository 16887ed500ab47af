import assert from "node:assert/strict";
import { test } from "node:test";
import { Failures, type TileID } from "../src/failures";

function at(sourceId: string, z: number, x: number, y: number) {
  return { sourceId, tile: { tileID: { canonical: { z, x, y } } } };
}

function recorder() {
  const asked: [string, TileID[]][] = [];
  return { asked, refreshTiles: (source: string, tiles: TileID[] = []) => void asked.push([source, tiles]) };
}

test("retry asks for each failed tile once, and only once", () => {
  const failures = new Failures();
  failures.add(at("a", 1, 0, 1));
  failures.add(at("b", 2, 3, 3));
  failures.add(at("a", 1, 0, 1));
  failures.add(at("a", 1, 1, 1));
  const map = recorder();
  assert.equal(failures.retry(map), true);
  assert.deepEqual(map.asked, [
    ["b", [{ z: 2, x: 3, y: 3 }]],
    ["a", [{ z: 1, x: 0, y: 1 }, { z: 1, x: 1, y: 1 }]],
  ]);
  assert.equal(failures.retry(map), true);
  assert.equal(map.asked.length, 2);
});

test("retry says when a source itself failed", () => {
  const failures = new Failures();
  failures.add({ sourceId: "a" });
  assert.equal(failures.retry(recorder()), false);
  assert.equal(failures.retry(recorder()), true);
});

test("add forgets the oldest beyond its bound", () => {
  const failures = new Failures();
  for (let x = 0; x < 501; x++) failures.add(at("a", 18, x, 0));
  const map = recorder();
  failures.retry(map);
  const tiles = map.asked[0]?.[1] ?? [];
  assert.equal(tiles.length, 500);
  assert.equal(tiles[0]?.x, 1);
});

test("refresh asks for a source's failed tiles by name before all of it", () => {
  const failures = new Failures();
  failures.add(at("a", 1, 0, 1));
  failures.add(at("b", 1, 0, 0));
  const map = recorder();
  failures.refresh(map, "a");
  failures.refresh(map, "a");
  assert.deepEqual(map.asked, [["a", [{ z: 1, x: 0, y: 1 }]], ["a", []], ["a", []]]);
  failures.retry(map);
  assert.deepEqual(map.asked.slice(3), [["b", [{ z: 1, x: 0, y: 0 }]]]);
});
