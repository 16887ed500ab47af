import type { Span } from "./span";
import { DAY, type Range } from "./timeline";
import { dateTag } from "./words/language";
import { offsetAt, timeZone } from "./zone";

function format(step: number): Intl.DateTimeFormat {
  const zone = timeZone();
  return new Intl.DateTimeFormat(dateTag(), { dateStyle: "medium", ...(step < DAY && { timeStyle: "short", hourCycle: "h23" }), ...(zone && { timeZone: zone }) });
}

/** A time as people read it in the city's zone: with the time of day where steps are shorter than a day. */
export function momentText(at: number, step: number): string {
  return format(step).format(at);
}

/** From when to when, as short as the language says it. The end does not belong to it: a window until midnight ends the day before. */
export function windowText({ from, to }: Range, step: number): string {
  return format(step).formatRange(from, step < DAY ? to : Math.max(from, to - 1));
}

/** A span in full, for those who do not see the band; open ends show as "…". */
export function spanText({ from, to }: Span): string {
  if (from !== null && to !== null) return windowText({ from, to }, [from, to].every((at) => (at + offsetAt(at)) % DAY === 0) ? DAY : 1);
  return from !== null ? `${momentText(from, 1)} – …` : `… – ${momentText(to ?? 0, 1)}`;
}
