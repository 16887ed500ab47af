import { drawing, element } from "./dom";
import type { Drawn, LegendEntry } from "./drawn";
import { isOfNumbers } from "./legend";
import type { Sprite } from "./sprite";

/** The shapes that points may have, in a square of 24, by the names of the sprite's shape-NAME. */
const SHAPES: Record<string, string> = {
  circle: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16Z",
  square: "M5 5h14v14H5Z",
  triangle: "M12 3.5 21 19H3Z",
  "triangle-down": "M12 20.5 3 5h18Z",
  diamond: "M12 2.5 21.5 12 12 21.5 2.5 12Z",
  pentagon: "M12 3 21 9.6 17.6 20H6.4L3 9.6Z",
  hexagon: "M12 3l8 4.5v9L12 21l-8-4.5v-9Z",
  star: "M12 2.5l2.8 6.2 6.7.7-5 4.5 1.4 6.6L12 17.1l-5.9 3.4 1.4-6.6-5-4.5 6.7-.7Z",
  cross: "M9 3.5h6V9h5.5v6H15v5.5H9V15H3.5V9H9Z",
  ring: "M12 4a8 8 0 1 0 0 16a8 8 0 1 0 0-16ZM12 8.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7Z",
};

/** How large an icon's image is in its mark, of 1; a quarter of the image is the room around the icon. */
const ICON_SHARE = 0.9;

/** What of a line of a legend is seen. */
export type Look = Pick<LegendEntry, "kind" | "colour" | "shape" | "ink" | "icon" | "dash" | "radius" | "opacity">;

/** What a legend draws for entry as the map does: a shape, a stroke or a patch in its colour, or an icon on a disc. */
export function mark(entry: Look, sprite: Sprite | null): Element {
  if (entry.kind === "point" && entry.icon && sprite) {
    const box = element("span", { class: "mark", "aria-hidden": "true" });
    box.append(shapeMark(entry));
    void sprite.draw(entry.icon, inkOn(entry.colour), ICON_SHARE).then((canvas) => {
      if (canvas) box.replaceChildren(shapeMark({ ...entry, shape: "circle" }), canvas);
    });
    return box;
  }
  return shapeMark(entry);
}

/** Where the strokes of a hot spot's second cue lie in a square of 24, by how many there are. */
const STROKES: readonly (readonly number[])[] = [[], [14], [11, 17], [8.5, 13.5, 18.5]];

/** How large a cluster is in a square of 24, of its radius on the map. */
const CLUSTER_SCALE = 0.62;

/** The second cue on a patch as a path in a square of 24: strokes that point up or down, as many as it says; "" is none. */
export function cue({ kind, shape }: Pick<Look, "kind" | "shape">): string {
  const [, way, n] = /^(up|down)-([123])$/.exec(shape ?? "") ?? [];
  if (kind !== "polygon" || !way) return "";
  return (STROKES[Number(n)] ?? []).map((y) => (way === "up" ? `M7 ${y}l5-4 5 4` : `M7 ${24 - y}l5 4 5-4`)).join("");
}

/** A circle of radius r in the middle of a square of 24. */
function disc(r: number): string {
  return `M12 ${12 - r}a${r} ${r} 0 1 0 0 ${2 * r}a${r} ${r} 0 1 0 0-${2 * r}Z`;
}

/** A mark as a path in a square of 24 and how it is painted, under SVG's names. */
export function outline({ kind, colour, shape, dash, radius, opacity }: Look): Record<string, string> {
  switch (kind) {
    case "point":
      if (radius !== undefined) return { d: disc(Number((radius * CLUSTER_SCALE).toFixed(2))), fill: colour, class: "cased" };
      return { d: SHAPES[shape ?? "circle"] ?? SHAPES["circle"] ?? "", fill: colour, class: "cased", "fill-rule": "evenodd" };
    case "line":
      return { d: "M2 17 9 9l6 5 7-8", fill: "none", stroke: colour, ...strokeOf(3.2, dash), "stroke-linejoin": "round" };
    case "polygon":
      return {
        d: "M4 4h16v16H4Z", fill: colour, "fill-opacity": String(opacity ?? 0.4), ...strokeOf(2, dash),
        // What is nearly white has an edge like the text beside it.
        ...(luminance(colour) > 0.85 ? { stroke: "currentColor", "stroke-opacity": "0.45" } : { stroke: colour }),
      };
  }
}

/** A stroke of a width in the square's units, with dashes in widths. */
function strokeOf(width: number, dash: readonly number[] | undefined): Record<string, string> {
  return { "stroke-width": String(width), ...(dash && { "stroke-dasharray": dash.map((n) => Number((n * width).toFixed(2))).join(" ") }) };
}

function shapeMark(entry: Look): SVGElement {
  const drawn = [drawing("path", outline(entry))];
  const strokes = cue(entry);
  if (strokes) drawn.push(drawing("path", { d: strokes, fill: "none", stroke: entry.ink ?? "currentColor", "stroke-width": "2.2" }));
  return drawing("svg", { class: "mark", "data-kind": entry.kind, viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, ...drawn);
}

/** What stands before a layer's name: its first marks where it has a legend, else one for each kind of data. */
export function swatches({ role, kinds, colour, legend, cells }: Drawn): HTMLElement {
  const box = element("span", { class: "swatches", "aria-hidden": "true" });
  if (legend.length < 2) {
    box.append(...(role === "" ? kinds : kinds.slice(0, 1)).map((kind) => shapeMark({ ...legend[0], kind, colour })));
    return box;
  }
  box.classList.add("many");
  for (const entry of firstMarks(legend, cells?.kind === "hotspots")) box.append(shapeMark(entry));
  return box;
}

/** Three lines that stand for a legend: the ends and the middle of what is in order, as numbers are, else the first of each colour. */
function firstMarks(legend: readonly LegendEntry[], ordered: boolean): LegendEntry[] {
  if (ordered || isOfNumbers(legend)) return legend.filter((_, i) => [0, Math.floor(legend.length / 2), legend.length - 1].includes(i));
  return legend.filter((entry, i) => legend.findIndex((e) => e.colour === entry.colour) === i).slice(0, 3);
}

/** Black or white, whichever stands out more on colour ("#rrggbb"). */
export function inkOn(colour: string): string {
  // Contrast with white is 1.05 / (l + 0.05), with black (l + 0.05) / 0.05.
  return luminance(colour) > 0.179 ? "#000000" : "#ffffff";
}

/** WCAG's relative luminance of colour ("#rrggbb"), 0 to 1. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
