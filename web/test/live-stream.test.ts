import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Parser, type Told } from "../src/live/events";
import { Stream } from "../src/live/stream";

const hello = 'retry: 2000\nid: e-4\nevent: hello\ndata: {"epoch":"e","seq":4,"time":"2026-01-01T00:00:00.000Z","layers":{}}\n\n';
const change = 'id: e-5\nevent: change\ndata: {"seq":5,"layers":{"a":{"zoom":16,"extent":4096,"buffer":64,"cells":[[1,2]]}}}\n\n';
const beat = ": 2026-01-01T00:00:15.000Z\nid: e-6\n\n";

test("events are read out of pieces of any size", () => {
  const text = hello + change + beat + "id: e-6\nevent: reset\ndata: {}\n\n";
  const whole = new Parser().take(text);
  assert.deepEqual(whole.map(({ kind, id }) => `${kind} ${id}`), ["hello e-4", "change e-5", "beat e-6", "reset e-6"]);
  for (const size of [1, 2, 7, 100]) {
    const parser = new Parser();
    const all: Told[] = [];
    for (let i = 0; i < text.length; i += size) all.push(...parser.take(text.slice(i, i + size)));
    assert.deepEqual(all, whole, `pieces of ${size}`);
  }
  assert.throws(() => new Parser().take("x".repeat(9 << 20)), /without an end/);
});

/** A server whose answers a test feeds. */
class Server {
  readonly asked: string[] = [];
  #feed: ReadableStreamDefaultController<Uint8Array> | null = null;
  status = 200;

  readonly fetch = (async (url: string, { signal }: RequestInit) => {
    this.asked.push(new URL(url).search);
    const body = new ReadableStream<Uint8Array>({ start: (feed) => void (this.#feed = feed) });
    signal?.addEventListener("abort", () => {
      try {
        this.#feed?.error(new DOMException("", "AbortError"));
      } catch {
        // It was closed already.
      }
    });
    return new Response(body, { status: this.status, headers: this.status === 503 ? { "retry-after": "20" } : {} });
  }) as typeof fetch;

  say(text: string): void {
    this.#feed?.enqueue(new TextEncoder().encode(text));
  }

  end(): void {
    this.#feed?.close();
  }
}

/** Lets everything run that waits for no timer. */
const settle = async () => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
};

test("where a layer is unknown, or there are too many, all are asked for", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const server = new Server();
  const stream = new Stream("http://maps.example/", { told: () => {}, broken: () => {} }, server.fetch, () => 1);
  try {
    server.status = 404;
    stream.start(["a", "gone"]);
    await settle();
    server.status = 200;
    mock.timers.tick(1000);
    await settle();
    assert.deepEqual(server.asked.splice(0), ["?layers=a%2Cgone", ""]);
    stream.start(["a"]);
    await settle();
    assert.deepEqual(server.asked.splice(0), ["?layers=a"], "another list is tried");
    stream.start(Array.from({ length: 257 }, (_, i) => `l${i}`));
    await settle();
    assert.deepEqual(server.asked, [""]);
  } finally {
    stream.stop();
    mock.timers.reset();
  }
});

test("a stream goes on where it was, ever more rarely while it fails", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const server = new Server();
  const heard: string[] = [];
  const stream = new Stream("http://maps.example/x/", {
    told: ({ kind, id }) => heard.push(`${kind} ${id}`), broken: () => heard.push("broken"),
  }, server.fetch, () => 1);
  const pass = async (ms: number) => {
    mock.timers.tick(ms);
    await settle();
  };
  try {
    stream.start(["b", "a"]);
    await settle();
    server.say(hello + change);
    await settle();
    server.end();
    await settle();
    assert.deepEqual(heard.splice(0), ["hello e-4", "change e-5", "broken"]);
    await pass(999);
    assert.deepEqual(server.asked, ["?layers=a%2Cb"]);
    server.status = 500;
    await pass(1);
    assert.deepEqual(server.asked.splice(0), ["?layers=a%2Cb", "?layers=a%2Cb&since=e-5"]);
    await pass(1999);
    assert.equal(server.asked.length, 0);
    server.status = 503;
    await pass(1);
    assert.equal(server.asked.length, 1);
    await pass(19_999);
    assert.equal(server.asked.length, 1, "the server asked to wait");
    server.status = 200;
    await pass(1);
    assert.equal(server.asked.length, 2);
    heard.length = 0;
    await pass(12_000); // and not a word
    assert.deepEqual(heard.splice(0), ["broken"]);
    await pass(8000);
    server.say(beat);
    await settle();
    await pass(44_999);
    assert.deepEqual(heard, ["beat e-6"]);
    await pass(1);
    assert.deepEqual(heard, ["beat e-6", "broken"], "a stream that is silent is dead");
    await pass(1000);
    assert.ok(server.asked.at(-1)?.endsWith("since=e-6"));
    stream.stop();
    const asked = server.asked.length;
    await pass(600_000);
    assert.equal(server.asked.length, asked, "it was stopped");
  } finally {
    stream.stop();
    mock.timers.reset();
  }
});

test("a stream that the server does not open is not tried for ever", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const server = new Server();
  const heard: string[] = [];
  const listener = { told: ({ kind }: Told) => void heard.push(kind), broken: () => void heard.push("broken"), closed: () => void heard.push("closed") };
  const stream = new Stream("http://maps.example/", listener, server.fetch, () => 1, "ht1.view.a.1.x.y");
  const wait = async (ms: number) => {
    mock.timers.tick(ms);
    await settle();
  };
  try {
    server.status = 401;
    stream.start(["a", "b"]);
    await settle();
    await wait(1000);
    assert.deepEqual(server.asked.splice(0), ["?layers=a%2Cb&token=ht1.view.a.1.x.y", "?token=ht1.view.a.1.x.y"], "then what there is for us");
    assert.deepEqual(heard.splice(0), ["broken", "closed"]);
    await wait(3_600_000);
    assert.deepEqual(server.asked, [], "and no more");

    server.status = 200;
    stream.start(["a"]);
    await settle();
    server.say(hello);
    await settle();
    server.say('event: end\ndata: {"reason":"expired"}\n\n');
    await settle();
    assert.deepEqual(heard.splice(0), ["hello", "closed"], "the token was over");
    server.asked.length = 0;
    await wait(3_600_000);
    assert.deepEqual(server.asked, []);
    assert.equal(stream.since, "e-4", "from there it goes on with another token");
  } finally {
    stream.stop();
    mock.timers.reset();
  }
});
