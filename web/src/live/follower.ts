import { Dirty } from "./dirty";
import type { Change } from "./events";
import type { TileID } from "./stale";
import { Tiles } from "./tiles";

/** The parts of MapLibre's map that following it takes (maplibre-gl 6.17). */
export interface LiveMap {
  on(type: string, listener: (event: MapEvent) => void): unknown;
  off(type: string, listener: (event: MapEvent) => void): unknown;
  once(type: string, listener: (event: MapEvent) => void): unknown;
  getStyle(): { sources: Record<string, { type: string; url?: unknown }> } | undefined;
  getSource(id: string): unknown;
  getLayersOrder(): string[];
  getLayer(id: string): unknown;
  coveringTiles(options: { tileSize: number; minzoom?: number; maxzoom?: number; reparseOverscaled?: boolean }): { canonical: TileID }[];
  refreshTiles(source: string, tiles?: TileID[]): void;
  isSourceLoaded(id: string): boolean;
  isMoving(): boolean;
  getZoom(): number;
  getMaxZoom(): number;
  triggerRepaint(): void;
}

/** What map events say of tiles; MapLibre's types leave a part of it out. */
export interface MapEvent {
  sourceId?: string;
  sourceDataType?: string;
  sourceDataChanged?: boolean;
  tile?: { tileID: { canonical: TileID } };
  error?: unknown;
}

/** A vector source of the server's. */
interface Source {
  layers: readonly string[];
  token: string;
  minzoom: number;
  maxzoom: number;
  tiles: Tiles;
}

/** The least time between two rounds of refreshing, and how far a round is put off by chance. */
const REST_MS = 200;
const JITTER_MS = 100;

/** How often the map is asked whether tiles have come of which it says nothing. */
const LOOK_MS = 100;

/** The wait before tiles that failed are asked for again, at first and at most; it doubles, and a half of it is by chance. */
const RETRY_MS = 4000;
const MAX_RETRY_MS = 60_000;

/**
 * Has a map load again what is stale of the tiles it shows, and remembers what is stale of those it does
 * not show: MapLibre keeps tiles that have left the window, and refreshTiles passes over them and over those
 * that are being loaded. So each round looks at the tiles that are in the window then, and a movement of the
 * map, a layer that is shown again or a tile that comes brings another round.
 */
export class Follower {
  readonly #map: LiveMap;
  readonly #base: string;
  readonly #only: ReadonlySet<string> | null;
  readonly #chance: () => number;
  readonly #found: () => void;
  readonly #sources = new Map<string, Source>();
  readonly #dirty = new Map<string, Dirty>();
  /** How many changes there were. */
  #count = 0;
  #failures = 0;
  #due: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setTimeout> | undefined;
  #retrying: ReturnType<typeof setTimeout> | undefined;
  #rested = 0;
  #rendering = false;
  #quiet = false;
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

  /** The token in the address of tiles, "" for none: of several the first, since a stream takes one. */
  token(): string {
    for (const { token } of this.#sources.values()) if (token !== "") return token;
    return "";
  }

  /** Whether tiles that fail are left alone, as they fail for good. */
  quiet(on: boolean): void {
    this.#quiet = on;
  }

  /** Takes what changed. */
  change({ layers }: Pick<Change, "layers">): void {
    this.#count++;
    for (const [name, part] of Object.entries(layers)) {
      let dirty = this.#dirty.get(name);
      if (!dirty) this.#dirty.set(name, (dirty = new Dirty()));
      dirty.add(part, this.#count);
    }
    this.#soon();
  }

  /** Has every tile of these layers, of all without a list, loaded again, in the window and outside of it. */
  all(layers = this.layers()): void {
    const everywhere = { zoom: 0, extent: 1, buffer: 0, all: true };
    this.change({ layers: Object.fromEntries(layers.map((name) => [name, everywhere])) });
  }

  /** The page is seen again: what is stale by now is loaded. */
  seen(): void {
    if (this.#count > 0) this.#soon();
  }

  end(): void {
    for (const timer of [this.#due, this.#looking, this.#retrying]) clearTimeout(timer);
    for (const [type, listener] of Object.entries(this.#listeners)) this.#map.off(type, listener);
  }

  readonly #listeners: Record<string, (event: MapEvent) => void> = {
    styledata: () => {
      this.#look();
      this.#moved(); // a layer may be shown that was not
    },
    sourcedata: (event) => {
      if (event.sourceDataType === "metadata") this.#look();
      this.#arrived(event);
      if (event.sourceDataType === "content" && event.sourceDataChanged) this.#reloaded(event.sourceId);
    },
    sourcedataloading: (event) => this.#tile(event, (tiles, key) => tiles.began(key, this.#count)),
    sourcedataabort: (event) => this.#tile(event, (tiles, key) => tiles.gone(key)),
    error: (event) => this.#failed(event),
    moveend: () => this.#moved(),
  };

  #tile({ sourceId, tile }: MapEvent, what: (tiles: Tiles, key: string) => void): void {
    const source = sourceId === undefined ? undefined : this.#sources.get(sourceId);
    if (source && tile) what(source.tiles, keyOf(tile.tileID.canonical));
  }

  /** The source has other templates: MapLibre asks for all tiles of the window, and says so of none. */
  #reloaded(sourceId = ""): void {
    const source = this.#sources.get(sourceId);
    if (!source || !this.#used(sourceId)) return;
    const still = !this.#map.isMoving();
    for (const tile of this.#window(source)) source.tiles.asked(keyOf(tile), this.#count, still, Date.now());
    this.#settle();
  }

  /** A tile that came is as old as its request: it may be stale already. */
  #arrived(event: MapEvent): void {
    this.#tile(event, (tiles, key) => {
      const began = tiles.came(key) ?? this.#count;
      this.#failures = 0;
      if (tiles.waited() || began < this.#count) this.#soon();
    });
  }

  /** MapLibre never asks for a failed tile again by itself. A round does, but not before the wait is over. */
  #failed(event: MapEvent): void {
    // It prints errors that nobody listens for, as nobody would without this listener.
    const listeners = (this.#map as { _listeners?: { error?: unknown[] } })._listeners?.error;
    if (listeners?.length === 1) console.error(event.error);
    this.#tile(event, (tiles, key) => {
      tiles.failed(key);
      if (this.#quiet || this.#retrying !== undefined) return;
      const wait = Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** this.#failures++) * (0.5 + this.#chance() / 2);
      this.#retrying = setTimeout(() => {
        this.#retrying = undefined;
        this.#soon();
      }, wait);
    });
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
    if (globalThis.document?.hidden) return; // nobody looks, and each of many tabs would ask
    // While it moves, the tiles of the window are not those that are loaded.
    const still = !this.#map.isMoving();
    const now = Date.now();
    for (const [id, source] of this.#sources) {
      const { layers, tiles } = source;
      if (!this.#used(id)) continue; // MapLibre keeps its tiles as those outside the window
      const dirty = layers.flatMap((name) => this.#dirty.get(name) ?? []);
      const loaded = this.#map.isSourceLoaded(id);
      const stale = this.#window(source).filter((tile) => {
        const last = Math.max(0, ...dirty.map((d) => d.last(tile)));
        return tiles.due(keyOf(tile), last, loaded, this.#retrying !== undefined, now);
      }).map(({ z, x, y }) => ({ z, x, y }));
      for (const tile of stale) tiles.asked(keyOf(tile), this.#count, still, now);
      if (stale.length > 0) this.#map.refreshTiles(id, stale);
    }
    this.#settle();
  }

  /**
   * Finds out which tiles have come: of those that came back unchanged MapLibre says nothing. Nor does it draw
   * then, without which it never says that it is idle.
   */
  #settle(): void {
    clearTimeout(this.#looking);
    this.#looking = undefined;
    let busy = false;
    for (const [id, { tiles }] of this.#sources) {
      if (!tiles.busy) continue;
      if (tiles.settle(!this.#used(id) || this.#map.isSourceLoaded(id), Date.now())) this.#map.triggerRepaint();
      busy ||= tiles.busy;
      if (!tiles.busy && tiles.waited()) this.#soon();
    }
    if (busy) this.#looking = setTimeout(() => this.#settle(), LOOK_MS);
  }

  /** Whether a layer is drawn of a source. */
  #used(source: string): boolean {
    if (!this.#map.getSource(source)) return false;
    return this.#map.getLayersOrder().some((id) => {
      const layer = this.#map.getLayer(id) as { source?: string; isHidden(zoom: number): boolean } | undefined;
      return layer?.source === source && !layer.isHidden(this.#map.getZoom());
    });
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
      const known = this.#sources.get(id);
      const token = tokenOf(tiles);
      found ||= known?.layers.join() !== layers.join() || known?.token !== token;
      this.#sources.set(id, { layers, token, minzoom: source.minzoom ?? 0, maxzoom: source.maxzoom ?? 22, tiles: known?.tiles ?? new Tiles() });
    }
    for (const id of this.#sources.keys()) if (!there.has(id)) found = this.#sources.delete(id) || found;
    if (found) this.#found();
  }
}

function keyOf({ z, x, y }: TileID): string {
  return `${z}/${x}/${y}`;
}

/** The layers in a template of tiles, such as https://maps.example/tiles/a,b/{z}/{x}/{y}.mvt. */
export function layersOf(template: string): string[] | null {
  const list = /\/tiles\/([a-z0-9_,%A-F-]+)\/\{z\}\/\{x\}\/\{y\}\.(?:mvt|pbf)/.exec(template)?.[1];
  return list === undefined ? null : decodeURIComponent(list).split(",");
}

/** The token in a template of tiles. */
function tokenOf(template: string): string {
  return new URLSearchParams(template.split("?")[1] ?? "").get("token") ?? "";
}
