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

/** Where handles rest: at whole steps of a length, in milliseconds, where clocks are. */
export interface Grid {
  readonly step: number;
  /** By how much clocks are ahead of UTC at a time, in milliseconds. */
  readonly clocks: (at: number) => number;
}

/** Steps from this length on are as clocks count them: a day is one although clocks are put forward on it. */
const BY_CLOCK = 3 * HOUR;

/** When clocks show a time; where they skip it, when they do. Both are in epoch milliseconds. */
function whenClocks(show: number, clocks: Grid["clocks"]): number {
  const near = show - clocks(show);
  const at = show - clocks(near);
  return at + clocks(at) === show ? at : Math.max(near, at);
}

/** The time that is so many milliseconds after at. */
function after(at: number, ms: number, { step, clocks }: Grid): number {
  return step < BY_CLOCK ? at + ms : whenClocks(at + clocks(at) + ms, clocks);
}

/** How many milliseconds a window is wide. */
export function widthOf({ from, to }: Range, { step, clocks }: Grid): number {
  return to - from + (step < BY_CLOCK ? 0 : clocks(to) - clocks(from));
}

/** The n-th whole step after at, before it where n is negative. */
export function stepped(at: number, n: number, { step, clocks }: Grid): number {
  const steps = (at + clocks(at)) / step;
  const target = whenClocks(((n > 0 ? Math.floor(steps) : Math.ceil(steps)) + n) * step, clocks);
  // Within an hour that clocks show twice a short step may lead back.
  return (target - at) * n > 0 ? target : at + n * step;
}

/** The whole step that is nearest to at. */
export function snapped(at: number, { step, clocks }: Grid): number {
  return whenClocks(Math.round((at + clocks(at)) / step) * step, clocks);
}

/** window with one edge at a time, at least a step from the other one and within range. */
export function withEdge(window: Range, range: Range, edge: "from" | "to", at: number, grid: Grid): Range {
  if (edge === "from") return { from: Math.max(range.from, Math.min(at, after(window.to, -grid.step, grid))), to: window.to };
  return { from: window.from, to: Math.min(range.to, Math.max(at, after(window.from, grid.step, grid))) };
}

/** window as wide as it is, begun at a time, within range. */
export function begunAt(window: Range, range: Range, at: number, grid: Grid): Range {
  const width = widthOf(window, grid);
  const from = Math.max(range.from, at);
  const to = after(from, width, grid);
  return to <= range.to ? { from, to } : { from: Math.max(range.from, after(range.to, -width, grid)), to: range.to };
}

/** The window that is shown first where all of range was. */
export function firstWindow(range: Range, grid: Grid): Range {
  const { step } = grid;
  const width = Math.max(1, Math.round((range.to - range.from) / WINDOWS / step)) * step;
  const to = after(stepped(range.from, 1, grid), width - step, grid);
  return { from: range.from, to: Math.min(range.to, Math.max(to, range.from + step)) };
}

/** The window after this one, by so much: it begins again after the end of range. width is how wide it is where range does not cut it. */
export function next(window: Range, range: Range, by: number, width: number, grid: Grid): Range {
  if (window.to >= range.to) return { from: range.from, to: Math.min(range.to, after(range.from, width, grid)) };
  const to = Math.min(range.to, after(window.to, by, grid));
  return { from: Math.max(range.from, after(to, -width, grid)), to };
}
