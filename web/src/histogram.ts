import { getJSON, type Bounds } from "./api";
import { drawing } from "./dom";
import { queryBounds } from "./geometry";
import type { Range } from "./timeline";

/** How many layers are counted at most; each is a question of its own. */
const MOST_LAYERS = 8;

/** What the server counts of one layer. */
interface Counted {
  counts: number[];
}

/** How many features there are in each of bins of one length. */
export interface Histogram {
  range: Range;
  counts: number[];
}

/** A layer to count, and what of it as parameters of a question; null is nothing. */
export interface Selected {
  name: string;
  selection: Record<string, string> | null;
}

/** Counts the features of layers by time, all together: those in bounds, without them all. */
export async function getHistogram(
  layers: readonly Selected[], range: Range, bins: number, bounds: Bounds | null, signal: AbortSignal,
): Promise<Histogram> {
  const asked = layers.slice(0, MOST_LAYERS).map(async ({ name, selection }): Promise<Counted> => {
    if (!selection) return { counts: [] };
    return getJSON<Counted>(`layers/${encodeURIComponent(name)}/histogram?${histogramQuery(range, bins, bounds, selection)}`, signal);
  });
  const counts = new Array<number>(bins).fill(0);
  for (const answer of await Promise.all(asked)) answer.counts.forEach((n, i) => (counts[i] = (counts[i] ?? 0) + n));
  return { range, counts };
}

/** The query for the bins of a range, which ends with its last microsecond: the newest feature is in it. */
export function histogramQuery(range: Range, bins: number, bounds: Bounds | null, selection: Record<string, string>): string {
  return new URLSearchParams({
    bins: String(bins), from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString().replace("Z", "999Z"),
    ...(bounds && { bbox: queryBounds(bounds).map((n) => n.toFixed(7)).join(",") }), ...selection,
  }).toString();
}

/** How much of the features may lie before, and how much after, what is crowded. */
const STRAY = 0.05;

/** The part of a histogram's range that holds nearly all features: a few far from all others are left out at either end. */
export function crowded({ counts, range }: Histogram): Range {
  const most = counts.reduce((sum, n) => sum + n, 0) * STRAY;
  const strays = (bins: readonly number[]) => {
    let [sum, i] = [0, 0];
    while (i < bins.length && (sum += bins[i] ?? 0) <= most) i++;
    return i;
  };
  const [early, late] = [strays(counts), strays(counts.toReversed())];
  if (early + late >= counts.length) return range;
  const width = (range.to - range.from) / counts.length;
  return { from: Math.floor(range.from + early * width), to: Math.ceil(range.to - late * width) };
}

/** How many features a histogram is of, and the middle of its fullest bin in epoch milliseconds. */
export function fullest({ counts, range }: Histogram): { n: number; at: number } {
  const most = counts.indexOf(Math.max(...counts));
  return { n: counts.reduce((sum, n) => sum + n, 0), at: range.from + ((most + 0.5) / counts.length) * (range.to - range.from) };
}

/** The bars as a path in a box as wide as there are bins and 1 high; with a window only those that it meets. */
export function barsOf({ counts, range }: Histogram, window?: Range): string {
  const [most, width] = [Math.max(...counts), (range.to - range.from) / counts.length];
  if (most <= 0) return "";
  return counts.map((n, i) => {
    const from = range.from + i * width;
    if (n === 0 || (window && (from + width <= window.from || from >= window.to))) return "";
    // Where there is one it is seen, however many there are elsewhere.
    const height = Math.max(0.03, n / most);
    return `M${i + 0.08} 1V${Number((1 - height).toFixed(4))}H${i + 0.92}V1Z`;
  }).join("");
}

/** The box that shows of a histogram's bars those of a range, each where it belongs: the range may have changed since they were counted. */
export function boxOf(histogram: Histogram | null, { from, to }: Range): string {
  if (!histogram) return "0 0 1 1";
  const width = (histogram.range.to - histogram.range.from) / histogram.counts.length;
  return `${(from - histogram.range.from) / width} 0 ${(to - from) / width} 1`;
}

/** An empty drawing of bars, all of them and those of the window; range is what it shows from edge to edge. */
export function bars(): { node: SVGElement; draw: (histogram: Histogram | null, range: Range, window: Range) => void } {
  const [all, some] = [drawing("path", { class: "bar" }), drawing("path", { class: "bar chosen" })];
  const node = drawing("svg", { class: "bars", role: "img", preserveAspectRatio: "none" }, all, some);
  return {
    node,
    draw: (histogram, range, window) => {
      node.setAttribute("viewBox", boxOf(histogram, range));
      all.setAttribute("d", histogram ? barsOf(histogram) : "");
      some.setAttribute("d", histogram ? barsOf(histogram, window) : "");
    },
  };
}
