import type { Map as MapLibre } from "maplibre-gl";
import type { LegendEntry } from "./drawn";
import { element } from "./dom";
import { distance } from "./format";
import { entryText } from "./legend";
import { cue, outline } from "./marks";

/** What a picture says beside the map itself. All of it is optional but for where the data are from. */
export interface Caption {
  /** Stands over the map, with when at the other end. */
  title?: string;
  when?: string;
  /** The layers shown, each with its legend. */
  legend?: readonly { title: string; entries: readonly LegendEntry[] }[];
  /** Says that so many entries of a legend are left out. */
  more?: (n: number) => string;
  /** Stand under the map. */
  sources: readonly string[];
}

/** Distances in CSS pixels. */
const PAD = 14;
const LINE = 18;
const LEGEND_WIDTH = 220;
const SCALE_WIDTH = 120;

/** The circumference of the earth in metres and the pixels of the world at zoom 0. */
const EQUATOR_METRES = 40_075_016.686;
const WORLD = 512;

/** How many entries of a legend are drawn; more would cover the map. */
const MAX_ENTRIES = 12;

/** A brush on a picture: CSS pixels, the page's letters and colours. */
interface Brush {
  context: CanvasRenderingContext2D;
  font: string;
  ink: string;
  paper: string;
}

/**
 * The map as it is on the screen, at the screen's own pixels, with caption. The map is drawn anew for
 * it, because a canvas of WebGL forgets what it showed.
 */
export function picture(map: MapLibre, caption: Caption): HTMLCanvasElement {
  const source = map.getCanvas();
  const ratio = map.getPixelRatio();
  const width = source.width / ratio;
  const height = source.height / ratio;
  const canvas = element("canvas");
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas to draw on");
  const looks = getComputedStyle(document.documentElement);
  const brush: Brush = { context, font: looks.fontFamily, ink: looks.color, paper: looks.backgroundColor };
  const head = caption.title === undefined ? 0 : LINE + 2 * PAD;
  setFont(brush, 11);
  const sources = wrap(caption.sources.join(" · "), width - 2 * PAD, (text) => context.measureText(text).width);
  const foot = sources.length > 0 ? sources.length * 15 + PAD : 0;
  canvas.width = source.width;
  canvas.height = Math.round((head + height + foot) * ratio);
  context.scale(ratio, ratio);
  context.fillStyle = brush.paper;
  context.fillRect(0, 0, width, head + height + foot);
  map.redraw();
  context.drawImage(source, 0, head, width, height);
  drawScale(brush, map, PAD, head + height - PAD);
  if (caption.title !== undefined) drawTitle(brush, caption.title, caption.when ?? "", width);
  if (caption.legend) drawLegend(brush, legendRows(caption), PAD, head + PAD, height - 5 * PAD);
  setFont(brush, 11);
  context.fillStyle = brush.ink;
  sources.forEach((text, i) => context.fillText(text, PAD, head + height + PAD / 2 + 11 + i * 15));
  return canvas;
}

/** The longest length of a 1, 2 or 5 before zeros that is at most most, in metres. */
export function roundLength(most: number): number {
  const ten = 10 ** Math.floor(Math.log10(most));
  return ten * (most >= 5 * ten ? 5 : most >= 2 * ten ? 2 : 1);
}

/** text as lines of at most width, broken at spaces and, where there are none, anywhere. */
export function wrap(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/[\p{Script=Han}]|[^\s\p{Script=Han}]+|\s+/gu) ?? []) {
    if (line !== "" && measure(line + word.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = word.trimStart();
    } else {
      line += line === "" ? word.trimStart() : word;
    }
  }
  if (line.trimEnd() !== "") lines.push(line.trimEnd());
  return lines;
}

function setFont({ context, font }: Brush, size: number, weight = 400): void {
  context.font = `${weight} ${size}px ${font}`;
  context.textBaseline = "alphabetic";
}

function drawTitle(brush: Brush, title: string, when: string, width: number): void {
  const { context } = brush;
  context.fillStyle = brush.ink;
  setFont(brush, 12);
  const room = context.measureText(when).width + PAD;
  context.globalAlpha = 0.75;
  context.fillText(when, width - PAD - room + PAD, PAD + 14);
  context.globalAlpha = 1;
  setFont(brush, 16, 650);
  context.fillText(title, PAD, PAD + 14, Math.max(40, width - 2 * PAD - room));
}

/** A bar of a round length in the lower left, whose end is at x, y. */
function drawScale(brush: Brush, map: MapLibre, x: number, y: number): void {
  const { context } = brush;
  const perPixel = (EQUATOR_METRES * Math.cos((map.getCenter().lat * Math.PI) / 180)) / (WORLD * 2 ** map.getZoom());
  const metres = roundLength(perPixel * SCALE_WIDTH);
  const long = metres / perPixel;
  sheet(brush, x - 6, y - 24, long + 12, 30);
  setFont(brush, 11);
  context.fillStyle = brush.ink;
  context.fillText(distance(metres), x, y - 9);
  context.strokeStyle = brush.ink;
  context.lineWidth = 1.5;
  context.stroke(new Path2D(`M${x} ${y - 5}v5h${long}v-5`));
}

/** A line of the legend in a picture. */
interface Row {
  text: string;
  entry?: LegendEntry;
  bold?: boolean;
}

/** The lines of all legends: for each layer its title and entries; one that is all alike has one line. */
export function legendRows({ legend = [], more = () => "…" }: Pick<Caption, "legend" | "more">): Row[] {
  return legend.flatMap(({ title, entries }): Row[] => {
    const [first] = entries;
    if (entries.length === 1 && first && first.value === undefined && first.from === undefined) {
      return [{ text: title, entry: first, bold: true }];
    }
    // One line more says how many there are; it must stand for two at least.
    const kept = entries.length > MAX_ENTRIES ? MAX_ENTRIES - 1 : entries.length;
    const rows = entries.slice(0, kept).map((entry): Row => ({ text: entryText(entry), entry }));
    const rest = entries.length - kept;
    return [{ text: title, bold: true }, ...rows, ...(rest > 0 ? [{ text: more(rest) }] : [])];
  });
}

/** rows in a column as wide as they need, that starts at x, y and ends within room. */
function drawLegend(brush: Brush, all: readonly Row[], x: number, y: number, room: number): void {
  const { context } = brush;
  const rows = all.slice(0, Math.max(0, Math.floor((room - PAD) / LINE)));
  if (rows.length === 0) return;
  const widths = rows.map(({ text, entry, bold }) => {
    setFont(brush, 12, bold ? 600 : 400);
    return context.measureText(text).width + (entry ? 20 : 0);
  });
  const width = Math.min(LEGEND_WIDTH, Math.max(...widths) + 2 * PAD);
  sheet(brush, x, y, width, rows.length * LINE + PAD);
  rows.forEach(({ text, entry, bold }, i) => {
    const [left, base] = [x + PAD - 4, y + PAD / 2 + i * LINE + 13];
    if (entry) drawMark(brush, entry, left, base - 11);
    setFont(brush, 12, bold ? 600 : 400);
    context.fillStyle = brush.ink;
    const at = left + (entry ? 20 : 0);
    context.fillText(text, at, base, x + width - at - 8);
  });
}

/** An entry's mark in a square of 14 pixels. */
function drawMark({ context, ink }: Brush, entry: LegendEntry, x: number, y: number): void {
  const looks = outline(entry);
  const path = new Path2D(looks["d"]);
  context.save();
  context.translate(x, y);
  context.scale(14 / 24, 14 / 24);
  if (looks["fill"] !== "none") {
    context.globalAlpha = Number(looks["fill-opacity"] ?? 1);
    context.fillStyle = looks["fill"] ?? "";
    context.fill(path, "evenodd");
    context.globalAlpha = 1;
  }
  if (looks["stroke"]) {
    const own = looks["stroke"] !== "currentColor";
    context.globalAlpha = Number(looks["stroke-opacity"] ?? 1);
    context.strokeStyle = own ? looks["stroke"] : ink;
    context.lineWidth = Number(looks["stroke-width"]);
    context.lineJoin = "round";
    context.setLineDash((looks["stroke-dasharray"] ?? "").split(" ").filter((n) => n !== "").map(Number));
    context.stroke(path);
  }
  const strokes = cue(entry);
  if (strokes) {
    context.globalAlpha = 1;
    context.strokeStyle = entry.ink ?? ink;
    context.lineWidth = 2.2;
    context.setLineDash([]);
    context.stroke(new Path2D(strokes));
  }
  context.restore();
}

/** A sheet for text on the map, nearly opaque. */
function sheet({ context, ink, paper }: Brush, x: number, y: number, width: number, height: number): void {
  context.globalAlpha = 0.88;
  context.fillStyle = paper;
  context.beginPath();
  context.roundRect(x, y, width, height, 6);
  context.fill();
  context.globalAlpha = 0.15;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.stroke();
  context.globalAlpha = 1;
}
