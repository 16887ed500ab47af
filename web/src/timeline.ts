import { newest, oldest } from "./ages";
import type { Layer } from "./api";
import { spanOf, type Span } from "./span";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** By how much a handle moves, in milliseconds: the first of which a range has few enough. */
const STEPS = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 91 * DAY, 365 * DAY];
const MOST_STEPS = 100;

/** How many times as far a handle moves with Shift. */
export const FAR = 10;

/** In how many windows of the usual width a range falls. */
const WINDOWS = 12;

/** A part of time with both ends, in epoch milliseconds. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** When the features of layers were observed, all together; null when none has a time. */
export function rangeOf(layers: readonly Layer[]): Range | null {
  const [froms, tos] = [layers.map(oldest), layers.map(newest)].map((dates) => dates.flatMap((d) => (d ? [d.getTime()] : [])));
  if (!froms?.length || !tos?.length) return null;
  const [from, to] = [Math.min(...froms), Math.max(...tos)];
  // One instant is a range too; a handle needs room to move.
  return { from, to: Math.max(to, from + MINUTE) };
}

/** By how much a handle moves within range, in milliseconds. */
export function stepOf({ from, to }: Range): number {
  return STEPS.find((step) => (to - from) / step <= MOST_STEPS) ?? Math.ceil((to - from) / MOST_STEPS / DAY) * DAY;
}

/** What span is of range, which its open ends end with. */
export function within(span: Span | null, range: Range): Range {
  const clamp = (at: number) => Math.min(range.to, Math.max(range.from, at));
  const from = clamp(span?.from ?? range.from);
  return { from, to: Math.max(from, clamp(span?.to ?? range.to)) };
}

/** range cut to focus, where that has ends, yet with the ends of span in it. */
export function focused(range: Range, focus: Span | null, span: Span | null): Range {
  const ends = [span?.from, span?.to].flatMap((at) => (typeof at === "number" ? [at] : []));
  const cut = within(focus, range);
  if (cut.to - cut.from < MINUTE) return range;
  return { from: Math.max(range.from, Math.min(cut.from, ...ends)), to: Math.min(range.to, Math.max(cut.to, ...ends)) };
}

/** What of range is chosen as a span: without an end where range itself ends, so that what is new is in it. */
export function chosen({ from, to }: Range, range: Range): Span | null {
  return spanOf(from <= range.from ? null : from, to >= range.to ? null : to);
}

/** The n-th whole step after at, before it where n is negative. offset is what zone clocks are ahead, in milliseconds. */
export function stepped(at: number, n: number, step: number, offset: number): number {
  const steps = (at + offset) / step;
  return ((n > 0 ? Math.floor(steps) : Math.ceil(steps)) + n) * step - offset;
}

/** The whole step that is nearest to at. */
export function snapped(at: number, step: number, offset: number): number {
  return Math.round((at + offset) / step) * step - offset;
}

/** window with one edge at a time, at least a step from the other one and within range. */
export function withEdge(window: Range, range: Range, edge: "from" | "to", at: number, step: number): Range {
  if (edge === "from") return { from: Math.max(range.from, Math.min(at, window.to - step)), to: window.to };
  return { from: window.from, to: Math.min(range.to, Math.max(at, window.from + step)) };
}

/** window as wide as it is, begun at a time, within range. */
export function begunAt({ from, to }: Range, range: Range, at: number): Range {
  const width = to - from;
  const start = Math.max(range.from, Math.min(at, range.to - width));
  return { from: start, to: start + width };
}

/** The window that is shown first where all of range was. */
export function firstWindow(range: Range, step: number, offset: number): Range {
  const width = Math.max(1, Math.round((range.to - range.from) / WINDOWS / step)) * step;
  const to = stepped(range.from, 1, step, offset) - step + width;
  return { from: range.from, to: Math.min(range.to, Math.max(to, range.from + step)) };
}

/** The window after this one, by so much: it begins again after the end of range. width is how wide it is where range does not cut it. */
export function next(window: Range, range: Range, by: number, width: number): Range {
  if (window.to >= range.to) return { from: range.from, to: Math.min(range.to, range.from + width) };
  const to = Math.min(range.to, window.to + by);
  return { from: Math.max(range.from, to - width), to };
}
