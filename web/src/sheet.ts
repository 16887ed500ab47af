import { byId } from "./dom";
import { icon } from "./icons";

/** Where the panel is a sheet at the lower edge, as css/screens.css has it. */
const SHEET = "(max-width: 640px)";

/** Where the open panel would leave too little of the map. */
const SMALL = "(max-width: 640px), (max-height: 480px)";

/**
 * Lets the panel be folded, folds it on small screens, and tells the style sheets how much of the
 * map's lower edge the folded sheet covers, so that scale and sources stand above it.
 */
export function mountSheet(): void {
  const [panel, fold, drawer] = [byId("panel"), byId("fold"), byId("drawer")];
  fold.append(icon("up"));
  const set = (open: boolean) => {
    drawer.hidden = !open;
    fold.setAttribute("aria-expanded", String(open));
  };
  fold.addEventListener("click", () => set(drawer.hidden !== false));
  set(!window.matchMedia(SMALL).matches);
  const measure = () => {
    const sheet = window.matchMedia(SHEET).matches;
    const height = sheet ? panel.offsetHeight - drawer.offsetHeight : 0;
    document.documentElement.style.setProperty("--covered", `${height}px`);
  };
  new ResizeObserver(measure).observe(panel);
  measure();
}

/** What the panel and the time band cover of the map, in CSS pixels. */
export function covered(): { left: number; bottom: number } {
  const [panel, drawer] = [byId("panel"), byId("drawer")];
  const band = byId("time").offsetHeight;
  if (window.matchMedia(SHEET).matches) return { left: 0, bottom: panel.offsetHeight - drawer.offsetHeight + band };
  return { left: panel.offsetLeft + panel.offsetWidth, bottom: band };
}
