import type { Layer } from "./api";
import { fieldOf, headline, nameOf } from "./feature";
import type { Collection, Match } from "./features";
import { value } from "./format";
import { anchorOf, extentOf, metresBetween, type Position } from "./geometry";
import type { Bounds } from "./api";
import { fieldTitle } from "./titles";

/** A result of a search as it is listed. */
export interface Found {
  layer: string;
  id: string;
  name: string;
  /** What matched, where the name does not show it: "Address: 12 Long Street". */
  why: string;
  /** How far it is from where the page looks, in metres; null without a place. */
  metres: number | null;
  extent: Bounds | null;
  match: Match;
}

/** The results of one layer, under its title. */
export interface Group {
  layer: Layer;
  found: Found[];
}

/**
 * Results as they are listed: by layer, the layers and the results of each in the order in which the
 * server gave them. Those of layers that the page does not know are left out.
 */
export function grouped(
  { features }: Collection<Match>, layerOf: (name: string) => Layer | undefined, from: Position,
): Group[] {
  const groups = new Map<string, Group>();
  for (const match of features) {
    const layer = layerOf(match.layer);
    if (!layer || match.id === undefined) continue;
    const group = groups.get(layer.name) ?? { layer, found: [] };
    groups.set(layer.name, group);
    group.found.push(foundOf(layer, match, String(match.id), from));
  }
  return [...groups.values()];
}

function foundOf(layer: Layer, match: Match, id: string, from: Position): Found {
  const properties = match.properties ?? {};
  const anchor = anchorOf(match.geometry);
  return {
    layer: layer.name, id, match,
    name: headline(layer, properties, id),
    why: whyOf(layer, match, id),
    metres: anchor && metresBetween(anchor, from),
    extent: extentOf(match.geometry),
  };
}

/** The field that matched and its value, unless that is the name; for a match by name its category. */
function whyOf(layer: Layer, { match, properties }: Match, id: string): string {
  const of = properties ?? {};
  const named = nameOf(layer, of);
  if (match === "id") return named ? id : "";
  const field = fieldOf(layer, match);
  if (field && field.name !== named?.field) {
    const text = value(of[field.name], field);
    return text === null ? "" : `${fieldTitle(field)}: ${text}`;
  }
  const category = fieldOf(layer, layer.draw?.category ?? layer.draw?.class);
  if (!category || category.name === named?.field) return "";
  return value(of[category.name], category) ?? "";
}
