import type { Map as MapLibre, StyleSpecification, VectorSourceSpecification } from "maplibre-gl";
import { getJSON, type Bounds, type Brief, type Layer } from "./api";
import { boundsOf, seenFrom } from "./bounds";
import { isNews } from "./brief";
import { byId } from "./dom";
import { dress, dressed, type Wardrobe } from "./dress";
import { drawnLayers, metadataOf, withoutCells, type Drawn } from "./drawn";
import { offerFonts } from "./fonts";
import type { Known } from "./filters";
import { offOf } from "./off";
import type { News, Page } from "./page";
import { Retimer } from "./retimer";
import type { Span } from "./span";
import { Sprite } from "./sprite";
import type { State, View } from "./state";
import { choiceOf, newestPeriod, tableTiles } from "./tables";
import { themeOf } from "./theme";
import { isTimed, timedTiles } from "./timed";
import { current } from "./words/language";
import { setTimeZone } from "./zone";

/** How many values of a field without a legend filters can name. */
const MAX_VALUES = 40;

/** How long a text waits before it stands where screen readers look, so that the same one is heard twice. */
const ANNOUNCE_MS = 80;

/** The whole world, for a page that knows no better. */
const WORLD: Bounds = [-180, -85, 180, 85];

/** The address of the style for the page's theme and language, relative to the page. */
export function styleURL(view: View): string {
  return `styles/${themeOf(view.theme)}${current() === "zh" ? "-zh" : ""}.json`;
}

export function getStyle(view: View, signal?: AbortSignal): Promise<StyleSpecification> {
  return getJSON<StyleSpecification>(styleURL(view), signal);
}

/** Holds the catalogue, the style and the map together: what the state says, the map shows. */
export class Viewer implements Page, Wardrobe {
  readonly state: State;
  #style: StyleSpecification;
  #layers: readonly Layer[];
  #drawn: readonly Drawn[] = [];
  /** The same while a time is chosen. */
  #timedDrawn: readonly Drawn[] = [];
  #sprite: Sprite | null;
  #map: MapLibre | null = null;
  #asked: AbortController | undefined;
  #saying: ReturnType<typeof setTimeout> | undefined;
  readonly #retimer = new Retimer(() => this.#map, () => this.#askedTiles());
  readonly #changing = new Set<string>();
  readonly #described = new Map<string, Layer>();
  readonly #listeners = new Set<(news: News, names: readonly string[]) => void>();

  constructor(state: State, style: StyleSpecification, layers: readonly Layer[]) {
    this.state = state;
    this.#style = style;
    this.#layers = layers;
    for (const layer of layers) this.#described.set(layer.name, layer);
    this.#read();
    this.#sprite = spriteOf(style);
    offerFonts(style);
    setTimeZone(metadataOf(style, "hutong:zone"));
    state.subscribe((now, before) => this.#follow(now, before));
  }

  get map(): MapLibre | null {
    return this.#map;
  }

  get style(): StyleSpecification {
    return this.#style;
  }

  /** The images of the style; null when it has none. */
  get sprite(): Sprite | null {
    return this.#sprite;
  }

  layers(): readonly Layer[] {
    return this.#layers;
  }

  layer(name: string): Layer | undefined {
    return this.#layers.find((l) => l.name === name);
  }

  drawn(): readonly Drawn[] {
    return this.#timedDrawn;
  }

  off(): readonly string[] {
    return offOf(this.state.get(), this.#drawn);
  }

  timeOf(layer: string): Span | null {
    return this.isTimed(layer) ? this.state.get().time : null;
  }

  isTimed(name: string): boolean {
    const layer = this.layer(name);
    return layer !== undefined && isTimed(layer, this.#drawn.find((d) => d.name === name));
  }

  /** Whether tiles of the time that was chosen last are still on their way. */
  get retiming(): boolean {
    return this.#retimer.busy;
  }

  values(layer: string, field: string): readonly string[] {
    const drawn = this.#drawn.find((d) => d.name === layer);
    if (drawn?.field === field) return drawn.legend.flatMap((e) => (e.value === undefined ? [] : [e.value]));
    const common = this.layer(layer)?.fields.find((f) => f.name === field)?.common ?? [];
    return common.slice(0, MAX_VALUES).map((c) => String(c.value));
  }

  known(layer: string): Known {
    return (field) => this.values(layer, field);
  }

  bounds(): Bounds {
    if (this.#map) return this.#map.getBounds().toArray().flat() as Bounds;
    const { camera } = this.state.get();
    const host = byId("map");
    if (camera) return seenFrom(camera, host.clientWidth, host.clientHeight);
    const stated = metadataOf(this.#style, "hutong:bounds");
    return (Array.isArray(stated) && boundsOf(stated)) || WORLD;
  }

  announce(text: string): void {
    const node = byId("announce");
    node.textContent = "";
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => (node.textContent = text), ANNOUNCE_MS);
  }

  subscribe(listener: (news: News, names: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The style as the state wants it, for a map to start with. */
  dressed(): StyleSpecification {
    const style = dressed(this, this.state.get());
    const sources = { ...style.sources };
    for (const [id, tiles] of this.#askedTiles()) sources[id] = { ...sources[id], tiles } as VectorSourceSpecification;
    return { ...style, sources };
  }

  /** Takes a map that was made with dressed. */
  show(map: MapLibre): void {
    this.#map = map;
    const note = () => {
      const { lng, lat } = map.getCenter();
      this.state.update({ camera: { zoom: map.getZoom(), lat, lng } });
    };
    map.on("moveend", note);
    map.on("style.load", () => dress(map, this, this.state.get()));
    note();
  }

  /**
   * Asks for the style that fits the page's theme and language now, and shows it. Afresh it loads sources
   * and sprite again that did not change: those that could not be loaded.
   */
  async restyle(afresh = false): Promise<void> {
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    let style: StyleSpecification;
    try {
      style = await getStyle(this.state.get(), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    this.#style = style;
    this.#sprite = spriteOf(style);
    offerFonts(style);
    setTimeZone(metadataOf(style, "hutong:zone"));
    this.#read();
    this.#map?.setStyle(this.dressed(), { diff: !afresh });
    this.#tell("drawn", []);
  }

  /** Takes what the server says of all layers now and returns the names of those that changed. */
  learn(briefs: readonly Brief[]): string[] {
    const changed: string[] = [];
    this.#layers = this.#layers.map((layer) => {
      const brief = briefs.find((b) => b.name === layer.name);
      if (!brief || !isNews(brief, layer)) return layer;
      changed.push(layer.name);
      this.#changing.add(layer.name);
      const { count, located, seq, changed: at, turned, period } = brief;
      return {
        ...layer, count, located, ...(seq !== undefined && { seq }), ...(at !== undefined && { changed: at }), ...(turned !== undefined && { turned }),
        ...(period !== undefined && { period }),
      };
    });
    if (changed.length > 0) this.#tell("layers", changed);
    return changed;
  }

  /** Whether a layer has changed since the page was opened. */
  seenChanging(name: string): boolean {
    return this.#changing.has(name);
  }

  /** Whether a layer has changed since its values were counted last. */
  isBehind(name: string): boolean {
    const [now, described] = [this.layer(name), this.#described.get(name)];
    if (!now || !described) return now !== described;
    return now.seq !== described.seq || newestPeriod(now) !== newestPeriod(described);
  }

  /** A layer as it was when its values were counted last; layer() has its newest count. */
  described(name: string): Layer | undefined {
    return this.#described.get(name);
  }

  /** Takes a newer description of one layer. */
  replace(layer: Layer): void {
    this.#described.set(layer.name, layer);
    const before = this.layer(layer.name);
    this.#layers = this.#layers.map((l) => (l.name === layer.name ? layer : l));
    // The newest observation moves what an age lets through.
    if (before && this.state.get().ages.has(layer.name)) this.#dress();
    // A period that was chosen may be too old by now.
    if (layer.tables) this.#retimer.ask();
    this.#tell("layers", [layer.name]);
  }

  #follow(now: View, before: View): void {
    if (now.off !== before.off || now.filters !== before.filters || now.ages !== before.ages) this.#dress();
    if (now.time !== before.time || now.tables !== before.tables) this.#retimer.ask();
    if ((now.time === null) !== (before.time === null) && this.#takeTime()) {
      this.#dress();
      this.#tell("drawn", []);
    }
    const { camera } = now;
    if (!this.#map || !camera || camera === before.camera) return;
    const { lng, lat } = this.#map.getCenter();
    const here = Math.abs(lng - camera.lng) + Math.abs(lat - camera.lat) + Math.abs(this.#map.getZoom() - camera.zoom);
    if (here > 1e-9) this.#map.jumpTo({ center: [camera.lng, camera.lat], zoom: camera.zoom });
  }

  /** By source the templates that ask for the time and the tables that are chosen. */
  #askedTiles(): Map<string, string[]> {
    const view = this.state.get();
    const timed = timedTiles(this.#style, view.time, (name) => this.isTimed(name));
    return new Map([...timed, ...tableTiles(this.#style, (name) => choiceOf(view, this.layer(name)))]);
  }

  #dress(): void {
    // A style that is still loading has no layers to dress; style.load comes then.
    if (this.#map) dress(this.#map, this, this.state.get());
  }

  #read(): void {
    this.#drawn = drawnLayers(this.#style, this.#layers.map((l) => l.name));
    this.#takeTime();
  }

  /** Has layers of which a chosen time selects drawn as features at all zooms. It returns whether that changed any. */
  #takeTime(): boolean {
    const timed = this.state.get().time !== null;
    const changes = this.#drawn.filter((d) => d.cells?.below !== undefined && this.isTimed(d.name));
    this.#timedDrawn = timed ? this.#drawn.map((d) => (changes.includes(d) ? withoutCells(d) : d)) : this.#drawn;
    return changes.length > 0;
  }

  #tell(news: News, names: readonly string[]): void {
    for (const listener of [...this.#listeners]) listener(news, names);
  }
}

function spriteOf({ sprite }: StyleSpecification): Sprite | null {
  return typeof sprite === "string" ? new Sprite(sprite) : null;
}
