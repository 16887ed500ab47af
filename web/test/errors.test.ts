import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused, serverTrouble, Unreachable } from "../src/errors";
import { shell } from "../src/words/shell";

test("serverTrouble knows our errors and MapLibre's", () => {
  assert.equal(serverTrouble(new Unreachable()), shell().noAnswer);
  assert.equal(serverTrouble(new Refused(503)), shell().loading);
  assert.equal(serverTrouble(new Refused(500)), shell().refused(500));
  assert.equal(serverTrouble(Object.assign(new Error("Failed to fetch"), { status: 0 })), shell().noAnswer);
  assert.equal(serverTrouble(Object.assign(new Error("AJAXError"), { status: 502 })), shell().refused(502));
});

test("serverTrouble leaves other errors alone", () => {
  for (const other of [new Error("broken"), "broken", null, undefined, { status: 500 }]) {
    assert.equal(serverTrouble(other), null);
  }
});
