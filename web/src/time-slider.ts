import { element } from "./dom";
import { FAR, begunAt, snapped, stepped, withEdge, type Grid, type Range } from "./timeline";

/** What is moved: an edge of the window, or all of it. */
export type Part = "from" | "window" | "to";
export const PARTS: readonly Part[] = ["from", "window", "to"];

/** What the sliders show, and what they are told with. */
export interface Shown {
  range: Range;
  window: Range;
  grid: Grid;
  name: (part: Part) => string;
  text: (part: Part) => string;
}

/** Where a key moves a part of the window; null for keys that move nothing. */
export function keyed(part: Part, key: string, far: boolean, { range, window, grid }: Omit<Shown, "name" | "text">): Range | null {
  const at = part === "to" ? window.to : window.from;
  const ways: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -FAR, PageUp: FAR };
  const way = ways[key];
  let target: number;
  if (way !== undefined) target = stepped(at, far && Math.abs(way) === 1 ? way * FAR : way, grid);
  else if (key === "Home") target = range.from;
  else if (key === "End") target = range.to;
  else return null;
  return part === "window" ? begunAt(window, range, target, grid) : withEdge(window, range, part, target, grid);
}

/**
 * A track with a window on it, which three sliders move: its edges and itself. Each takes the pointer and the
 * keyboard; moved is told of the window that is wanted.
 */
export class TimeSlider {
  readonly node: HTMLElement;
  readonly #sliders: Record<Part, HTMLElement>;
  readonly #moved: (window: Range) => void;
  #shown: Shown | undefined;

  /** Puts under, the histogram, beneath the sliders. */
  constructor(under: Element, moved: (window: Range) => void) {
    this.#moved = moved;
    const slider = (part: Part) => {
      const node = element("div", { class: `time-${part}`, role: "slider", tabindex: "0", "data-part": part, "aria-orientation": "horizontal" });
      node.addEventListener("keydown", (event) => this.#key(part, event));
      return node;
    };
    this.#sliders = { from: slider("from"), window: slider("window"), to: slider("to") };
    this.node = element("div", { class: "track" }, under, this.#sliders.from, this.#sliders.window, this.#sliders.to);
    this.node.addEventListener("pointerdown", (event) => this.#press(event));
  }

  show(shown: Shown): void {
    this.#shown = shown;
    const { range, window } = shown;
    const share = (at: number) => `${(((at - range.from) / (range.to - range.from)) * 100).toFixed(3)}%`;
    this.node.style.setProperty("--from", share(window.from));
    this.node.style.setProperty("--to", share(window.to));
    for (const part of PARTS) {
      const node = this.#sliders[part];
      const at = part === "to" ? window.to : window.from;
      const values = { "aria-label": shown.name(part), "aria-valuemin": range.from, "aria-valuemax": range.to, "aria-valuenow": at, "aria-valuetext": shown.text(part) };
      for (const [name, value] of Object.entries(values)) {
        if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
      }
    }
  }

  #key(part: Part, event: KeyboardEvent): void {
    if (!this.#shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const window = keyed(part, event.key, event.shiftKey, this.#shown);
    if (!window) return;
    event.preventDefault();
    this.#moved(window);
  }

  /** Takes hold of what is under the pointer; on the bare track of the nearer edge, which comes there. */
  #press(event: PointerEvent): void {
    const shown = this.#shown;
    if (!shown || event.button !== 0) return;
    const { range } = shown;
    const box = this.node.getBoundingClientRect();
    const timeAt = ({ clientX }: PointerEvent) => range.from + ((clientX - box.left) / box.width) * (range.to - range.from);
    const began = timeAt(event);
    let part = (event.target as Element).closest<HTMLElement>("[data-part]")?.dataset["part"] as Part | undefined;
    const before = shown.window;
    const whole = before.from <= range.from && before.to >= range.to;
    if (!part || (part === "window" && whole)) part = Math.abs(began - before.from) <= Math.abs(began - before.to) ? "from" : "to";
    const held = part;
    const move = (to: PointerEvent) => {
      const { grid } = shown;
      const at = timeAt(to);
      if (held === "window") this.#moved(begunAt(before, range, snapped(before.from + at - began, grid), grid));
      else this.#moved(withEdge(before, range, held, at <= range.from ? range.from : at >= range.to ? range.to : snapped(at, grid), grid));
    };
    const end = () => {
      this.node.removeEventListener("pointermove", move);
      delete this.node.dataset["held"];
    };
    event.preventDefault();
    this.#sliders[held].focus({ preventScroll: true });
    this.node.setPointerCapture(event.pointerId);
    this.node.dataset["held"] = held;
    this.node.addEventListener("pointermove", move);
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) this.node.addEventListener(type, end, { once: true });
    if (!(event.target as Element).closest("[data-part]") || (whole && held !== "window")) move(event);
  }
}
