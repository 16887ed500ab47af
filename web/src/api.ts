import { Refused, Unreachable } from "./errors";

/** A value of a feature's field as the server writes it in JSON. */
export type Value = string | number | boolean | null;

/** A field of a layer, of the kinds that the server knows. */
export interface Field {
  name: string;
  type: "string" | "int" | "float" | "bool" | "time";
  /** Set for fields that say what a feature is, such as its category: no tile leaves them out. */
  keep?: boolean;
}

/** A layer as /layers lists it. */
export interface Layer {
  name: string;
  title: string;
  /** Features with and without a place. */
  count: number;
  /** Features with a place. */
  located: number;
  /** The property that repeats a feature's id, if there is one. */
  id_field?: string;
  fields: Field[];
}

/** West, south, east, north in degrees. */
export type Bounds = [number, number, number, number];

/** The members of a TileJSON that the page reads itself. */
export interface TileJSON {
  bounds?: number[];
}

/** A feature as GeoJSON, its public fields only. */
export interface Feature {
  id?: string | number;
  properties: Record<string, Value> | null;
}

/** Asks the server for the JSON at url, which is relative to the page. */
export async function getJSON<T>(url: string, signal?: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(new URL(url, document.baseURI), { signal: signal ?? null });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Unreachable();
  }
  if (!response.ok) throw new Refused(response.status);
  return (await response.json()) as T;
}

/** All public layers, in the order of the config. */
export async function getLayers(): Promise<Layer[]> {
  return (await getJSON<{ layers: Layer[] }>("layers")).layers;
}

/** The feature of layer whose MVT id is number, or null when there is none. */
export async function getFeature(layer: string, number: number, signal: AbortSignal): Promise<Feature | null> {
  try {
    return await getJSON<Feature>(`layers/${encodeURIComponent(layer)}/features?number=${number}`, signal);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}
