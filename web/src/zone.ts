/** The time zone in which times are written; undefined is the reader's own. */
let zone: string | undefined;

export function timeZone(): string | undefined {
  return zone;
}

/** Writes times in a zone from now on, an IANA name; what the browser does not know is the reader's own. */
export function setTimeZone(name: unknown): void {
  zone = typeof name === "string" && isKnown(name) ? name : undefined;
}

function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
