import type { Field, Value } from "./api";
import { safeLink } from "./links";
import { valueTitle } from "./titles";
import { format } from "./words/format";
import { dateTag, tag } from "./words/language";
import { timeZone } from "./zone";

/** A value as it is written on the page. */
export interface Shown {
  text: string;
  /** What more there is to say when somebody points at it. */
  title?: string;
  /** Where it leads, an address of http or https. */
  href?: string;
}

/** The parts of a second in which people count time, the longest first, in milliseconds. */
const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 365.25 * 86_400_000],
  ["month", 30.44 * 86_400_000],
  ["week", 7 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/**
 * A value of field as people read it in the page's language, or null when there is nothing to show.
 * Times come as RFC 3339 from the server and as epoch milliseconds from tiles; both are shown in zone,
 * by default the city's.
 */
export function value(v: Value | undefined, field: Field | undefined, zone = timeZone()): string | null {
  if (v === null || v === undefined || v === "") return null;
  switch (field?.type) {
    case "time":
      return timeOf(v, zone) ?? String(v);
    case "int":
    case "float":
      return withUnit(numberOf(v) ?? String(v), field);
    default: {
      const title = valueTitle(field, v);
      if (typeof v === "boolean") return title === String(v) ? (v ? format().yes : format().no) : title;
      return typeof v === "number" ? (numberOf(v) ?? title) : withUnit(title, field);
    }
  }
}

/** As value, with what pointing at it tells and where it leads. now is what ages are counted from. */
export function shown(v: Value | undefined, field: Field | undefined, now = Date.now(), zone = timeZone()): Shown | null {
  const text = value(v, field, zone);
  if (text === null) return null;
  if (field?.type === "time") {
    const date = dateOf(v);
    return date ? { text, title: `${precisely(date, zone)} · ${ago(date, now)}` } : { text };
  }
  const href = typeof v === "string" ? safeLink(v) : null;
  return href === null ? { text } : { text, href };
}

/** A time as people say it from now: "3 hours ago", "yesterday", "in 5 minutes". */
export function ago(date: Date, now: number): string {
  const ms = date.getTime() - now;
  const words = new Intl.RelativeTimeFormat(tag(), { numeric: "auto" });
  for (const [unit, length] of STEPS) {
    if (Math.abs(ms) >= length) return words.format(Math.trunc(ms / length), unit);
  }
  return format().now;
}

/** A length on the ground: "350 m", "1.2 km". */
export function distance(metres: number): string {
  const near = metres < 995;
  const unit = near ? "meter" : "kilometer";
  const n = near ? (metres < 100 ? Math.round(metres) : Math.round(metres / 10) * 10) : metres / 1000;
  const digits = near || n >= 10 ? 0 : 1;
  return new Intl.NumberFormat(tag(), { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(n);
}

/** A place as people read it, north or latitude first: "39.9042, 116.4074". */
export function place([lon, lat]: readonly [number, number]): string {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
}

/** The date that a value of a time field stands for, or null when it is none. */
export function dateOf(v: Value | undefined): Date | null {
  if (typeof v !== "string" && typeof v !== "number") return null;
  const date = new Date(v);
  return Number.isNaN(date.getTime()) ? null : date;
}

function timeOf(v: Value, zone: string | undefined): string | null {
  const date = dateOf(v);
  return date && new Intl.DateTimeFormat(dateTag(), {
    dateStyle: "medium", timeStyle: "short", hourCycle: "h23", timeZone: zone,
  }).format(date);
}

/** The whole of a time, with its weekday, seconds and zone. */
function precisely(date: Date, zone: string | undefined): string {
  return new Intl.DateTimeFormat(dateTag(), {
    dateStyle: "full", timeStyle: "long", hourCycle: "h23", timeZone: zone,
  }).format(date);
}

/**
 * A number with separators from 10,000 on, so that a year stays as it is; null when v is none. The
 * server writes integers beyond 2⁵³ as text.
 */
function numberOf(v: Value): string | null {
  if (typeof v === "string") return /^-?[0-9]+$/.test(v) ? numbers().format(BigInt(v)) : null;
  return typeof v === "number" && Number.isFinite(v) ? numbers().format(v) : null;
}

/** Three digits that count at least, and no more behind the point than a micrometre of a degree has. */
function numbers(): Intl.NumberFormat {
  return new Intl.NumberFormat(tag(), {
    useGrouping: "min2", maximumFractionDigits: 6, maximumSignificantDigits: 3, roundingPriority: "morePrecision",
  });
}

function withUnit(text: string, field: Field | undefined): string {
  const unit = field?.unit;
  if (!unit) return text;
  return /^[%‰°′″]/.test(unit) && !/^°[CF]/.test(unit) ? text + unit : `${text}\u00a0${unit}`;
}
