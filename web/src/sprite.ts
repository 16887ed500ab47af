import { PATIENCE_MS } from "./api";
import { element } from "./dom";

/** Where an image lies in the sheet, in its pixels. */
interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
  sdf?: boolean;
}

/** Where the edge of a shape lies among the distances that the sheet holds, of 255 (MapLibre's SDF). */
const EDGE = 192;

/** How wide the edge is drawn, in distances: about a pixel. */
const SOFT = 16;

/** The side of what is drawn, in pixels; more than any screen needs for a mark. */
const SIDE = 64;

/** The sheet and what is in it. */
interface Sheet {
  image: ImageBitmap;
  places: Record<string, Place>;
}

/** The sprite of a style: icons as distances to their edge, in one sheet, drawn here in any colour. */
export class Sprite {
  readonly #url: string;
  #sheet: Promise<Sheet | null> | undefined;

  /** url is the style's member sprite. Nothing is fetched before the first drawing. */
  constructor(url: string) {
    this.#url = url;
  }

  /** Draws an icon in colour so that it fills share of a square; null when there is no such icon. */
  async draw(name: string, colour: string, share: number): Promise<HTMLCanvasElement | null> {
    const sheet = await (this.#sheet ??= load(this.#url));
    // What failed is tried again when something is drawn next.
    if (!sheet) this.#sheet = undefined;
    const place = sheet?.places[name];
    const canvas = element("canvas", { width: String(SIDE), height: String(SIDE) });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!sheet || !place || !context) return null;
    const scale = (SIDE * share) / Math.max(place.width, place.height);
    const [width, height] = [place.width * scale, place.height * scale];
    context.drawImage(
      sheet.image, place.x, place.y, place.width, place.height, (SIDE - width) / 2, (SIDE - height) / 2, width, height,
    );
    const pixels = context.getImageData(0, 0, SIDE, SIDE);
    tint(pixels.data, colour, place.sdf === true);
    context.putImageData(pixels, 0, 0);
    return canvas;
  }
}

/** Gives all pixels colour ("#rrggbb") and, where they hold distances, the cover that those mean. */
export function tint(rgba: Uint8ClampedArray, colour: string, sdf: boolean): void {
  const [red, green, blue] = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16)) as [number, number, number];
  for (let i = 0; i < rgba.length; i += 4) {
    rgba[i] = red;
    rgba[i + 1] = green;
    rgba[i + 2] = blue;
    if (sdf) rgba[i + 3] = (((rgba[i + 3] ?? 0) - EDGE + SOFT / 2) / SOFT) * 255;
  }
}

async function load(url: string): Promise<Sheet | null> {
  try {
    // The sheet that the map loads too, so that it comes once.
    const base = url + (devicePixelRatio > 1 ? "@2x" : "");
    const [index, sheet] = await Promise.all([".json", ".png"].map((end) => fetch(base + end, { signal: AbortSignal.timeout(PATIENCE_MS) })));
    if (!index?.ok || !sheet?.ok) return null;
    return { places: (await index.json()) as Record<string, Place>, image: await createImageBitmap(await sheet.blob()) };
  } catch {
    return null; // the shapes stay, which say the same
  }
}
