/** A part of time in epoch milliseconds: from is in it, to is not. null is without end; one of them is not. */
export interface Span {
  readonly from: number | null;
  readonly to: number | null;
}

/** An RFC 3339 time with its zone, which Date reads in every browser. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/;

/** The span between two ends; null when it has none, or holds nothing. */
export function spanOf(from: number | null, to: number | null): Span | null {
  if (from === null && to === null) return null;
  return from !== null && to !== null && to <= from ? null : { from, to };
}

/** The span in text, as formatSpan writes it; null when it is none. */
export function parseSpan(text: string): Span | null {
  const ends = text.split("/");
  if (ends.length !== 2) return null;
  const [from, to] = ends.map(parseEnd);
  return from === undefined || to === undefined ? null : spanOf(from, to);
}

/** undefined when it is no end. */
function parseEnd(text: string): number | null | undefined {
  if (text === "..") return null;
  const at = INSTANT.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** span as it stands in the address: 2016-08-01T00:00:00Z/.. */
export function formatSpan({ from, to }: Span): string {
  return `${from === null ? ".." : instant(from)}/${to === null ? ".." : instant(to)}`;
}

function instant(at: number): string {
  return new Date(at).toISOString().replace(".000Z", "Z");
}

/**
 * span as the server takes it for datetime=. There both ends belong to it and times are whole microseconds,
 * so it ends with the last one before to.
 */
export function datetimeOf({ from, to }: Span): string {
  return `${from === null ? ".." : instant(from)}/${to === null ? ".." : new Date(to - 1).toISOString().replace("Z", "999Z")}`;
}

/** Whether span holds a time. */
export function holds({ from, to }: Span, at: number): boolean {
  return (from === null || at >= from) && (to === null || at < to);
}

/** What both hold; null when that is nothing. Where one is null it holds everything. */
export function bothOf(a: Span | null, b: Span | null): Span | null | "nothing" {
  if (!a || !b) return a ?? b;
  const from = a.from === null || b.from === null ? (a.from ?? b.from) : Math.max(a.from, b.from);
  const to = a.to === null || b.to === null ? (a.to ?? b.to) : Math.min(a.to, b.to);
  return spanOf(from, to) ?? "nothing";
}
