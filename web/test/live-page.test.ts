import assert from "node:assert/strict";
import { test } from "node:test";
import { hutongLive, type Live, type LiveState } from "../src/live/live";

/** The parts of a page that following it takes. */
function page(): { document: EventTarget & { hidden: boolean }; window: EventTarget; undo: () => void } {
  const document = Object.assign(new EventTarget(), { hidden: false });
  const window = new EventTarget();
  const parts = {
    document, origin: "null", // a page that may not share its stream
    addEventListener: window.addEventListener.bind(window), removeEventListener: window.removeEventListener.bind(window),
  };
  const before = Object.keys(parts).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(parts)) Object.defineProperty(globalThis, name, { value, configurable: true });
  const undo = () => {
    for (const [name, was] of before) {
      if (was) Object.defineProperty(globalThis, name, was);
      else Reflect.deleteProperty(globalThis, name);
    }
  };
  return { document, window, undo };
}

/** Follows the layers a and c of a server that a test speaks for. */
async function follow(run: (say: (text: string) => Promise<(readonly string[] | null)[]>, parts: ReturnType<typeof page>) => Promise<void>, onstate?: (state: LiveState) => void): Promise<void> {
  const parts = page();
  const real = globalThis.fetch;
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  globalThis.fetch = (async () => new Response(new ReadableStream<Uint8Array>({ start: (c) => void (feed = c) }))) as typeof fetch;
  const heard: (readonly string[] | null)[] = [];
  const settle = async () => {
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  let live: Live | undefined;
  try {
    live = hutongLive(null, { url: "http://maps.example/", layers: ["a", "c"], onchange: (layers) => heard.push(layers), ...(onstate && { onstate }) });
    await settle();
    await run(async (text) => {
      if (text) feed?.enqueue(new TextEncoder().encode(text));
      await settle();
      return heard.splice(0);
    }, parts);
  } finally {
    live?.stop();
    await settle();
    globalThis.fetch = real;
    parts.undo();
  }
}

const part = { zoom: 16, extent: 4096, buffer: 64, cells: [[1, 2]] };
const time = Date.parse("2026-03-01T02:42:07Z");

/** A hello in which layers changed so many milliseconds ago. */
function hello(epoch: string, ago: Record<string, number>): string {
  const layers = Object.fromEntries(Object.entries(ago).map(([name, ms]) => [name, { seq: 4, changed: new Date(time - ms).toISOString() }]));
  return `id: ${epoch}-4\nevent: hello\ndata: ${JSON.stringify({ epoch, seq: 4, time: new Date(time).toISOString(), layers })}\n\n`;
}

const change = (...names: string[]) => {
  return `id: e-5\nevent: change\ndata: ${JSON.stringify({ seq: 5, layers: Object.fromEntries(names.map((name) => [name, part])) })}\n\n`;
};

test("the first words of a stream tell what changed while the page opened", async () => {
  const hour = 3_600_000;
  await follow(async (say) => {
    assert.deepEqual(await say(hello("e", { a: hour, b: 1 })), [], "nothing, and a layer of another tab");
    assert.deepEqual(await say(hello("e", { a: 1, c: 1 })), [["c"]], "the first words about it; a goes on where it was");
    assert.deepEqual(await say(hello("e", { a: 1, c: 1 })), []);
    assert.deepEqual(await say(hello("e", { c: 1 })), [], "another tab leads, which has not heard of all that is followed");
    assert.deepEqual(await say(hello("e", { a: 1, c: 1 })), [["a"]], "and has now");
    assert.deepEqual(await say(hello("f", { a: hour, c: hour })), [["a", "c"]], "another history");
    assert.deepEqual(await say("id: f-4\nevent: reset\ndata: {}\n\n"), [null]);
  });
});

test("a page hears of its own layers only", async () => {
  await follow(async (say) => {
    await say(hello("e", {}));
    assert.deepEqual(await say(change("b")), []);
    assert.deepEqual(await say(change("a", "b")), [["a"]]);
  });
});

test("a page that was away hears that anything may have changed", async () => {
  await follow(async (say, { window, document }) => {
    await say(hello("e", {}));
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
    assert.deepEqual(await say(""), []);
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    assert.deepEqual(await say(""), [null], "out of the browser's history");
    document.dispatchEvent(new Event("visibilitychange"));
    assert.deepEqual(await say(""), [null], "hidden since before it was opened");
    document.hidden = true;
    document.dispatchEvent(new Event("visibilitychange"));
    document.hidden = false;
    document.dispatchEvent(new Event("visibilitychange"));
    assert.deepEqual(await say(""), [], "for a moment");
  });
});

test("a page hears which layers are not told of, and that its token is over", async () => {
  const states: string[] = [];
  await follow(async (say) => {
    await say(hello("e", { a: 1e9 }));
    await say('event: end\ndata: {"reason":"expired"}\n\n');
  }, ({ state, refused }) => void states.push(`${state} ${refused.join()}`));
  assert.deepEqual(states.filter((s, i) => s !== states[i - 1]), ["live ", "live c", "reconnecting c", "closed c"]);
});
