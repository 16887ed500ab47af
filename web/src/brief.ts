import type { Brief, Layer } from "./api";
import { newestPeriod } from "./tables";

/**
 * Whether the server says of a layer what was not known yet. The number of a state may come a moment before its tiles do; the
 * time of the change comes behind both, so it is news even where the number is known.
 */
export function isNews(brief: Brief, layer: Layer): boolean {
  // A period without a published cell is new all the same.
  return brief.seq !== layer.seq || brief.changed !== layer.changed || brief.turned !== layer.turned || (brief.period ?? "") !== newestPeriod(layer);
}
