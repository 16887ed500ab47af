import type { LayerSpecification, StyleSpecification } from "maplibre-gl";

/** What a style layer draws and a feature is, multis included. */
export type Kind = "point" | "line" | "polygon";

/** One line of a layer's legend: a value, numbers from (included) to (not included), or all others. */
export interface LegendEntry {
  value?: string;
  /** Set where it is of features without a value, or with one that has no line of its own. */
  other?: true;
  from?: number;
  to?: number;
  unit?: string;
  title: string;
  /** "#rrggbb" */
  colour: string;
  /** The name of an image of the sprite. */
  icon?: string;
  /** What tells it from others beside its colour: circle, square, triangle, … */
  shape?: string;
  /** The colour of the strokes on a hot spot. */
  ink?: string;
  /** The dashes and gaps of a line or an edge, in its widths; absent is solid. */
  dash?: number[];
  /** How large a cluster is drawn, in pixels from its middle. */
  radius?: number;
  /** How opaque a cell's fill is drawn, 0 to 1. */
  opacity?: number;
  kind: Kind;
}

/** Hexagons with the count of what is in them, points with the count of what they stand for, or hot spots. */
export type CellKind = "hexes" | "clusters" | "hotspots";

/** What a layer shows in place of features. */
export interface Cells {
  kind: CellKind;
  /** The layer whose features are counted; absent where that is their own. */
  of?: string;
  /** The first zoom with features in place of cells; absent where there are cells at all zooms. */
  below?: number;
  /** The field that the legends are by. */
  field: string;
  /** The ids of the style layers that draw them. */
  ids: string[];
  /** By rising zoom: each holds from its zoom up to the next. */
  legends: { from: number; legend: LegendEntry[] }[];
}

/** A layer of the server as a style draws it, in one or several style layers. */
export interface Drawn {
  /** The layer's name. */
  name: string;
  /** Its source, which the ground's layers share; "" while nothing of it is drawn. */
  source: string;
  /** Its name as people read it, in the style's language. */
  title: string;
  /** What of the map's ground it is; "" for data. */
  role: string;
  /** Whether it is shown before anybody says so. */
  shown: boolean;
  colour: string;
  /** The ids of its style layers, the undermost first. */
  ids: string[];
  /** What they draw, each once: polygons, lines, points. */
  kinds: Kind[];
  /** The field that the legend is by; "" when it is all drawn alike. */
  field: string;
  legend: LegendEntry[];
  /** Absent where there are features at all zooms. */
  cells?: Cells;
  /** The cells that give way to features at all zooms while a time is chosen: they count those of all times. */
  waiting?: Cells;
}

/** A layer as it is drawn while a time is chosen that selects from it. */
export function withoutCells({ cells, ...rest }: Drawn): Drawn {
  return cells?.below === undefined ? { ...rest, ...(cells && { cells }) } : { ...rest, waiting: cells };
}

const CELL_KINDS: readonly CellKind[] = ["hexes", "clusters", "hotspots"];

const ORDER: readonly Kind[] = ["polygon", "line", "point"];

/** A colour where the style says none that could be read. */
const GREY = "#777777";

/**
 * The layers that style draws, in the order of names; those that names lacks come last. The server's
 * styles say it in their metadata. Of others the style layers tell: by their sources, since a style's
 * order does not tell (all fills come before all lines and points), the undermost first.
 */
export function drawnLayers(style: Pick<StyleSpecification, "layers" | "metadata">, names: readonly string[]): Drawn[] {
  const list = stated(style) ?? guessed(style.layers);
  const at = ({ name }: Drawn) => (names.includes(name) ? names.indexOf(name) : names.length);
  return list.sort((a, b) => at(a) - at(b));
}

/** What the metadata of a style or of a layer of it say under key. */
export function metadataOf({ metadata }: { metadata?: unknown }, key: string): unknown {
  return (metadata as Record<string, unknown> | undefined)?.[key];
}

/** What the metadata of style says; null when it says nothing of layers. */
function stated({ layers, metadata }: Pick<StyleSpecification, "layers" | "metadata">): Drawn[] | null {
  const list = metadataOf({ metadata }, "hutong:layers");
  if (!Array.isArray(list)) return null;
  const sources = new Map(layers.map((l) => [l.id, "source" in l ? l.source : ""]));
  return list.filter(isObject).map((entry) => {
    const kinds = ORDER.filter((kind) => texts(entry["kinds"]).includes(kind));
    const legend = entries(entry["legend"], kinds);
    const cells = cellsOf(entry["cells"], kinds);
    const ids = texts(entry["ids"]).filter((id) => sources.has(id));
    return {
      name: text(entry["name"]), source: sources.get(ids[0] ?? "") ?? "", title: text(entry["title"]) || text(entry["name"]),
      role: text(entry["role"]) === "data" ? "" : text(entry["role"]),
      shown: entry["shown"] !== false, colour: legend[0]?.colour ?? GREY,
      ids, kinds, field: text(entry["field"]), legend, ...(cells && { cells }),
    };
  });
}

function entries(list: unknown, kinds: readonly Kind[]): LegendEntry[] {
  return (Array.isArray(list) ? list : []).filter(isObject).map((e) => legendEntry(e, kinds));
}

/** What the metadata say of a layer's cells; undefined when it has none that this page knows. */
function cellsOf(cells: unknown, kinds: readonly Kind[]): Cells | undefined {
  if (!isObject(cells)) return undefined;
  const kind = CELL_KINDS.find((k) => k === cells["kind"]);
  const legends = (Array.isArray(cells["legends"]) ? cells["legends"] : []).filter(isObject)
    .map((l) => ({ from: typeof l["from"] === "number" ? l["from"] : 0, legend: entries(l["legend"], kinds) }));
  if (!kind) return undefined;
  const { below } = cells;
  const of = text(cells["of"]);
  return {
    kind, ...(of !== "" && { of }), ...(typeof below === "number" && { below }), field: text(cells["field"]), ids: texts(cells["ids"]), legends,
  };
}

function legendEntry(entry: Record<string, unknown>, kinds: readonly Kind[]): LegendEntry {
  const out: LegendEntry = {
    title: text(entry["title"]) || text(entry["value"]),
    colour: text(entry["colour"]) || GREY,
    kind: ORDER.find((kind) => kind === entry["kind"]) ?? kinds.at(-1) ?? "point",
  };
  for (const key of ["value", "unit", "icon", "shape", "ink"] as const) {
    const v = entry[key];
    if (typeof v === "string" && (v !== "" || key === "value")) out[key] = v;
  }
  for (const key of ["from", "to", "radius", "opacity"] as const) {
    const v = entry[key];
    if (typeof v === "number") out[key] = v;
  }
  if (entry["other"] === true) out.other = true;
  const dash = entry["dash"];
  if (Array.isArray(dash) && dash.length > 0 && dash.every((n) => typeof n === "number" && n >= 0)) out.dash = dash;
  return out;
}

/** What the style layers themselves tell of the layers that they draw. */
function guessed(specs: readonly LayerSpecification[]): Drawn[] {
  const bySource = new Map<string, Drawn>();
  for (const spec of specs) {
    const look = lookOf(spec);
    if (!look || !("source" in spec)) continue;
    let drawn = bySource.get(spec.source);
    if (!drawn) {
      const title = metadataOf(spec, "hutong:title");
      drawn = {
        name: spec.source, source: spec.source, title: text(title) || spec.source, role: "", shown: true, colour: look.colour, ids: [], kinds: [], field: "", legend: [],
      };
      bySource.set(spec.source, drawn);
    }
    drawn.ids.push(spec.id);
    if (!drawn.kinds.includes(look.kind)) drawn.kinds.push(look.kind);
  }
  const list = [...bySource.values()];
  for (const drawn of list) drawn.kinds.sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  return list;
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
  return typeof colour === "string" ? colour : GREY;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v) => typeof v === "string") : [];
}
