import type { Kind } from "./drawn";
import { element } from "./dom";

/** A mark in colour that looks as features of kind do on the map: a dot, a stroke or a patch. */
export function swatch(kind: Kind, colour: string): HTMLElement {
  const mark = element("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
  // Set through the object model: the page's policy forbids style attributes, not this.
  mark.style.color = colour;
  return mark;
}
