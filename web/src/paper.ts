import { captionOf } from "./caption";
import { element } from "./dom";
import { picture } from "./picture";
import type { Page } from "./page";

/**
 * Prints the map. A canvas of WebGL is blank on paper, since it forgets what it showed, so before any
 * printing the map is drawn anew and copied into a canvas that stands in its place (css/paper.css).
 * Title and legend are the panel's own, which css/print.css lays out.
 */
export function mountPaper(page: Page): void {
  let paper: HTMLElement | undefined;
  const clear = () => {
    paper?.remove();
    paper = undefined;
    delete document.documentElement.dataset["paper"];
  };
  addEventListener("beforeprint", () => {
    clear();
    const { map } = page;
    if (!map) return;
    const { title, when, sources } = captionOf(page, new Date());
    const canvas = picture(map, { sources });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", title);
    paper = element("figure", { class: "paper" }, canvas, element("figcaption", {}, when));
    map.getContainer().after(paper);
    document.documentElement.dataset["paper"] = "";
  });
  addEventListener("afterprint", clear);
}
