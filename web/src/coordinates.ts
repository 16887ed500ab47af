import type { Position } from "./geometry";

/** A number in degrees with its hemisphere before or behind it, as people copy it from elsewhere. */
const PART = String.raw`([NSEW])?\s*([+\-\u2212]?\d{1,3}(?:\.\d{1,15})?)\s*°?\s*([NSEW])?`;

/** Two of them, with a comma, a semicolon (also of Chinese keyboards) or a space between. */
const PAIR = new RegExp(String.raw`^\s*${PART}(?:\s*[,;\uff0c\uff1b]\s*|\s+)${PART}\s*$`, "i");

/**
 * The place that text writes as two numbers in degrees, or null. With letters (39.9 N, 116.4 E) they
 * say which is which. Without, both orders are in use: the one that is on the earth counts, of two the
 * one that lies nearer to near, and without that the latitude comes first, as people say it.
 */
export function parseCoordinates(text: string, near?: Position): Position | null {
  const match = PAIR.exec(text);
  if (!match) return null;
  const [a, b] = [partOf(match.slice(1, 4)), partOf(match.slice(4, 7))];
  if (!a || !b) return null;
  if (a.axis && b.axis && a.axis === b.axis) return null;
  if (a.axis || b.axis) {
    const lonFirst = a.axis === "lon" || b.axis === "lat";
    return onEarth(lonFirst ? a.degrees : b.degrees, lonFirst ? b.degrees : a.degrees);
  }
  const choices = [onEarth(b.degrees, a.degrees), onEarth(a.degrees, b.degrees)].filter((p) => p !== null);
  if (choices.length === 2 && near) choices.sort((p, q) => away(p, near) - away(q, near));
  return choices[0] ?? null;
}

/** A number and the axis that its letter says, from what stands before, in and behind it. */
function partOf([before, digits = "", behind]: readonly (string | undefined)[]): { degrees: number; axis?: "lon" | "lat" } | null {
  if (before && behind) return null;
  const letter = (before ?? behind)?.toUpperCase();
  const number = Number(digits.replace("\u2212", "-"));
  if (!letter) return { degrees: number };
  return { degrees: letter === "S" || letter === "W" ? -number : number, axis: letter === "N" || letter === "S" ? "lat" : "lon" };
}

function onEarth(lon: number, lat: number): Position | null {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 ? [lon, lat] : null;
}

function away(a: Position, b: Position): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
