import type { Span } from "./span";
import type { Choice } from "./tables";
import type { Lang } from "./words/language";

/** Where the map looks: MapLibre's zoom and the middle in degrees. */
export interface Camera {
  zoom: number;
  lat: number;
  lng: number;
}

/** The values of one field that are shown. others stands for every value that nobody listed. */
export interface Wanted {
  values: readonly string[];
  others: boolean;
}

/** By layer and field. A field that is absent lets everything through. */
export type Filters = ReadonlyMap<string, ReadonlyMap<string, Wanted>>;

/** How far back from its newest observation a layer is shown. */
export type Age = "1h" | "1d" | "7d" | "30d" | "365d";
export const AGES: readonly Age[] = ["1h", "1d", "7d", "30d", "365d"];

/** One feature by its id. */
export interface At {
  layer: string;
  id: string;
}

export type Theme = "light" | "dark";

export function isTheme(word: unknown): word is Theme {
  return word === "light" || word === "dark";
}

/** How a table is sorted: by a field, or by names where field is "". null is the server's own order. */
export type Order = { readonly field: string; readonly up: boolean } | null;

/** Everything that a link to the page says. Nobody changes one in place. */
export interface View {
  /** null until the map has one. */
  readonly camera: Camera | null;
  /** null leaves it to what was kept and to the browser. */
  readonly lang: Lang | null;
  /** null leaves it to what was kept and to the system. */
  readonly theme: Theme | null;
  /** The layers that are not shown, by name; null leaves it to the style. */
  readonly off: readonly string[] | null;
  readonly filters: Filters;
  readonly ages: ReadonlyMap<string, Age>;
  /** Which tables of views of counts are shown, by layer; of one that is absent the newest of all. */
  readonly tables: ReadonlyMap<string, Choice>;
  /** The time whose features are shown; null is all of it. */
  readonly time: Span | null;
  /** The feature whose fields are shown. */
  readonly at: At | null;
  /** Whether the table is open. */
  readonly table: boolean;
  /** The layer that the table lists; "" is the first with data that is shown. */
  readonly list: string;
  readonly order: Order;
  /** What is searched for. */
  readonly q: string;
}

/** The view of a link that says nothing. */
export const PLAIN: View = {
  camera: null, lang: null, theme: null, off: null, filters: new Map(), ages: new Map(), tables: new Map(), time: null, at: null, table: false, list: "", order: null, q: "",
};

/** Hears of a change: the view that is, and the one that was. */
export type Listener = (now: View, before: View) => void;

/**
 * Holds the view and tells of its changes. Members that did not change keep their identity, so that a
 * listener may compare: `now.filters !== before.filters`.
 */
export class State {
  #view: View;
  readonly #listeners = new Set<Listener>();

  constructor(view: View = PLAIN) {
    this.#view = view;
  }

  get(): View {
    return this.#view;
  }

  /** Changes the members in patch. Listeners hear of it unless all of them are as they were. */
  update(patch: Partial<View>): void {
    const before = this.#view;
    const now = { ...before, ...patch };
    if ((Object.keys(patch) as (keyof View)[]).every((key) => now[key] === before[key])) return;
    this.#view = now;
    for (const listener of [...this.#listeners]) listener(now, before);
  }

  /** Calls listener after every change, until what it returns is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** filters with what is wanted of one field; null takes that field's filter away. */
export function withFilter(filters: Filters, layer: string, field: string, wanted: Wanted | null): Filters {
  const fields = new Map(filters.get(layer));
  if (wanted) fields.set(field, wanted);
  else fields.delete(field);
  const out = new Map(filters);
  if (fields.size > 0) out.set(layer, fields);
  else out.delete(layer);
  return out;
}

/** ages with that of one layer; null shows features of any age. */
export function withAge(ages: View["ages"], layer: string, age: Age | null): View["ages"] {
  const out = new Map(ages);
  if (age) out.set(layer, age);
  else out.delete(layer);
  return out;
}
