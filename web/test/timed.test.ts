import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Map as MapLibre, StyleSpecification } from "maplibre-gl";
import type { Layer } from "../src/api";
import type { Drawn } from "../src/drawn";
import { barsOf, boxOf, crowded, fullest, histogramQuery } from "../src/histogram";
import { Player, type Played } from "../src/player";
import { Retimer } from "../src/retimer";
import { isTimed, timedTemplate, timedTiles } from "../src/timed";

const layer: Layer = { name: "a", title: "", count: 0, located: 0, time_field: "at", fields: [{ name: "at", type: "time" }] };
const cells = (below?: number): Drawn => ({ cells: { kind: "hexes", ...(below !== undefined && { below }), field: "", ids: [], legends: [] } }) as unknown as Drawn;

test("layers of data with a time are timed, and counts of all times are not", () => {
  assert.equal(isTimed(layer, undefined), true);
  assert.equal(isTimed(layer, cells(9)), true);
  assert.equal(isTimed(layer, cells()), false);
  assert.equal(isTimed({ ...layer, role: "road" }, undefined), false);
  assert.equal(isTimed({ ...layer, time_field: "gone" }, undefined), false);
});

test("templates of timed layers ask for a time, and those of composites stay", () => {
  const template = (names: string) => `https://maps.example/tiles/${names}/{z}/{x}/{y}.mvt`;
  const sources = {
    a: { type: "vector", tiles: [template("a")] }, b: { type: "vector", tiles: [template("b")] }, ab: { type: "vector", tiles: [template("a,b")] },
    url: { type: "vector", url: "https://maps.example/tiles/a.json" },
  };
  const style = { version: 8, sources, layers: [] } as StyleSpecification;
  const span = { from: Date.UTC(2016, 7, 1), to: Date.UTC(2016, 7, 2) };
  const want = `${template("a")}?datetime=2016-08-01T00:00:00Z/2016-08-01T23:59:59.999999Z`;
  assert.deepEqual([...timedTiles(style, span, (name) => name === "a")], [["a", [want]]]);
  assert.deepEqual([...timedTiles(style, null, (name) => name === "a")], [["a", [template("a")]]]);
  assert.equal(timedTemplate("t?x=1&datetime=../2016", { from: 0, to: null }), "t?x=1&datetime=1970-01-01T00:00:00Z/..");
  assert.equal(timedTemplate("t?datetime=../2016", null), "t");
});

test("a map is given the last of several templates, once nothing is on its way", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    let [wanted, loaded] = ["t", true];
    const given: string[] = [];
    const source = { tiles: ["t"], setTiles: (tiles: string[]) => (given.push(...tiles), (source.tiles = tiles)) };
    const map = { getSource: () => source, isSourceLoaded: () => loaded } as unknown as MapLibre;
    const retimer = new Retimer(() => map, () => new Map([["s", [wanted]]]));
    const ask = (template: string) => {
      wanted = template;
      retimer.ask();
    };
    for (const template of ["t?1", "t?2", "t?3"]) ask(template);
    assert.equal(retimer.busy, true);
    mock.timers.tick(200);
    assert.deepEqual(given.splice(0), ["t?3"]);
    loaded = false;
    ask("t?4");
    mock.timers.tick(1000);
    assert.deepEqual(given, [], "t?3 is on its way");
    ask("t?5");
    loaded = true;
    mock.timers.tick(1000);
    assert.deepEqual(given.splice(0), ["t?5"]);
    assert.equal(retimer.busy, false);
    ask("t?5");
    mock.timers.tick(1000);
    assert.deepEqual(given, [], "it has them");
    loaded = false;
    ask("t?6");
    mock.timers.tick(10_000);
    assert.deepEqual(given, ["t?6"], "one that never comes is waited for no longer");
  } finally {
    mock.timers.reset();
  }
});

test("a player shows each window for a while, once it is there, and none unseen", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    let [steps, busy, calm, turned] = [0, false, false, 0];
    const played: Played = { step: () => steps++, busy: () => busy, calm: () => calm, turned: () => turned++ };
    const player = new Player(played);
    const pass = (ms: number) => {
      const before = steps;
      for (let i = 0; i < ms; i += 50) mock.timers.tick(50);
      return steps - before;
    };
    player.play();
    assert.deepEqual([steps, turned, pass(4000)], [1, 1, 4]);
    player.speed = "fast";
    assert.ok(pass(4000) >= 8);
    busy = true;
    assert.ok(pass(5500) <= 2, "what does not come is waited for, though not for ever");
    busy = false;
    player.visible(false);
    assert.equal(pass(5000), 0);
    player.visible(true);
    assert.ok(pass(4000) >= 8);
    calm = true;
    assert.ok(pass(6000) <= 2);
    player.toggle();
    assert.deepEqual([player.playing, pass(9000), turned], [false, 0, 2]);
    player.visible(true);
    assert.equal(pass(9000), 0);
  } finally {
    mock.timers.reset();
  }
});

test("a player that has nothing more to show rests", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  try {
    let [steps, turned] = [0, 0];
    const player: Player = new Player({ step: () => (steps++, player.stop()), busy: () => false, calm: () => false, turned: () => turned++ });
    player.play();
    mock.timers.tick(10_000);
    assert.deepEqual([steps, turned, player.playing], [1, 1, false]);
  } finally {
    mock.timers.reset();
  }
});

test("bars are asked for up to the last microsecond, and of what is let through only", () => {
  const query = new URLSearchParams(histogramQuery({ from: 0, to: 60_123 }, 7, [1, 2, 3, 4], { filter: "a = 'b&c'" }));
  assert.deepEqual(Object.fromEntries(query), {
    bins: "7", from: "1970-01-01T00:00:00.000Z", to: "1970-01-01T00:01:00.123999Z", bbox: "1.0000000,2.0000000,3.0000000,4.0000000", filter: "a = 'b&c'",
  });
});

test("bars stand where they belong in a range that has changed since they were counted", () => {
  const histogram = { range: { from: 100, to: 500 }, counts: [1, 0, 4, 1000] };
  assert.deepEqual([boxOf(histogram, histogram.range), boxOf(histogram, { from: 0, to: 1000 }), boxOf(null, { from: 0, to: 1 })], ["0 0 4 1", "-1 0 10 1", "0 0 1 1"]);
});

test("bars are as high as there are many, and only those of a window are chosen", () => {
  const histogram = { range: { from: 0, to: 400 }, counts: [1, 0, 4, 1000] };
  assert.equal(barsOf(histogram), "M0.08 1V0.97H0.92V1ZM2.08 1V0.97H2.92V1ZM3.08 1V0H3.92V1Z");
  assert.equal(barsOf(histogram, { from: 100, to: 300 }), "M2.08 1V0.97H2.92V1Z");
  assert.equal(barsOf({ ...histogram, counts: [0, 0] }), "");
  assert.deepEqual(fullest(histogram), { n: 1005, at: 350 });
});

test("a few features far from all others are left out of what is crowded", () => {
  const of = (counts: number[]) => crowded({ range: { from: 0, to: 1000 }, counts });
  assert.deepEqual(of([10, 0, 0, 0, 0, 0, 0, 30, 900, 100]), { from: 800, to: 1000 });
  assert.deepEqual(of([5, 5, 5, 5, 5]), { from: 0, to: 1000 });
  assert.deepEqual(of([0, 0, 7, 0, 0]), { from: 400, to: 600 });
  assert.deepEqual(of([0, 0]), { from: 0, to: 1000 });
});
