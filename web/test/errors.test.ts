import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused, serverTrouble, Unreachable } from "../src/errors";
import { shell } from "../src/words/shell";

test("serverTrouble knows our errors and MapLibre's", () => {
  assert.equal(serverTrouble(new Unreachable()), shell().noAnswer);
  assert.equal(serverTrouble(new Refused(503)), shell().loading);
  assert.equal(serverTrouble(new Refused(429)), shell().refused(429));
  assert.equal(serverTrouble(Object.assign(new Error("Failed to fetch"), { status: 0 })), shell().noAnswer);
  assert.equal(serverTrouble(Object.assign(new Error("AJAXError"), { status: 502 })), shell().refused(502));
});

test("serverTrouble leaves alone what waiting does not mend", () => {
  const gone = Object.assign(new Error("AJAXError"), { status: 404 });
  for (const other of [new Error("broken"), "broken", null, undefined, { status: 503 }, new Refused(500), new Refused(404), gone]) {
    assert.equal(serverTrouble(other), null);
  }
});
