import type { Common, Field, Layer, Value } from "./api";
import { current } from "./words/language";

/** What has a title in both languages, as the catalogue gives it. */
interface Titled {
  title?: string;
  title_zh?: string;
}

/** The title in the page's language, else the English one, else "": Chinese titles are for those who read Chinese. */
export function titleOf({ title, title_zh }: Titled): string {
  return (current() === "zh" && title_zh) || (title ?? "");
}

/** A layer's name for people. */
export function layerTitle(layer: Layer): string {
  return titleOf(layer) || layer.name;
}

/** A field's name for people: its title, else its name, where "opened_at" becomes "opened at". */
export function fieldTitle(field: Field): string {
  return titleOf(field) || plainName(field.name);
}

/** A value for people: the title that the catalogue gives it, else the value itself. */
export function valueTitle(field: Field | undefined, value: Value): string {
  const known = field?.common?.find((c: Common) => c.value === value);
  return (known && titleOf(known)) || String(value);
}

/** "SERVICECODE_DESC" stays, "opened_at" becomes "opened at". */
export function plainName(name: string): string {
  return /^[a-z0-9_]+$/.test(name) ? name.replaceAll("_", " ").trim() : name;
}
