import assert from "node:assert/strict";
import { test } from "node:test";
import { inkOn, outline } from "../src/marks";

test("inkOn stands out on every colour of a palette", () => {
  const cases: [string, string][] = [
    ["#ffffff", "#000000"], ["#000000", "#ffffff"], ["#0072b2", "#ffffff"], ["#f0e442", "#000000"], ["#22262b", "#ffffff"], ["#56b4e9", "#000000"],
  ];
  for (const [colour, want] of cases) assert.equal(inkOn(colour), want, colour);
});

test("the dashes of a mark are as many widths of its line as the map's", () => {
  const of = (kind: "line" | "polygon", dash?: number[]) => outline({ kind, colour: "#112233", ...(dash && { dash }) });
  assert.equal(of("line", [3, 1.5])["stroke-dasharray"], "9.6 4.8");
  assert.equal(of("polygon", [1, 1])["stroke-dasharray"], "2 2");
  assert.ok(!("stroke-dasharray" in of("line")));
});
