import type { StyleSpecification } from "maplibre-gl";

/** The family that css/base.css names behind those of the system. */
const FAMILY = "Hutong Sans";

/** The page's rules for fonts, made from the style's. */
let sheet: CSSStyleSheet | undefined;
let written = "";

/**
 * Offers the page the fonts that the style has for the map, so that Chinese reads on a machine without
 * a Chinese font too. The browser loads a file only when a text needs a letter of it that no font of
 * the system has. A style sheet of the server would say the same ranges again, in another 32 kB.
 */
export function offerFonts(style: StyleSpecification): void {
  const rules = Object.values(style["font-faces"] ?? {}).flatMap((faces) => {
    // Of two files for a character a style means the first and browsers take the last.
    return Array.isArray(faces) ? faces.toReversed().map(ruleOf) : [];
  });
  if (rules.join("") === written) return;
  written = rules.join("");
  // A sheet made by script is the one kind that the policy allows.
  sheet ??= new CSSStyleSheet();
  sheet.replaceSync(written);
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
}

function ruleOf({ url, "unicode-range": ranges }: { url: string; "unicode-range"?: string[] }): string {
  const range = ranges ? `unicode-range:${ranges.join(",")};` : "";
  return `@font-face{font-family:"${FAMILY}";font-display:swap;src:url(${JSON.stringify(url)});${range}}`;
}
