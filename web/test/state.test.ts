import assert from "node:assert/strict";
import { test } from "node:test";
import { PLAIN, State, withAge, withFilter, type View } from "../src/state";

test("State tells of changes, once each, and of nothing else", () => {
  const state = new State();
  const heard: [View, View][] = [];
  const end = state.subscribe((now, before) => heard.push([now, before]));
  state.update({ q: "" });
  assert.equal(heard.length, 0);
  state.update({ q: "park", table: true });
  assert.deepEqual(heard, [[{ ...PLAIN, q: "park", table: true }, PLAIN]]);
  assert.equal(state.get().filters, PLAIN.filters);
  end();
  state.update({ q: "" });
  assert.equal(heard.length, 1);
});

test("a listener may change the state or end itself", () => {
  const state = new State();
  const heard: string[] = [];
  const end = state.subscribe((now) => {
    end();
    heard.push(`first ${now.q}`);
    state.update({ q: "b" });
  });
  state.subscribe((now) => heard.push(`second ${now.q}`));
  state.update({ q: "a" });
  assert.deepEqual(heard, ["first a", "second b", "second a"]);
});

test("withFilter and withAge leave what they are given as it is", () => {
  const wanted = { values: ["x"], others: false };
  const one = withFilter(PLAIN.filters, "a", "f", wanted);
  const two = withFilter(one, "a", "g", wanted);
  assert.equal(PLAIN.filters.size, 0);
  assert.deepEqual([...(one.get("a") ?? [])], [["f", wanted]]);
  assert.deepEqual([...(withFilter(two, "a", "f", null).get("a")?.keys() ?? [])], ["g"]);
  assert.equal(withFilter(one, "a", "f", null).size, 0);
  const ages = withAge(PLAIN.ages, "a", "7d");
  assert.deepEqual([...ages], [["a", "7d"]]);
  assert.equal(withAge(ages, "a", null).size, 0);
});
