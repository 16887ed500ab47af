import assert from "node:assert/strict";
import { test } from "node:test";
import { drawnLayers } from "../src/drawn";
import { cue, inkOn, outline } from "../src/marks";

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

test("hot spots have strokes up, cold ones down, as many as they say", () => {
  const strokes = (shape: string) => cue({ kind: "polygon", shape }).match(/M/g)?.length ?? 0;
  assert.deepEqual(["up-1", "up-2", "down-3", "up-4", "circle"].map(strokes), [1, 2, 3, 0, 0]);
  assert.equal(cue({ kind: "polygon", shape: "up-1" }), "M7 14l5-4 5 4");
  assert.equal(cue({ kind: "polygon", shape: "down-1" }), "M7 10l5 4 5-4");
  assert.equal(cue({ kind: "point", shape: "up-1" }), "");
});

test("strokes are in the ink that a legend says", () => {
  const drawn = drawnLayers({
    layers: [], metadata: { "hutong:layers": [{ name: "hot", kinds: ["polygon"], ids: [], legend: [{ value: "3", title: "Hot", colour: "#b2182b", shape: "up-3", ink: "#ffffff", kind: "polygon" }] }] },
  }, []);
  assert.equal(drawn[0]?.legend[0]?.ink, "#ffffff");
});

test("a patch that is nearly white has an edge that is seen", () => {
  assert.equal(outline({ kind: "polygon", colour: "#f7f7f7" })["stroke"], "currentColor");
  assert.equal(outline({ kind: "polygon", colour: "#92c5de" })["stroke"], "#92c5de");
});

test("a cell's patch is as opaque as the cell", () => {
  const opacity = (given?: number) => outline({ kind: "polygon", colour: "#92c5de", ...(given !== undefined && { opacity: given }) })["fill-opacity"];
  assert.deepEqual([opacity(0.7), opacity()], ["0.7", "0.4"]);
});

test("a cluster's mark grows with it and stays in its square", () => {
  const size = (radius: number) => Number(/a([0-9.]+) /.exec(outline({ kind: "point", colour: "#112233", radius })["d"] ?? "")?.[1]);
  assert.ok(size(9) > 4 && size(9) < size(17) && size(17) < 12);
});
