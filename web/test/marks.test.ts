import assert from "node:assert/strict";
import { test } from "node:test";
import { inkOn } from "../src/marks";

test("inkOn stands out on every colour of a palette", () => {
  const cases: [string, string][] = [
    ["#ffffff", "#000000"], ["#000000", "#ffffff"], ["#0072b2", "#ffffff"], ["#f0e442", "#000000"], ["#22262b", "#ffffff"], ["#56b4e9", "#000000"],
  ];
  for (const [colour, want] of cases) assert.equal(inkOn(colour), want, colour);
});
