import type { LayerSpecification } from "maplibre-gl";

/** What a style layer draws and a feature is, multis included. */
export type Kind = "point" | "line" | "polygon";

/** A layer of the server as a style draws it, in one or several style layers. */
export interface Drawn {
  /** The layer's name, which its source has too. */
  name: string;
  /** Its name as people read it. */
  title: string;
  colour: string;
  /** The ids of its style layers, the undermost first. */
  ids: string[];
  /** What they draw, each once: polygons, lines, points. */
  kinds: Kind[];
}

const ORDER: readonly Kind[] = ["polygon", "line", "point"];

/**
 * The layers that style layers draw, in the order of names; those that names lacks come last, the
 * undermost first. A style's own order does not tell: all fills come before all lines and points.
 */
export function drawnLayers(specs: readonly LayerSpecification[], names: readonly string[]): Drawn[] {
  const bySource = new Map<string, Drawn>();
  for (const spec of specs) {
    const look = lookOf(spec);
    if (!look || !("source" in spec)) continue;
    let drawn = bySource.get(spec.source);
    if (!drawn) {
      drawn = { name: spec.source, title: titleOf(spec), colour: look.colour, ids: [], kinds: [] };
      bySource.set(spec.source, drawn);
    }
    drawn.ids.push(spec.id);
    if (!drawn.kinds.includes(look.kind)) drawn.kinds.push(look.kind);
  }
  const list = [...bySource.values()];
  for (const drawn of list) drawn.kinds.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  const at = ({ name }: Drawn) => (names.includes(name) ? names.indexOf(name) : names.length);
  return list.sort((a, b) => at(a) - at(b));
}

/** What a style layer draws, and in which colour; null for those that draw no features of ours. */
function lookOf(spec: LayerSpecification): { kind: Kind; colour: string } | null {
  switch (spec.type) {
    case "circle":
      return { kind: "point", colour: plain(spec.paint?.["circle-color"]) };
    case "line":
      return { kind: filtersPolygons(spec.filter) ? "polygon" : "line", colour: plain(spec.paint?.["line-color"]) };
    case "fill":
      return { kind: "polygon", colour: plain(spec.paint?.["fill-color"]) };
    default:
      return null;
  }
}

/** Whether a line layer's filter takes polygons: then it draws their outlines. */
function filtersPolygons(filter: unknown): boolean {
  return Array.isArray(filter) && filter.some((part) => part === "Polygon" || filtersPolygons(part));
}

/** A colour as the style says it, or grey for one that an expression works out. */
function plain(colour: unknown): string {
  return typeof colour === "string" ? colour : "#777777";
}

function titleOf(spec: LayerSpecification & { source: string }): string {
  const title = (spec.metadata as Record<string, unknown> | undefined)?.["hutong:title"];
  return typeof title === "string" ? title : spec.source;
}
