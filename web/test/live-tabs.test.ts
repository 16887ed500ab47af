import assert from "node:assert/strict";
import { test } from "node:test";
import { Tabs, type Browser } from "../src/live/tabs";

/** A lock and channels as a browser's tabs share them. */
class FakeBrowser {
  readonly #queue: { run: () => Promise<void>; done: () => void; fail: (why: unknown) => void }[] = [];
  readonly #channels = new Set<{ onmessage: ((event: MessageEvent) => void) | null }>();
  #holder: { fail: (why: unknown) => void } | null = null;

  get parts(): Browser {
    const request = (_name: string, options: LockOptions, run: () => Promise<void>) => new Promise<void>((done, fail) => {
      const entry = { run, done, fail };
      options.signal?.addEventListener("abort", () => {
        const at = this.#queue.indexOf(entry);
        if (at >= 0) this.#queue.splice(at, 1);
        fail(options.signal?.reason);
      });
      if (options.steal) {
        this.#holder?.fail(new DOMException("stolen", "AbortError"));
        this.#holder = null;
        this.#queue.unshift(entry);
      } else {
        this.#queue.push(entry);
      }
      this.#next();
    });
    return { locks: { request } as unknown as Browser["locks"], channel: () => this.#channel() as unknown as BroadcastChannel };
  }

  #next(): void {
    const next = this.#holder ? undefined : this.#queue.shift();
    if (!next) return;
    this.#holder = next;
    void next.run().then(() => {
      if (this.#holder !== next) return;
      this.#holder = null;
      next.done();
      this.#next();
    });
  }

  #channel() {
    const mine = {
      onmessage: null as ((event: MessageEvent) => void) | null,
      postMessage: (data: unknown) => {
        for (const other of this.#channels) if (other !== mine) queueMicrotask(() => other.onmessage?.({ data: structuredClone(data) } as MessageEvent));
      },
      close: () => void this.#channels.delete(mine),
    };
    this.#channels.add(mine);
    return mine;
  }
}

/** A server that says hello, and that e-N is all there is. */
class Server {
  readonly open = new Map<string, ReadableStreamDefaultController<Uint8Array>>();
  readonly asked: string[] = [];

  readonly fetch = (async (url: string, { signal }: RequestInit) => {
    const query = decodeURIComponent(new URL(url).search);
    this.asked.push(query);
    const body = new ReadableStream<Uint8Array>({
      start: (feed) => {
        this.open.set(query, feed);
        feed.enqueue(new TextEncoder().encode('id: e-4\nevent: hello\ndata: {"epoch":"e","seq":4,"time":"","layers":{}}\n\n'));
        signal?.addEventListener("abort", () => {
          this.open.delete(query);
          try {
            feed.error(new DOMException("", "AbortError"));
          } catch {
            // It is over already.
          }
        });
      },
    });
    return new Response(body);
  }) as typeof fetch;

  change(seq: number): void {
    for (const feed of this.open.values()) feed.enqueue(new TextEncoder().encode(`id: e-${seq}\nevent: change\ndata: {"seq":${seq},"layers":{}}\n\n`));
  }
}

/** Waits until what is true, a bounded while. */
async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.ok(what(), String(what));
}

test("all tabs of a browser share one stream, and one takes over where another ended", async () => {
  const browser = new FakeBrowser();
  const server = new Server();
  const heard: Record<string, string[]> = { one: [], two: [] };
  const open = (name: string) => new Tabs("http://maps.example/", {
    told: ({ kind, id }) => void heard[name]?.push(`${kind} ${id}`), state: () => {},
  }, browser.parts, server.fetch);
  const one = open("one");
  one.follow(["a"]);
  await until(() => heard["one"]?.includes("hello e-4") === true);
  const two = open("two");
  two.follow(["b", "a"]);
  try {
    await until(() => server.asked.includes("?layers=a,b&since=e-4"));
    assert.deepEqual([...server.open.keys()], ["?layers=a,b&since=e-4"], "one stream, of what both want");
    assert.ok(one.leads && !two.leads);
    server.change(5);
    await until(() => heard["two"]?.includes("change e-5") === true && heard["one"]?.includes("change e-5") === true);
    one.end();
    await until(() => two.leads && server.asked.at(-1) === "?layers=a,b&since=e-5");
    assert.equal(server.open.size, 1);
    server.change(6);
    await until(() => heard["two"]?.includes("change e-6") === true);
    assert.ok(!heard["one"]?.includes("change e-6"));
  } finally {
    one.end();
    two.end();
  }
  await until(() => server.open.size === 0);
});

test("a tab by itself has a stream of its own", async () => {
  const server = new Server();
  const heard: string[] = [];
  const tab = new Tabs("http://maps.example/", { told: ({ id }) => void heard.push(id), state: () => {} }, null, server.fetch);
  tab.follow(["a"]);
  await until(() => heard.includes("e-4"));
  assert.ok(tab.leads);
  tab.follow(["a", "c"]);
  await until(() => server.asked.at(-1) === "?layers=a,c&since=e-4");
  tab.end();
  await until(() => server.open.size === 0);
});

test("tabs share a stream with those that have the same token, and hear that it is closed", async () => {
  const named = new Map<string, FakeBrowser>(); // each name has a lock and a channel of its own
  const of = (name: string) => named.get(name) ?? named.set(name, new FakeBrowser()).get(name)!;
  const request = (name: string, options: LockOptions, run: () => Promise<void>) => of(name).parts.locks.request(name, options, run);
  const parts: Browser = { locks: { request } as unknown as Browser["locks"], channel: (name) => of(name).parts.channel(name) };
  const server = new Server();
  const heard: string[] = [];
  const open = (name: string, token: string) => {
    const hearer = { told: ({ kind }: { kind: string }) => void heard.push(`${name} ${kind}`), state: () => {}, closed: () => void heard.push(`${name} closed`) };
    const tab = new Tabs("http://maps.example/", hearer, parts, server.fetch, token);
    tab.follow(["a"]);
    return tab;
  };
  const tabs = [open("public", "")];
  try {
    await until(() => heard.includes("public hello"));
    tabs.push(open("one", "token"));
    await until(() => heard.includes("one hello"));
    tabs.push(open("two", "token"));
    assert.ok(tabs[0]?.leads && tabs[1]?.leads && !tabs[2]?.leads);
    const mine = [...server.open].find(([query]) => query.includes("token=token"))?.[1];
    mine?.enqueue(new TextEncoder().encode('event: end\ndata: {"reason":"expired"}\n\n'));
    await until(() => heard.includes("one closed") && heard.includes("two closed"));
    tabs.push(open("late", "token"));
    await until(() => heard.includes("late closed"));
    assert.ok(!heard.includes("public closed"));
    assert.ok([...named.keys()].every((name) => !name.includes(" token")), "no name shows the token");
    assert.equal(server.asked.filter((query) => query.includes("token=token")).length, 1, "it is not asked for again");
  } finally {
    for (const tab of tabs) tab.end();
  }
  await until(() => server.open.size === 0);
});
