import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCoordinates } from "../src/coordinates";

const beijing = [116.4074, 39.9042];

test("parseCoordinates takes either order where only one is on the earth", () => {
  for (const text of ["116.4074,39.9042", "39.9042, 116.4074", " 39.9042 116.4074 ", "39.9042;116.4074", "39.9042\uff0c116.4074", "39.9042°, 116.4074°"]) {
    assert.deepEqual(parseCoordinates(text), beijing, text);
  }
});

test("parseCoordinates lets letters decide", () => {
  for (const text of ["39.9042N 116.4074E", "39.9042° N, 116.4074° E", "E116.4074, N39.9042", "n 39.9042, e 116.4074"]) {
    assert.deepEqual(parseCoordinates(text), beijing, text);
  }
  assert.deepEqual(parseCoordinates("38.9 N, 77.03 W"), [-77.03, 38.9]);
  assert.deepEqual(parseCoordinates("33.9S, 18.4E"), [18.4, -33.9]);
});

test("parseCoordinates takes the latitude first, or what is nearer", () => {
  assert.deepEqual(parseCoordinates("38.9, -77.03"), [-77.03, 38.9]);
  assert.deepEqual(parseCoordinates("-77.03, 38.9"), [38.9, -77.03]);
  assert.deepEqual(parseCoordinates("-77.03, 38.9", [-77, 39]), [-77.03, 38.9]);
  assert.deepEqual(parseCoordinates("38.9, \u221277.03", [-77, 39]), [-77.03, 38.9]);
});

test("parseCoordinates leaves everything else to the search", () => {
  for (const text of ["", "12", "12 Long Street", "12, Long Street", "1,2,3", "116.4N, 39.9N", "N39.9S, 116E", "200, 10", "95, 95", "1e3, 4", "17-23"]) {
    assert.equal(parseCoordinates(text), null, text);
  }
});
