import type { Layer } from "./api";
import type { CellKind, Drawn, LegendEntry } from "./drawn";
import { fieldTitle } from "./titles";
import { cells } from "./words/cells";
import { count, shell } from "./words/shell";

/** What an entry of a legend says: numbers from and to, else its title; their unit stands above. */
export function entryText(entry: LegendEntry): string {
  return rangeText(entry) || entry.title || shell().others;
}

/** What stands above a legend of cells. */
export function cellTitle(kind: CellKind): string {
  if (kind === "hotspots") return cells().bins;
  return kind === "clusters" ? cells().clusterLegend : cells().legend;
}

/** What stands above a legend of features: the field that it is by and the unit of its numbers. */
export function legendTitle({ field, legend }: Pick<Drawn, "field" | "legend">, layer: Layer | undefined): string {
  const described = layer?.fields.find((f) => f.name === field);
  const unit = legend.find((entry) => entry.unit)?.unit;
  return (described ? fieldTitle(described) : shell().legend) + (unit ? ` (${unit})` : "");
}

/** Whether a legend is of numbers, which has no values to choose. */
export function isOfNumbers(legend: readonly LegendEntry[]): boolean {
  return legend.some((entry) => entry.from !== undefined || entry.to !== undefined);
}

function rangeText({ from, to }: LegendEntry): string {
  if (from === undefined) return to === undefined ? "" : shell().below(count(to));
  return to === undefined ? shell().above(count(from)) : shell().between(count(from), count(to));
}
