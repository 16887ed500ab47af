/** The time zone in which times are written; undefined is the reader's own. */
let zone: string | undefined;

export function timeZone(): string | undefined {
  return zone;
}

/** Writes times in a zone from now on, an IANA name; what the browser does not know is the reader's own. */
export function setTimeZone(name: unknown): void {
  zone = typeof name === "string" && isKnown(name) ? name : undefined;
}

/** By how much clocks in the zone are ahead of UTC at a time, in milliseconds. */
export function offsetAt(at: number): number {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(at);
  const n = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const clock = Date.UTC(n("year"), n("month") - 1, n("day"), n("hour"), n("minute"), n("second"));
  return clock - Math.floor(at / 1000) * 1000;
}

function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
