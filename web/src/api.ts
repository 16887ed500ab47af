import { Refused, Unreachable } from "./errors";

/** A value of a feature's field as the server writes it in JSON. */
export type Value = string | number | boolean | null;

/** One value of a field and how many features have it. */
export interface Common {
  value: Value;
  count: number;
  title?: string;
  title_zh?: string;
}

/** A field of a layer, of the kinds that the server knows. */
export interface Field {
  name: string;
  type: "string" | "int" | "float" | "bool" | "time";
  /** Set for fields that say what a feature is, such as its category: no tile leaves them out. */
  keep?: boolean;
  /** The lowest zoom at which tiles have it; absent for all of them. */
  from_zoom?: number;
  /** Its name for people. */
  title?: string;
  title_zh?: string;
  /** Stands behind its values, such as "µg/m³". */
  unit?: string;
  /** The least and the greatest value, of numbers and times (RFC 3339). */
  min?: string | number;
  max?: string | number;
  /** How many different values there are, and the most common ones, of texts and bools. */
  distinct?: number;
  common?: Common[];
}

/** Which fields of a layer say what: their names, each absent when there is none. */
export interface Draw {
  category?: string;
  status?: string;
  number?: string;
  label?: string;
  label_zh?: string;
  class?: string;
}

/** Which counts a view of counts offers: one table for each period and set, in cells of some resolutions of H3. */
export interface Tables {
  /** No smaller count is published. */
  least: number;
  by: "day" | "week" | "none";
  /** The first is that of all features. */
  sets: { name: string; title?: string; title_zh?: string }[];
  /** Rising, and the first zoom at which tiles show each. */
  resolutions: number[];
  from_zooms: number[];
  /** The newest first: 2026-08-03, 2026-W32, all. */
  periods: string[];
  /** Why there are none, or no newer ones. */
  reason?: string;
}

/** What changes of a layer while it lives. */
export interface Brief {
  name: string;
  /** Features with and without a place. */
  count: number;
  /** Features with a place. */
  located: number;
  /** The number of the layer's newest change; grows with every one. */
  seq?: number;
  /** When the server applied it (RFC 3339), absent before the first since it started. */
  changed?: string;
  /** When its ages last turned, absent of layers without. */
  turned?: string;
  /** The newest period of a view of counts. */
  period?: string;
}

/** A layer as /layers lists it. */
export interface Layer extends Brief {
  title: string;
  title_zh?: string;
  description?: string;
  licence?: string;
  attribution?: string;
  /** What of the map's ground it is; absent for data. */
  role?: string;
  draw?: Draw;
  /** West, south, east, north in degrees. */
  extent?: Bounds;
  /** The deepest zoom of its tiles. */
  maxzoom?: number;
  /** The property that repeats a feature's id, if there is one. */
  id_field?: string;
  /** The field that says when a feature was observed. */
  time_field?: string;
  fields: Field[];
  /** Set for views of counts only. */
  tables?: Tables;
}

/** West, south, east, north in degrees. */
export type Bounds = [number, number, number, number];

/** The members of a TileJSON that the page reads itself. */
export interface TileJSON {
  bounds?: number[];
}

/** One layer as it is now. */
export async function getLayer(name: string): Promise<Layer> {
  return getJSON<Layer>(`layers/${encodeURIComponent(name)}`);
}

/** What changes of all layers: little enough to be asked for every other second. */
export async function getBriefs(): Promise<Brief[]> {
  return (await getJSON<{ layers: Brief[] }>("layers?detail=brief")).layers;
}

/** A feature as GeoJSON, its public fields only. */
export interface Feature {
  id?: string | number;
  properties: Record<string, Value> | null;
}

/** How long the server may take for an answer. */
export const PATIENCE_MS = 20_000;

/** How far the server's clock is ahead of this machine's, in milliseconds, as its last answer had it. */
let ahead = 0;

/** The time on the server's clock, in epoch milliseconds. */
export function serverNow(): number {
  return Date.now() + ahead;
}

/**
 * Asks the server for the JSON at url, which is relative to the page. It throws Unreachable when no
 * whole answer came in PATIENCE_MS, Refused for an error status, and what signal says when that ended it.
 */
export async function getJSON<T>(url: string, signal?: AbortSignal): Promise<T> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  try {
    const response = await fetch(new URL(url, document.baseURI), { signal: signal ? AbortSignal.any([signal, late]) : late });
    const date = Date.parse(response.headers.get("date") ?? "");
    // The header holds whole seconds, so half of one is the best guess.
    if (!Number.isNaN(date)) ahead = date + 500 - Date.now();
    if (!response.ok) throw new Refused(response.status);
    return (await response.json()) as T;
  } catch (error) {
    const tooLate = error instanceof DOMException && error.name === "TimeoutError";
    if (error instanceof TypeError || tooLate) throw new Unreachable();
    throw error;
  }
}

/** All public layers, in the order of the config. */
export async function getLayers(): Promise<Layer[]> {
  return (await getJSON<{ layers: Layer[] }>("layers")).layers;
}
