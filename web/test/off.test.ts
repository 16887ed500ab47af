import assert from "node:assert/strict";
import { test } from "node:test";
import type { Drawn } from "../src/drawn";
import { offOf, withShown } from "../src/off";

const drawn = [["roads", true], ["hexes", false], ["parks", true], ["hot", false]].map(([name, shown]) => ({ name, shown }) as Drawn);

test("the style says what is off until the address does", () => {
  assert.deepEqual(offOf({ off: null }, drawn), ["hexes", "hot"]);
  assert.deepEqual(offOf({ off: [] }, drawn), []);
  assert.deepEqual(offOf({ off: ["roads", "gone"] }, drawn), ["roads", "gone"]);
});

test("a layer is shown or not, the others as they were", () => {
  assert.deepEqual(withShown(["hexes", "hot"], "hexes", true), ["hot"]);
  assert.deepEqual(withShown(["hexes", "hot"], "roads", false), ["hexes", "hot", "roads"]);
  assert.deepEqual(withShown(["hot"], "hot", false), ["hot"]);
  assert.deepEqual(withShown([], "hot", true), []);
});
