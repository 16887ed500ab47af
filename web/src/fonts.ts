import type { StyleSpecification } from "maplibre-gl";

/** The family that the style sheets name behind those of the system. */
const FAMILY = "Hutong Sans";

const known = new Set<string>();

/**
 * Offers the page the fonts that the style has for the map, so that Chinese reads on a machine without
 * a Chinese font too. The browser loads a file only when a text needs a letter of it that no font of
 * the system has. A style sheet would say the same ranges again, in another 32 kB.
 */
export function offerFonts(style: StyleSpecification): void {
  for (const faces of Object.values(style["font-faces"] ?? {})) {
    if (!Array.isArray(faces)) continue;
    // Of two files for a character a style means the first and browsers take the last.
    for (const { url, "unicode-range": ranges } of faces.toReversed()) {
      if (known.has(url)) continue;
      known.add(url);
      const unicodeRange = ranges?.join(", ");
      document.fonts.add(new FontFace(FAMILY, `url(${JSON.stringify(url)})`, { display: "swap", ...(unicodeRange && { unicodeRange }) }));
    }
  }
}
