import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAddress, parseAddress } from "../src/address";
import { spanOf } from "../src/span";
import { AGES, PLAIN, type View, type Wanted } from "../src/state";
import { random } from "./random";

test("an address is the camera and what differs from a plain view", () => {
  assert.equal(formatAddress(PLAIN), "#");
  const view: View = {
    camera: { zoom: 13, lat: 39.91, lng: 116.4 }, lang: "zh", theme: "dark", off: ["a", "b"],
    filters: new Map([["complaints", new Map([["category", { values: ["noise", "", "a,b"], others: true }]])]]),
    ages: new Map([["complaints", "7d"]]), tables: new Map([["counts", { period: "2026-W32", set: "open" }], ["b", { period: null, set: "a.b" }]]), time: { from: Date.UTC(2016, 7, 1), to: null }, at: { layer: "complaints", id: "1:7" }, table: true, list: "vendors", order: { field: "opened", up: false },
    q: "朝阳 & co",
  };
  const want = "#13/39.91/116.4&lang=zh&theme=dark&off=a,b&f.complaints.category=noise,!,a%2Cb,*&age.complaints=7d" +
    "&period.counts=2026-W32&set.counts=open&set.b=a%2Eb&time=2016-08-01T00:00:00Z/..&at=complaints:1%3A7&table=1&list=vendors&sort=opened,down&q=%E6%9C%9D%E9%98%B3%20%26%20co";
  assert.equal(formatAddress(view), want);
  assert.deepEqual(parseAddress(want), view);
});

test("parseAddress leaves out what it cannot read", () => {
  const cases: [string, Partial<View>][] = [
    ["", {}],
    ["#", {}],
    ["#map", {}],
    ["#13/39.91/116.4", { camera: { zoom: 13, lat: 39.91, lng: 116.4 } }],
    ["#13/39.91/116.4/0/0", { camera: { zoom: 13, lat: 39.91, lng: 116.4 } }],
    ["#-1/0/0", {}], ["#1/91/0", {}], ["#1/2", {}], ["#1/2/x", {}], ["#1e3/2/3", {}], ["#1/NaN/3", {}],
    ["#lang=de&theme=blue&table=2", {}],
    ["#LANG=zh&unknown=1&=&=x&f=&f.a=1&f.a.b.c=1&age.a=2d&age=7d", {}],
    ["#off=", { off: [] }], ["#off=,a,,a", { off: ["a"] }], ["#off=%E0%A4%A", { off: [] }], ["#f.%ZZ.a=1", {}],
    ["#at=x", {}], ["#at=:x", {}], ["#at=x:", {}], ["#at=a:b:c", { at: { layer: "a", id: "b:c" } }],
    ["#q=%", {}],
    ["#f.a.b=", { filters: new Map([["a", new Map([["b", { values: [], others: false }]])]]) }],
    ["#f.__proto__.constructor=x", { filters: new Map([["__proto__", new Map([["constructor", { values: ["x"], others: false }]])]]) }],
    ["#time=2016-08-01T08:00:00%2B08:00/..", {}], ["#time=2016-08-01T08:00:00+08:00/..", { time: { from: Date.UTC(2016, 7, 1), to: null } }],
    ["#time=../2016-08-01T00:00:00.5Z", { time: { from: null, to: Date.UTC(2016, 7, 1, 0, 0, 0, 500) } }],
    ["#time=../..", {}], ["#time=", {}], ["#time=a/b", {}], ["#time=2016/2017", {}], ["#time=2017-01-01T00:00:00Z/2016-01-01T00:00:00Z", {}],
    ["#time=2016-13-01T00:00:00Z/..", {}], ["#time=../../..", {}],
    ["#q=a=b", { q: "a=b" }],
    ["#period.a=2026-W32", { tables: new Map([["a", { period: "2026-W32", set: null }]]) }], ["#period.a=&set.=x&period=x&set.a.b=c&set.%ZZ=a&set.a=%ZZ", {}],
    ["#sort=", { order: { field: "", up: true } }], ["#sort=,down", { order: { field: "", up: false } }],
    ["#sort=a,up", {}], ["#sort=a,down,b", {}], ["#sort=%ZZ", {}], ["#list=%ZZ", {}],
  ];
  for (const [hash, want] of cases) assert.deepEqual(parseAddress(hash), { ...PLAIN, ...want }, hash);
});

test("parseAddress gives back what formatAddress was given", () => {
  const { pick, int, seed } = random();
  const letters = [..."abAB09 _-.,:;*&=#%/?+()'\"<>\\朝é\u{1f600}\n"];
  const text = (least = 1) => Array.from({ length: least + int(6) }, () => pick(letters)).join("");
  const some = <T>(make: () => T): T[] => Array.from({ length: int(4) }, make);
  const wanted = (): Wanted => ({ values: [...new Set(some(() => text(0)))], others: int(2) === 0 });
  for (let i = 0; i < 2000; i++) {
    const zoom = int(2000) / 100;
    const view: View = {
      camera: int(5) === 0 ? null : { zoom, lat: int(85), lng: int(360) - 180 },
      lang: pick([null, "en", "zh"]), theme: pick([null, "light", "dark"]), off: pick([null, [...new Set(some(text))]]),
      filters: new Map(some(() => [text(), new Map([[text(), wanted()]])])),
      ages: new Map(some(() => [text(), pick(AGES)])),
      tables: new Map(some(() => [text(), pick([{ period: text(), set: null }, { period: null, set: text() }, { period: text(), set: text() }])])),
      time: spanOf(pick([null, int(1e9) * 4321]), pick([null, 5e12 + int(1e9)])),
      at: int(2) === 0 ? null : { layer: text(), id: text() }, table: int(2) === 0,
      list: text(0), order: int(2) === 0 ? null : { field: text(0), up: int(2) === 0 }, q: text(0),
    };
    assert.deepEqual(parseAddress(formatAddress(view)), view, `seed ${seed}, view ${i}`);
  }
});

test("parseAddress never fails and comes to rest", () => {
  const { pick, int, seed } = random();
  const pieces = ["#", "&", "=", "f.", "age.", "period.", "set.", "off=", "at=", "%", "%4", "%41", "*", ",", ":", ".", "/", "13", "a", "\ud800", "朝", "7d", "lang=", "zh"];
  for (let i = 0; i < 5000; i++) {
    const hash = Array.from({ length: int(30) }, () => pick(pieces)).join("");
    const view = parseAddress(hash);
    assert.deepEqual(parseAddress(formatAddress(view)), view, `seed ${seed}: ${JSON.stringify(hash)}`);
  }
});

test("an address keeps the camera within half a pixel", () => {
  const { int, seed } = random();
  for (let i = 0; i < 1000; i++) {
    const camera = { zoom: int(2000) / 100, lat: int(1e9) / 1e9 * 80, lng: (int(1e9) / 1e9) * 360 - 180 };
    const got = parseAddress(formatAddress({ ...PLAIN, camera })).camera;
    const pixels = (degrees: number) => (Math.abs(degrees) / 360) * 512 * 2 ** camera.zoom;
    assert.ok(got && pixels(got.lng - camera.lng) <= 0.5 && pixels(got.lat - camera.lat) <= 0.5, `seed ${seed}: ${JSON.stringify([camera, got])}`);
  }
});

test("an address writes no camera as a power of ten", () => {
  const cases: [number, number, string][] = [[5e-7, 10, "#20/0.0000005/10"], [-5e-7, -1e-12, "#20/-0.0000005/0"], [100, 0, "#20/100/0"]];
  for (const [lat, lng, want] of cases) assert.equal(formatAddress({ ...PLAIN, camera: { zoom: 20, lat, lng } }), want);
});
