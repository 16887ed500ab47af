import assert from "node:assert/strict";
import { test } from "node:test";
import type { Layer } from "../src/api";
import { keyed } from "../src/time-slider";
import { DAY, begunAt, chosen, firstWindow, focused, next, rangeOf, snapped, stepOf, stepped, widthOf, within, withEdge, type Grid } from "../src/timeline";
import { offsetAt, setTimeZone } from "../src/zone";
import { random } from "./random";

const HOUR = DAY / 24;
const gridOf = (step: number, offset = 0): Grid => ({ step, clocks: () => offset });
const range = { from: Date.UTC(2016, 7, 1, 3, 20), to: Date.UTC(2016, 7, 31, 22) };

const layer = (min?: string, max?: string): Layer => ({
  name: "a", title: "", count: 0, located: 0, time_field: "at", fields: [{ name: "at", type: "time", ...(min && { min }), ...(max && { max }) }],
});

test("a range holds the times of all layers", () => {
  assert.equal(rangeOf([]), null);
  assert.equal(rangeOf([layer()]), null);
  const got = rangeOf([layer("2016-01-02T00:00:00Z", "2016-01-03T00:00:00Z"), layer(), layer("2016-01-01T00:00:00Z", "2016-01-01T00:00:00Z")]);
  assert.deepEqual(got, { from: Date.UTC(2016, 0, 1), to: Date.UTC(2016, 0, 3) });
  const one = rangeOf([layer("2016-01-01T00:00:00Z", "2016-01-01T00:00:00Z")]);
  assert.ok(one && one.to > one.from, "an instant has room for handles");
});

test("steps fit the range", () => {
  const of = (length: number) => stepOf({ from: 0, to: length });
  assert.deepEqual([HOUR, DAY, 7 * DAY, 31 * DAY, 365 * DAY, 10 * 365 * DAY].map(of), [60_000, 15 * 60_000, 3 * HOUR, DAY, 7 * DAY, 91 * DAY]);
  assert.ok((1000 * 365 * DAY) / of(1000 * 365 * DAY) <= 100);
});

test("open ends are those of the range, and become open there", () => {
  assert.deepEqual(within(null, range), range);
  assert.equal(chosen(range, range), null);
  const middle = Date.UTC(2016, 7, 15);
  assert.deepEqual(within({ from: middle, to: null }, range), { from: middle, to: range.to });
  assert.deepEqual(chosen({ from: middle, to: range.to }, range), { from: middle, to: null });
  assert.deepEqual(within({ from: 0, to: 1 }, range), { from: range.from, to: range.from }, "a link may be of another time");
});

test("steps are whole where the city's clocks are", () => {
  const grid = gridOf(DAY, 8 * HOUR); // midnight in Beijing is 16:00 in London
  const midnight = Date.UTC(2016, 7, 1, 16);
  assert.equal(stepped(range.from, 1, grid), midnight);
  assert.equal(stepped(midnight, 1, grid), midnight + DAY);
  assert.equal(stepped(midnight + 1, -1, grid), midnight);
  assert.equal(stepped(midnight, -2, grid), midnight - 2 * DAY);
  assert.equal(snapped(midnight + 11 * HOUR, grid), midnight);
});

test("keys move edges and the window, and nothing beyond the range", () => {
  const [from, to] = [Date.UTC(2016, 7, 10), Date.UTC(2016, 7, 12)];
  const at = { range, window: { from, to }, grid: gridOf(DAY) };
  const days = (part: "from" | "window" | "to", key: string, far = false) => {
    const got = keyed(part, key, far, at);
    return got && [got.from - from, got.to - to].map((ms) => ms / DAY);
  };
  assert.deepEqual(days("from", "ArrowLeft"), [-1, 0]);
  assert.deepEqual(days("from", "ArrowUp"), [1, 0]);
  assert.deepEqual(days("from", "ArrowRight", true), [1, 0], "not beyond the other edge");
  assert.deepEqual(days("to", "ArrowRight", true), [0, 10]);
  assert.deepEqual(days("to", "PageUp"), [0, 10]);
  assert.deepEqual(days("window", "ArrowRight"), [1, 1]);
  assert.deepEqual(days("window", "PageDown")?.[0], (range.from - from) / DAY);
  assert.deepEqual(keyed("from", "Home", false, at), { from: range.from, to });
  assert.deepEqual(keyed("to", "End", false, at), { from, to: range.to });
  assert.deepEqual(keyed("window", "End", false, at), { from: range.to - 2 * DAY, to: range.to });
  assert.equal(keyed("to", "a", false, at), null);
});

test("a window that plays stays in the range, goes on, and begins again", () => {
  const { int, seed } = random();
  for (let i = 0; i < 200; i++) {
    const all = { from: int(1e9) * 1000, to: 0 };
    all.to = all.from + 60_000 + int(1e6) * 10_000;
    const step = stepOf(all);
    const grid = gridOf(step, int(24) * HOUR);
    let window = firstWindow(all, grid);
    const width = window.to - window.from;
    let again = 0;
    for (let n = 0; n < 500 && again < 2; n++) {
      assert.ok(window.from >= all.from && window.to <= all.to && window.from < window.to, `seed ${seed}, ${i}: ${JSON.stringify(window)}`);
      const after = next(window, all, step, width, grid);
      if (after.from <= window.from && after.to <= window.to) again++;
      window = after;
    }
    assert.equal(again, 2, `seed ${seed}, ${i}`);
  }
});

test("random moves keep a window a window", () => {
  const { pick, int, seed } = random();
  const grid = gridOf(stepOf(range));
  let window = { from: range.from, to: range.to };
  for (let i = 0; i < 3000; i++) {
    const at = range.from - DAY + int(33 * 24) * HOUR;
    window = pick([() => withEdge(window, range, "from", at, grid), () => withEdge(window, range, "to", at, grid), () => begunAt(window, range, at, grid)])();
    assert.ok(window.from >= range.from && window.to <= range.to && window.from < window.to, `seed ${seed}, move ${i}: ${JSON.stringify(window)}`);
  }
});

test("days are days on which clocks are put forward and back, too", () => {
  setTimeZone("America/New_York"); // forward on 13 March 2016 and back on 6 November, at two in the morning
  try {
    const all = { from: Date.UTC(2016, 1, 1, 5), to: Date.UTC(2016, 11, 1, 5) };
    const grid = { step: DAY, clocks: offsetAt };
    const [saturday, sunday, monday] = [Date.UTC(2016, 2, 12, 5), Date.UTC(2016, 2, 13, 5), Date.UTC(2016, 2, 14, 4)];
    assert.deepEqual([stepped(saturday, 2, grid), stepped(monday, -1, grid), snapped(monday + HOUR, grid)], [monday, sunday, monday]);
    const key = (window: { from: number; to: number }, part: "from" | "window" | "to", name: string) => keyed(part, name, false, { range: all, window, grid });
    assert.deepEqual(key({ from: saturday, to: monday }, "from", "ArrowRight"), { from: sunday, to: monday }, "a day of 23 hours");
    assert.deepEqual(key({ from: saturday, to: sunday }, "window", "ArrowRight"), { from: sunday, to: monday });
    assert.deepEqual(key({ from: sunday, to: monday }, "to", "ArrowRight"), { from: sunday, to: monday + DAY });
    assert.equal(widthOf({ from: sunday, to: monday }, grid), DAY);
    const november = Date.UTC(2016, 10, 6, 4);
    assert.deepEqual(key({ from: november - DAY, to: november }, "window", "ArrowRight"), { from: november, to: november + 25 * HOUR });
    let window = { from: sunday - 7 * DAY, to: sunday };
    for (let n = 0; n < 260; n++) {
      window = next(window, all, DAY, 7 * DAY, grid);
      for (const at of [window.from, window.to]) assert.equal((at + offsetAt(at)) % DAY, 0, new Date(at).toISOString());
    }
    // An hour that clocks skip or show twice holds no handle back.
    for (const [step, from] of [[HOUR, november], [HOUR / 4, november], [HOUR, sunday], [3 * HOUR, sunday]] as const) {
      for (const way of [1, -1]) {
        let at = way > 0 ? from : from + DAY;
        for (let n = 0; n < DAY / step; n++) {
          const to = stepped(at, way, { step, clocks: offsetAt });
          assert.ok((to - at) * way > 0 && Math.abs(to - at) <= step + HOUR, `${new Date(at).toISOString()} ${way * step}`);
          at = to;
        }
      }
    }
  } finally {
    setTimeZone(undefined);
  }
});

test("where midnight is skipped a day begins at one", () => {
  setTimeZone("America/Havana"); // at midnight on 13 March 2016 clocks showed one
  try {
    const grid = { step: DAY, clocks: offsetAt };
    const [saturday, sunday, monday] = [Date.UTC(2016, 2, 12, 5), Date.UTC(2016, 2, 13, 5), Date.UTC(2016, 2, 14, 4)];
    assert.deepEqual([stepped(saturday, 1, grid), stepped(sunday, 1, grid), stepped(monday, -1, grid)], [sunday, monday, sunday]);
  } finally {
    setTimeZone(undefined);
  }
});

test("a range is cut to what is crowded, with what was chosen in it", () => {
  const [a, b] = [range.from + 5 * DAY, range.to - 5 * DAY];
  assert.deepEqual(focused(range, null, null), range);
  assert.deepEqual(focused(range, { from: a, to: null }, null), { from: a, to: range.to });
  assert.deepEqual(focused(range, { from: a, to: b }, { from: a - DAY, to: b + DAY }), { from: a - DAY, to: b + DAY });
  assert.deepEqual(focused(range, { from: a, to: b }, { from: 0, to: null }), { from: range.from, to: b });
  assert.deepEqual(focused(range, { from: 0, to: 1 }, null), range, "of another time");
});
