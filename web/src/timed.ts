import type { StyleSpecification } from "maplibre-gl";
import type { Layer } from "./api";
import type { Drawn } from "./drawn";
import { layersOf } from "./live/follower";
import { datetimeOf, type Span } from "./span";

/**
 * Whether a time that somebody chooses selects features of layer: those of data with a field that says when they
 * were observed. Cells that are counted at all zooms hold counts of all times.
 */
export function isTimed(layer: Layer, drawn: Drawn | undefined): boolean {
  const field = layer.fields.find((f) => f.name === layer.time_field);
  return field?.type === "time" && !layer.role && !(drawn?.cells && drawn.cells.below === undefined);
}

/** A template of tiles with these parameters, and without those that are null. Values stand in it as they are. */
export function withQuery(template: string, parameters: Readonly<Record<string, string | null>>): string {
  const [path = "", query = ""] = template.split("?");
  const parts = query.split("&").filter((part) => part !== "" && !((part.split("=")[0] ?? "") in parameters));
  for (const [name, value] of Object.entries(parameters)) if (value !== null) parts.push(`${name}=${value}`);
  return parts.length > 0 ? `${path}?${parts.join("&")}` : path;
}

/** A template of tiles that asks for those of a span only, null for all. */
export function timedTemplate(template: string, span: Span | null): string {
  return withQuery(template, { datetime: span && datetimeOf(span) });
}

/** By source of style the templates that ask for tiles of span, for each source that holds one layer and that one timed. */
export function timedTiles(style: StyleSpecification, span: Span | null, timed: (layer: string) => boolean): Map<string, string[]> {
  const out = new Map<string, string[]>();
  for (const [id, source] of Object.entries(style.sources)) {
    if (source.type !== "vector" || !source.tiles) continue;
    const [name, ...others] = layersOf(source.tiles[0] ?? "") ?? [];
    if (name !== undefined && others.length === 0 && timed(name)) out.set(id, source.tiles.map((t) => timedTemplate(t, span)));
  }
  return out;
}
