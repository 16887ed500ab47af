import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Follower, layersOf, type LiveMap, type MapEvent } from "../src/live/follower";
import type { TileID } from "../src/live/stale";

/** A map that shows some tiles of one source of the layers a and b. */
class FakeMap implements LiveMap {
  window: TileID[] = [{ z: 16, x: 100, y: 200 }, { z: 16, x: 101, y: 200 }];
  moving = false;
  /** Whether nothing is on its way, whether the layers are hidden, and how often it was asked to draw. */
  loaded = true;
  hidden = false;
  drawn = 0;
  /** What stands behind the addresses of tiles. */
  query = "";
  readonly refreshed: string[] = [];
  readonly #listeners = new Map<string, Set<(event: MapEvent) => void>>();

  on(type: string, listener: (event: MapEvent) => void): void {
    this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
  }
  off(type: string, listener: (event: MapEvent) => void): void {
    this.#listeners.get(type)?.delete(listener);
  }
  once(type: string, listener: (event: MapEvent) => void): void {
    const once = (event: MapEvent) => {
      this.off(type, once);
      listener(event);
    };
    this.on(type, once);
  }
  fire(type: string, event: MapEvent = {}): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event);
  }
  tile(type: string, { z, x, y }: TileID): void {
    this.fire(type, { sourceId: "s", tile: { tileID: { canonical: { z, x, y } } } });
  }
  getStyle() {
    return { sources: { s: { type: "vector", url: "https://maps.example/tiles/a,b.json" }, other: { type: "vector" }, image: { type: "raster" } } };
  }
  getSource(id: string): unknown {
    const tiles = { s: `https://maps.example/tiles/a,b/{z}/{x}/{y}.mvt${this.query}`, other: "https://else.example/tiles/a/{z}/{x}/{y}.mvt" }[id];
    return { tiles: tiles && [tiles], minzoom: 0, maxzoom: 18 };
  }
  coveringTiles() {
    return this.window.map((canonical) => ({ canonical }));
  }
  refreshTiles(source: string, tiles?: TileID[]): void {
    this.refreshed.push(`${source} ${tiles ? tiles.map((t) => `${t.z}/${t.x}/${t.y}`).join(" ") : "all"}`);
  }
  isSourceLoaded(): boolean {
    return this.loaded;
  }
  getLayersOrder(): string[] {
    return ["layer"];
  }
  getLayer() {
    return { source: "s", isHidden: () => this.hidden };
  }
  getZoom(): number {
    return 16;
  }
  isMoving(): boolean {
    return this.moving;
  }
  getMaxZoom(): number {
    return 22;
  }
  triggerRepaint(): void {
    this.drawn++;
    this.fire("render");
  }
}

const at = (x: number, y: number, layer = "a") => {
  return { seq: 1, layers: { [layer]: { zoom: 16, extent: 4096, buffer: 64, cells: [[x, y]] as [number, number][] } } };
};

function follow(run: (map: FakeMap, follower: Follower, pass: () => string[]) => void): void {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const map = new FakeMap();
  const follower = new Follower(map, "https://maps.example/", null, () => {}, () => 0);
  try {
    run(map, follower, () => {
      mock.timers.tick(1000);
      return map.refreshed.splice(0);
    });
  } finally {
    follower.end();
    mock.timers.reset();
  }
}

test("the stale tiles of the window are loaded again, once", () => {
  follow((map, follower, pass) => {
    assert.deepEqual(follower.layers(), ["a", "b"]);
    follower.change(at(99, 200));
    follower.change(at(300, 300));
    assert.deepEqual(pass(), ["s 16/100/200"]);
    map.fire("moveend");
    assert.deepEqual(pass(), []);
    follower.change(at(100, 200, "b"));
    assert.deepEqual(pass(), ["s 16/100/200 16/101/200"]);
    follower.change(at(100, 200, "c"));
    assert.deepEqual(pass(), []);
  });
});

test("tiles outside the window are loaded again when they come into it", () => {
  follow((map, follower, pass) => {
    follower.change(at(300, 300));
    assert.deepEqual(pass(), []);
    map.window = [{ z: 16, x: 300, y: 300 }];
    map.moving = true;
    follower.change(at(300, 300));
    assert.deepEqual(pass(), ["s 16/300/300"], "at once, though it may not be there yet");
    map.moving = false;
    map.fire("moveend");
    assert.deepEqual(pass(), ["s 16/300/300"]);
    map.fire("moveend");
    assert.deepEqual(pass(), []);
    map.window = [{ z: 18, x: 1200, y: 1200 }, { z: 17, x: 5, y: 5 }];
    map.fire("moveend");
    assert.deepEqual(pass(), ["s 18/1200/1200"], "at another zoom");
    follower.all();
    assert.deepEqual(pass(), ["s 18/1200/1200 17/5/5"]);
    map.fire("moveend");
    assert.deepEqual(pass(), []);
    map.window = [{ z: 15, x: 7, y: 7 }, { z: 17, x: 5, y: 5 }];
    map.fire("moveend");
    assert.deepEqual(pass(), ["s 15/7/7"], "what was not there then");
    follower.all(["b"]);
    assert.deepEqual(pass(), ["s 15/7/7 17/5/5"], "a tile of a and b");
    follower.all(["c"]);
    assert.deepEqual(pass(), []);
  });
});

test("a map that is still loading is not asked twice, and is asked when it has loaded", () => {
  follow((map, follower, pass) => {
    map.loaded = false; // its tiles, which were asked for before anybody looked
    follower.all();
    assert.deepEqual(pass(), []);
    map.loaded = true;
    assert.deepEqual(pass(), ["s 16/100/200 16/101/200"]);
    assert.deepEqual(pass(), [], "and once only");
  });
  follow((map, follower, pass) => {
    for (const tile of map.window) map.tile("sourcedataloading", tile);
    map.loaded = false;
    follower.all();
    assert.deepEqual(pass(), []);
    map.tile("sourcedata", map.window[0]!);
    assert.deepEqual(pass(), ["s 16/100/200"], "one that came, while the other has not");
    map.tile("sourcedata", map.window[1]!);
    assert.deepEqual(pass(), ["s 16/101/200"]);
  });
});

test("a map that never comes to rest is asked all the same", () => {
  follow((map, follower, pass) => {
    map.loaded = false;
    const asked: string[] = [];
    for (let second = 0; second < 20; second++) {
      follower.change(at(100, 200));
      asked.push(...pass());
    }
    assert.ok(asked.length >= 3 && asked.length <= 4, `asked ${asked.length} times in 20 s`);
  });
});

test("a tile is not asked for while it is on its way", () => {
  follow((map, follower, pass) => {
    follower.change(at(99, 200));
    mock.timers.tick(0);
    map.loaded = false;
    assert.deepEqual(map.refreshed.splice(0), ["s 16/100/200"]);
    map.loaded = true;
    pass();
    const refresh = map.refreshTiles.bind(map);
    map.refreshTiles = (source, tiles) => {
      refresh(source, tiles);
      map.loaded = false;
    };
    follower.change(at(99, 200));
    assert.deepEqual(pass(), ["s 16/100/200"]);
    follower.change(at(99, 200));
    assert.deepEqual(pass(), [], "it is on its way");
    map.tile("sourcedata", { z: 16, x: 100, y: 200 });
    assert.deepEqual(pass(), ["s 16/100/200"], "it came with what was before");
    follower.change(at(99, 200));
    const { drawn } = map;
    assert.deepEqual(pass(), []);
    map.loaded = true; // unchanged, of which MapLibre says nothing
    assert.deepEqual(pass(), ["s 16/100/200"]);
    assert.ok(map.drawn > drawn, "without being drawn it is never idle");
    map.loaded = true;
    assert.deepEqual(pass(), []);
  });
});

test("tiles of layers that are hidden are loaded again when these are shown", () => {
  follow((map, follower, pass) => {
    map.hidden = true;
    follower.change(at(99, 200));
    assert.deepEqual(pass(), []);
    map.hidden = false;
    map.fire("styledata");
    assert.deepEqual(pass(), ["s 16/100/200"]);
  });
});

test("tiles that failed are asked for again, ever more rarely", () => {
  follow((map) => {
    const times: number[] = [];
    let failing = true;
    map.refreshTiles = () => {
      times.push(Date.now() / 1000);
      if (failing) map.tile("error", map.window[0]!);
    };
    const wait = (seconds: number) => {
      for (let i = 0; i < seconds; i++) mock.timers.tick(1000);
    };
    map.tile("error", map.window[0]!);
    wait(100);
    assert.deepEqual(times, [2, 6, 14, 30, 60, 90], "half of 4 s, 8 s …");
    failing = false;
    wait(30);
    assert.equal(times.pop(), 120);
    map.tile("sourcedata", map.window[0]!);
    wait(600);
    assert.equal(times.length, 6);
  });
});

test("tiles that failed wait, whatever changes meanwhile and whichever others come", () => {
  follow((map, follower, pass) => {
    const [bad, good] = map.window as [TileID, TileID];
    follower.change(at(100, 200));
    assert.deepEqual(pass(), ["s 16/100/200 16/101/200"]);
    map.tile("error", bad);
    for (let i = 0; i < 15; i++) {
      follower.change(at(100, 200));
      mock.timers.tick(100);
      map.tile("sourcedata", good);
    }
    const asked = map.refreshed.splice(0);
    assert.ok(asked.length >= 5 && asked.every((tiles) => tiles === "s 16/101/200"), asked.join());
    for (let i = 0; i < 10; i++) mock.timers.tick(100);
    assert.ok(map.refreshed.some((tiles) => tiles.includes("16/100/200")), "2 s later");
  });
});

test("a tile that was asked for before a change is stale when it comes", () => {
  follow((map, follower, pass) => {
    const tile = { z: 16, x: 100, y: 200 };
    map.tile("sourcedataloading", tile);
    follower.change(at(100, 200));
    assert.deepEqual(pass(), ["s 16/101/200"], "MapLibre cannot load again what is not there");
    map.tile("sourcedata", tile);
    assert.deepEqual(pass(), ["s 16/100/200"]);
    map.tile("sourcedataloading", tile);
    map.tile("sourcedata", tile);
    assert.deepEqual(pass(), []);
    map.tile("error", tile);
    map.fire("moveend");
    assert.deepEqual(pass(), []);
    assert.deepEqual(pass(), ["s 16/100/200"], "what failed is tried again, 2 s later");
  });
});

test("rounds rest", () => {
  follow((map, follower) => {
    follower.change(at(100, 200));
    mock.timers.tick(0);
    assert.equal(map.refreshed.length, 1);
    for (let i = 0; i < 5; i++) {
      follower.change(at(100, 200));
      mock.timers.tick(39);
    }
    assert.equal(map.refreshed.length, 1);
    mock.timers.tick(5);
    assert.equal(map.refreshed.length, 2);
  });
});

test("a page that is hidden asks for nothing until it is seen", () => {
  const page = Object.assign(new EventTarget(), { hidden: true });
  Object.defineProperty(globalThis, "document", { value: page, configurable: true });
  try {
    follow((_map, follower, pass) => {
      follower.change(at(99, 200));
      assert.deepEqual(pass(), []);
      page.hidden = false;
      follower.seen();
      assert.deepEqual(pass(), ["s 16/100/200"]);
      assert.deepEqual(pass(), []);
    });
  } finally {
    Reflect.deleteProperty(globalThis, "document");
  }
});

test("tiles that other templates are asked for are not asked for twice at once", () => {
  follow((map, follower, pass) => {
    follower.change(at(99, 200));
    assert.deepEqual(pass(), ["s 16/100/200"]);
    map.loaded = false;
    map.fire("sourcedata", { sourceId: "s", sourceDataType: "content", sourceDataChanged: true });
    follower.change(at(99, 200));
    assert.deepEqual(pass(), [], "they are on their way");
    map.loaded = true;
    assert.deepEqual(pass(), ["s 16/100/200"], "they may be older than the change");
    map.fire("sourcedata", { sourceId: "s", sourceDataType: "content", sourceDataChanged: true });
    assert.deepEqual(pass(), [], "and are newer than the one before");
  });
});

test("a round is put off by chance, so that pages do not ask together", () => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const map = new FakeMap();
  const follower = new Follower(map, "https://maps.example/", null, () => {}, () => 0.9);
  try {
    follower.change(at(100, 200));
    mock.timers.tick(89);
    assert.equal(map.refreshed.length, 0);
    mock.timers.tick(1);
    assert.equal(map.refreshed.length, 1);
  } finally {
    follower.end();
    mock.timers.reset();
  }
});

test("layers of a source", () => {
  assert.deepEqual(layersOf("https://maps.example/x/tiles/a,b-c_d/{z}/{x}/{y}.mvt"), ["a", "b-c_d"]);
  assert.deepEqual(layersOf("https://maps.example/tiles/a/{z}/{x}/{y}.pbf?x=1"), ["a"]);
  assert.equal(layersOf("https://maps.example/archives/a/{z}/{x}/{y}.mvt"), null);
});

test("a token is found in the address of tiles, and tiles that fail for good are left alone", () => {
  follow((map, follower, pass) => {
    assert.equal(follower.token(), "");
    map.query = "?filter=x&token=ht1.view.a.1.x.y";
    map.fire("styledata");
    assert.equal(follower.token(), "ht1.view.a.1.x.y");
    assert.deepEqual(follower.layers(), ["a", "b"]);
    follower.quiet(true);
    follower.change(at(99, 200));
    assert.deepEqual(pass(), ["s 16/100/200"]);
    map.fire("error", { sourceId: "s", tile: { tileID: { canonical: { z: 16, x: 100, y: 200 } } } });
    mock.timers.tick(600_000);
    assert.deepEqual(pass(), []);
  });
});
