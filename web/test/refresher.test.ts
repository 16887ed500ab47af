import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Refresher } from "../src/refresher";

test("a layer is refreshed soon, then at most once a second", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const asked: string[] = [];
    const refresher = new Refresher((layer) => asked.push(layer), () => 0.5);
    const pass = (ms: number) => mock.timers.tick(ms);
    refresher.ask("a");
    pass(124);
    assert.deepEqual(asked, []);
    pass(1);
    assert.deepEqual(asked, ["a"]);
    for (let i = 0; i < 9; i++) {
      refresher.ask("a");
      pass(100);
    }
    assert.deepEqual(asked, ["a"], "while it rests");
    refresher.ask("b");
    pass(125);
    assert.deepEqual(asked, ["a", "b"], "layers do not wait for each other");
    pass(125);
    assert.deepEqual(asked, ["a", "b", "a"], "once for all that came meanwhile");
    pass(60_000);
    assert.deepEqual(asked, ["a", "b", "a"], "then no more");
    refresher.ask("a");
    pass(125);
    assert.equal(asked.length, 4);
  } finally {
    mock.timers.reset();
  }
});
