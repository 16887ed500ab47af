import type { Field, Value } from "./api";
import { text } from "./text";

/** A count as people read it: 22,582. */
export function count(n: number): string {
  return n.toLocaleString("en");
}

/** A field's name as people read it: "SERVICECODE_DESC" stays, "opened_at" becomes "opened at". */
export function label(name: string): string {
  return /^[a-z0-9_]+$/.test(name) ? name.replaceAll("_", " ").trim() : name;
}

/**
 * A value as people read it, or null when there is nothing to show. Times come as RFC 3339 from the
 * catalogue and as epoch milliseconds from tiles; both are shown in the reader's own zone.
 */
export function value(v: Value | undefined, type: Field["type"] | undefined): string | null {
  if (v === null || v === undefined || v === "") return null;
  if (type === "time") return time(v) ?? String(v);
  if (typeof v === "boolean") return v ? text.yes : text.no;
  return String(v);
}

/** What a feature is in a word: its first kept text, or null when it has none. */
export function headline(properties: Record<string, Value>, fields: readonly Field[]): string | null {
  for (const { name, type, keep } of fields) {
    if (keep && type === "string") {
      const shown = value(properties[name], type);
      if (shown !== null) return shown;
    }
  }
  return null;
}

function time(v: Value): string | null {
  if (typeof v === "boolean" || v === null) return null;
  const date = new Date(v);
  if (Number.isNaN(date.getTime())) return null;
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
