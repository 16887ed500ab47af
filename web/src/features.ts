import { getJSON, type Feature } from "./api";
import { Refused } from "./errors";
import type { Geometry } from "./geometry";

/** A feature with its whole place. */
export interface Placed extends Feature {
  geometry: Geometry | null;
}

/** What a query finds. */
export interface Collection<F> {
  features: F[];
  /** false when a bound of the server's cut it. */
  complete?: boolean;
}

/** A feature that a search found. */
export interface Match extends Placed {
  layer: string;
  /** "id", or the name of the field that matched. */
  match?: string;
}

/** The feature of layer with this id, or null when there is none. */
export function getById(layer: string, id: string, signal: AbortSignal): Promise<Placed | null> {
  return orNull(getJSON<Placed>(`layers/${encodeURIComponent(layer)}/features/${encodeURIComponent(id)}`, signal));
}

/** The feature of layer whose MVT id is number, or null when there is none. */
export function getByNumber(layer: string, number: number, signal: AbortSignal): Promise<Placed | null> {
  return orNull(getJSON<Placed>(`layers/${encodeURIComponent(layer)}/features?number=${number}`, signal));
}

/** The features of layer that query, the part of the address behind "?", asks for. */
export function getFeatures(layer: string, query: string, signal: AbortSignal): Promise<Collection<Placed>> {
  return getJSON(`layers/${encodeURIComponent(layer)}/features?${query}`, signal);
}

/** The features of all layers that match q, at most limit of them, those near a place first. */
export function getMatches(
  q: string, near: readonly [number, number], limit: number, signal: AbortSignal,
): Promise<Collection<Match>> {
  const at = near.map((n) => n.toFixed(5)).join(",");
  return getJSON(`search?${new URLSearchParams({ q, near: at, limit: String(limit) })}`, signal);
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}
