import type { StyleSpecification } from "maplibre-gl";
import type { Layer, Tables } from "./api";
import { layersOf } from "./live/follower";
import type { View } from "./state";
import { withQuery } from "./timed";
import { titleOf } from "./titles";
import { dateTag } from "./words/language";
import { tables as words } from "./words/tables";

// Views of counts are closed tables: one of their periods, one of their sets, and the resolution that belongs to the zoom.

/** A table that somebody chose; null is the newest period, and all features. */
export interface Choice {
  readonly period: string | null;
  readonly set: string | null;
}

/** The set of all features. */
export const ALL = "all";

const NEWEST: Choice = { period: null, set: null };
const DAY_MS = 86_400_000;

/** What kind of period one is. */
export type PeriodKind = "day" | "week" | "all";

export function kindOfPeriod(period: string): PeriodKind {
  if (period === "all") return "all";
  return period.includes("W") ? "week" : "day";
}

/** What a view chose of a layer's tables, as far as the layer has that; null of a layer without tables. */
export function choiceOf(view: Pick<View, "tables">, layer: Pick<Layer, "name" | "tables"> | undefined): Choice | null {
  if (!layer?.tables) return null;
  const { period, set } = view.tables.get(layer.name) ?? NEWEST;
  return {
    period: period !== null && layer.tables.periods.includes(period) ? period : null,
    set: set !== null && set !== ALL && layer.tables.sets.some(({ name }) => name === set) ? set : null,
  };
}

/** The table that is shown of a layer, its period null while there is none; null of a layer without tables. */
export function shownTable(view: Pick<View, "tables">, layer: Layer | undefined): { period: string | null; set: string } | null {
  const choice = choiceOf(view, layer);
  return choice && { period: choice.period ?? layer?.tables?.periods[0] ?? null, set: choice.set ?? ALL };
}

/** tables with what was chosen of one layer. */
export function withTable(tables: View["tables"], layer: string, choice: Choice): View["tables"] {
  const out = new Map(tables);
  if (choice.period === null && choice.set === null) out.delete(layer);
  else out.set(layer, choice);
  return out;
}

/** A template of tiles that asks for a table. */
export function tableTemplate(template: string, { period, set }: Choice): string {
  return withQuery(template, { period, set });
}

/** By source of style the templates that ask for the chosen table, for each source that holds one layer and that with tables. */
export function tableTiles(style: StyleSpecification, choice: (layer: string) => Choice | null): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const [id, source] of Object.entries(style.sources)) {
    if (source.type !== "vector" || !source.tiles) continue;
    const [name, ...others] = layersOf(source.tiles[0] ?? "") ?? [];
    const chosen = name !== undefined && others.length === 0 ? choice(name) : null;
    if (chosen) out.set(id, source.tiles.map((t) => tableTemplate(t, chosen)));
  }
  return out;
}

/**
 * The period before or after one, of the same kind; null where there is none. by is −1 for the earlier one, 1 for the later one.
 */
export function periodBeside(periods: readonly string[], period: string, by: -1 | 1): string | null {
  const same = periods.filter((p) => kindOfPeriod(p) === kindOfPeriod(period));
  const at = same.indexOf(period);
  return at < 0 ? null : (same[at - by] ?? null); // the newest is the first
}

/** The resolution of the cells that tiles show at zoom; undefined where there are none. */
export function resolutionAt({ resolutions, from_zooms }: Tables, zoom: number): number | undefined {
  return resolutions.findLast((_, i) => (from_zooms[i] ?? 0) <= Math.floor(zoom)) ?? resolutions[0];
}

/** The days of a period for people: 3 Aug 2026, 3 – 9 Aug 2026, all time. */
export function daysText(period: string): string {
  const kind = kindOfPeriod(period);
  if (kind === "all") return words().allTime;
  const days = new Intl.DateTimeFormat(dateTag(), { dateStyle: "medium", timeZone: "UTC" });
  if (kind === "day") return days.format(Date.parse(period));
  const [year = 0, week = 0] = period.split("-W").map(Number);
  const monday = mondayOf(year, week);
  return days.formatRange(monday, monday + 6 * DAY_MS);
}

/** A period for people: 3 Aug 2026, 3 – 9 Aug 2026 (week 32), all time. */
export function periodText(period: string): string {
  return kindOfPeriod(period) === "week" ? words().week(Number(period.split("-W")[1]), daysText(period)) : daysText(period);
}

/** The first day of a week after ISO 8601, in epoch milliseconds: 4 January is in the first one. */
function mondayOf(year: number, week: number): number {
  const fourth = Date.UTC(year, 0, 4);
  const weekday = (new Date(fourth).getUTCDay() + 6) % 7;
  return fourth + ((week - 1) * 7 - weekday) * DAY_MS;
}

/** A set for people. */
export function setText(tables: Tables, name: string): string {
  return titleOf(tables.sets.find((set) => set.name === name) ?? {}) || name;
}

/** A table for people: its period, and its set where there are several; "" while there is none. */
export function tableText(layer: Layer, table: { period: string | null; set: string } | null): string {
  if (!layer.tables || !table || table.period === null) return "";
  return [periodText(table.period), ...(layer.tables.sets.length > 1 ? [setText(layer.tables, table.set)] : [])].join(" · ");
}

/** The newest period of a layer that is known; "" of one without. */
export function newestPeriod(layer: Pick<Layer, "period" | "tables">): string {
  return layer.period ?? layer.tables?.periods[0] ?? "";
}
