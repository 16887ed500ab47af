import type { Map as MapLibre } from "maplibre-gl";
import type { Bounds, Layer } from "./api";
import type { Drawn } from "./drawn";
import type { Span } from "./span";
import type { Sprite } from "./sprite";
import type { State } from "./state";

/** What a part of the page is told of: the catalogue (counts, ages, data), or how layers are drawn. */
export type News = "layers" | "drawn";

/**
 * What the parts of the page share. Parts are functions that fill an element of the page and classes
 * that hold on to the map; none knows another. Whatever a part has to remember stands in state, and
 * whatever it says in a file of words/ (see speaks in words/language.ts).
 */
export interface Page {
  /** null where the browser cannot draw it. Then everything but the map still works. */
  readonly map: MapLibre | null;
  readonly state: State;
  /** The catalogue as it is now, in the order of the config. */
  layers(): readonly Layer[];
  /** One of layers(). */
  layer(name: string): Layer | undefined;
  /** The values of a layer's field that filters can name: those of its legend, else the common ones. */
  values(layer: string, field: string): readonly string[];
  /** How the style of the moment draws the layers, in the order of the config. */
  drawn(): readonly Drawn[];
  /** The layers that are not shown, by name, as the state or else the style says. */
  off(): readonly string[];
  /** The time of which a layer's features are shown; null for all, as of layers without times. */
  timeOf(layer: string): Span | null;
  /** Whether a layer's features are shown by the time that is chosen, see timed.ts. */
  isTimed(layer: string): boolean;
  /** The images of the style of the moment; null when it has none. */
  readonly sprite: Sprite | null;
  /** What the window shows of the world; without a map what it would show. East may be beyond 180. */
  bounds(): Bounds;
  /** Says text to those who do not see the page; the last of several at once is heard. */
  announce(text: string): void;
  /** Calls listener when layers() or drawn() answers anew, until what it returns is called. */
  subscribe(listener: (news: News, names: readonly string[]) => void): () => void;
}
