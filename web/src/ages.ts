import type { Layer } from "./api";
import type { Age } from "./state";

const HOUR_MS = 3_600_000;

/** How long each age is. */
export const AGE_MS: Record<Age, number> = {
  "1h": HOUR_MS,
  "1d": 24 * HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
  "30d": 30 * 24 * HOUR_MS,
  "365d": 365 * 24 * HOUR_MS,
};

/** When the newest feature of layer was observed; null when the layer has no times. */
export function newest(layer: Layer): Date | null {
  return edge(layer, "max");
}

/** When the oldest feature of layer was observed; null when the layer has no times. */
export function oldest(layer: Layer): Date | null {
  return edge(layer, "min");
}

function edge(layer: Layer, which: "min" | "max"): Date | null {
  const field = layer.fields.find((f) => f.name === layer.time_field && f.type === "time");
  const at = field?.[which];
  if (at === undefined) return null;
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date;
}

/**
 * The oldest time that age lets through. It counts back from the layer's newest observation and not
 * from now, so that a city's data of 2016 has a last week too. null when the layer has no times.
 */
export function since(layer: Layer, age: Age): Date | null {
  const end = newest(layer);
  return end && new Date(end.getTime() - AGE_MS[age]);
}
