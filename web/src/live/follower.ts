import { Dirty } from "./dirty";
import type { Change } from "./events";
import type { TileID } from "./stale";

/** The parts of MapLibre's map that following it takes (maplibre-gl 6.17). */
export interface LiveMap {
  on(type: string, listener: (event: MapEvent) => void): unknown;
  off(type: string, listener: (event: MapEvent) => void): unknown;
  once(type: string, listener: (event: MapEvent) => void): unknown;
  getStyle(): { sources: Record<string, { type: string; url?: unknown }> } | undefined;
  getSource(id: string): unknown;
  coveringTiles(options: { tileSize: number; minzoom?: number; maxzoom?: number; reparseOverscaled?: boolean }): { canonical: TileID }[];
  refreshTiles(source: string, tiles?: TileID[]): void;
  areTilesLoaded(): boolean;
  isMoving(): boolean;
  getMaxZoom(): number;
  triggerRepaint(): void;
}

/** What map events say of tiles; MapLibre's types leave a part of it out. */
export interface MapEvent {
  sourceId?: string;
  sourceDataType?: string;
  tile?: { tileID: { canonical: TileID } };
}

/** A vector source of the server's. */
interface Source {
  layers: readonly string[];
  minzoom: number;
  maxzoom: number;
}

/** The least time between two rounds of refreshing, and how far a round is put off by chance. */
const REST_MS = 500;
const JITTER_MS = 100;

/** How many tiles are remembered; a window shows some dozens. */
const MOST_TILES = 4000;

/**
 * Has a map load again what is stale of the tiles it shows, and remembers what is stale of those it does
 * not show: MapLibre keeps tiles that have left the window, and refreshTiles passes over them. So each
 * round looks at the tiles that are in the window then, and a movement of the map brings another round.
 */
export class Follower {
  readonly #map: LiveMap;
  readonly #base: string;
  readonly #only: ReadonlySet<string> | null;
  readonly #chance: () => number;
  readonly #found: () => void;
  readonly #sources = new Map<string, Source>();
  readonly #dirty = new Map<string, Dirty>();
  /** The count up to which tiles are as the server has them. */
  readonly #clean = new Map<string, number>();
  /** The count at which the request of a tile that is not there yet began. */
  readonly #loading = new Map<string, number>();
  #count = 0;
  #due: ReturnType<typeof setTimeout> | undefined;
  #rested = 0;
  #rendering = false;
  #warned = false;

  /** only, unless it is null, are the layers to follow. found is called when there are other sources. */
  constructor(map: LiveMap, base: string, only: readonly string[] | null, found: () => void, chance: () => number = Math.random) {
    this.#map = map;
    this.#base = base;
    this.#only = only && new Set(only);
    this.#found = found;
    this.#chance = chance;
    for (const [type, listener] of Object.entries(this.#listeners)) map.on(type, listener);
    this.#look();
  }

  /** The layers that the map's sources hold. */
  layers(): string[] {
    return [...new Set([...this.#sources.values()].flatMap((source) => source.layers))].sort();
  }

  /** Takes what changed. */
  change(change: Change): void {
    this.#count++;
    for (const [name, part] of Object.entries(change.layers)) {
      let dirty = this.#dirty.get(name);
      if (!dirty) this.#dirty.set(name, (dirty = new Dirty()));
      dirty.add(part, this.#count);
    }
    this.#soon();
  }

  /** Has every tile of these layers, of all without a list, loaded again, in the window and outside of it. */
  all(layers?: readonly string[]): void {
    if (!this.#map.areTilesLoaded()) {
      // MapLibre loses track of tiles that are reloaded while they load, and never comes to rest.
      this.#map.once("idle", () => this.all(layers));
      return;
    }
    for (const [id, source] of this.#sources) {
      if (layers && !source.layers.some((name) => layers.includes(name))) continue;
      if (this.#map.getSource(id)) this.#map.refreshTiles(id);
    }
    if (layers) return;
    this.#dirty.clear();
    this.#clean.clear();
    this.#loading.clear();
  }

  end(): void {
    clearTimeout(this.#due);
    for (const [type, listener] of Object.entries(this.#listeners)) this.#map.off(type, listener);
  }

  readonly #listeners: Record<string, (event: MapEvent) => void> = {
    styledata: () => this.#look(),
    sourcedata: (event) => {
      if (event.sourceDataType === "metadata") this.#look();
      this.#arrived(event);
    },
    sourcedataloading: (event) => {
      const key = this.#keyOf(event);
      if (key !== null) this.#loading.set(key, this.#count);
    },
    sourcedataabort: (event) => this.#forget(event),
    error: (event) => this.#forget(event),
    moveend: () => this.#moved(),
  };

  /** A tile that came is as old as its request: it may be stale already. */
  #arrived(event: MapEvent): void {
    const key = this.#keyOf(event);
    const began = key === null ? undefined : this.#loading.get(key);
    if (key === null || began === undefined) return;
    this.#loading.delete(key);
    this.#note(key, began);
    if (began < this.#count) this.#soon();
  }

  #forget(event: MapEvent): void {
    const key = this.#keyOf(event);
    if (key === null) return;
    this.#loading.delete(key);
    this.#clean.delete(key);
  }

  #keyOf({ sourceId, tile }: MapEvent): string | null {
    if (sourceId === undefined || !tile || !this.#sources.has(sourceId)) return null;
    return keyOf(sourceId, tile.tileID.canonical);
  }

  #note(key: string, count: number): void {
    this.#clean.delete(key);
    this.#clean.set(key, count);
    const oldest = this.#clean.keys().next().value;
    if (this.#clean.size > MOST_TILES && oldest !== undefined) this.#clean.delete(oldest);
  }

  /** The window's tiles are known once the map was drawn where it is now. */
  #moved(): void {
    if (this.#count === 0 || this.#rendering) return;
    this.#rendering = true;
    this.#map.once("render", () => {
      this.#rendering = false;
      this.#soon();
    });
    this.#map.triggerRepaint();
  }

  #soon(): void {
    if (this.#due !== undefined) return;
    const wait = Math.max(0, this.#rested - Date.now()) + this.#chance() * JITTER_MS;
    this.#due = setTimeout(() => {
      this.#due = undefined;
      this.#rested = Date.now() + REST_MS;
      this.#round();
    }, wait);
  }

  #round(): void {
    // While it moves, the tiles of the window are not those that are loaded.
    const still = !this.#map.isMoving();
    for (const [id, source] of this.#sources) {
      const dirty = source.layers.flatMap((name) => this.#dirty.get(name) ?? []);
      if (dirty.length === 0 || !this.#map.getSource(id)) continue;
      const stale: TileID[] = [];
      for (const { z, x, y } of this.#window(source)) {
        const key = keyOf(id, { z, x, y });
        if (this.#loading.has(key)) continue; // it is asked about when it has come
        const last = Math.max(...dirty.map((d) => d.last({ z, x, y })));
        if (last <= (this.#clean.get(key) ?? 0)) continue;
        stale.push({ z, x, y });
        if (still) this.#note(key, this.#count);
      }
      if (stale.length > 0) this.#map.refreshTiles(id, stale);
    }
  }

  /** The tiles of a source that the window needs. */
  #window({ minzoom, maxzoom }: Source): TileID[] {
    const over = (this.#map as { _zoomLevelsToOverscale?: number })._zoomLevelsToOverscale;
    if (over !== undefined) {
      const split = this.#map.getMaxZoom() - over;
      if (split > maxzoom && !this.#warned) {
        this.#warned = true;
        console.warn(`hutong: above zoom ${maxzoom} this map never reloads tiles: make it with zoomLevelsToOverscale: undefined`);
      }
      maxzoom = Math.max(maxzoom, split);
    }
    const options = { tileSize: 512, minzoom, maxzoom, reparseOverscaled: true };
    return this.#map.coveringTiles(options).map(({ canonical }) => canonical);
  }

  /** Finds the server's sources in the style. */
  #look(): void {
    let found = false;
    const there = new Set<string>();
    for (const [id, { type, url }] of Object.entries(this.#map.getStyle()?.sources ?? {})) {
      const source = this.#map.getSource(id) as { tiles?: string[]; minzoom?: number; maxzoom?: number } | undefined;
      const tiles = source?.tiles?.[0];
      if (type !== "vector" || !source || typeof tiles !== "string") continue;
      const list = layersOf(tiles);
      const ours = tiles.startsWith(this.#base) || (typeof url === "string" && url.startsWith(this.#base));
      const layers = ours && list ? list.filter((name) => !this.#only || this.#only.has(name)) : [];
      if (layers.length === 0) continue;
      there.add(id);
      found ||= this.#sources.get(id)?.layers.join() !== layers.join();
      this.#sources.set(id, { layers, minzoom: source.minzoom ?? 0, maxzoom: source.maxzoom ?? 22 });
    }
    for (const id of this.#sources.keys()) if (!there.has(id)) found = this.#sources.delete(id) || found;
    if (found) this.#found();
  }
}

function keyOf(source: string, { z, x, y }: TileID): string {
  return `${source}/${z}/${x}/${y}`;
}

/** The layers in a template of tiles, such as https://maps.example/tiles/a,b/{z}/{x}/{y}.mvt. */
export function layersOf(template: string): string[] | null {
  const list = /\/tiles\/([a-z0-9_,%A-F-]+)\/\{z\}\/\{x\}\/\{y\}\.(?:mvt|pbf)/.exec(template)?.[1];
  return list === undefined ? null : decodeURIComponent(list).split(",");
}
