import { drawing } from "./dom";

/** The drawings on buttons, as paths in a square of 24, drawn as strokes. */
const PATHS = {
  right: "M9 5.5 15.5 12 9 18.5",
  up: "M5.5 15 12 8.5 18.5 15",
  sun: "M12 7.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.5 1.5M17.6 17.6l1.5 1.5M4.9 19.1l1.5-1.5M17.6 6.4l1.5-1.5",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  auto: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17M12 3.5v17M12 7.5h5.8M12 12h8.5M12 16.5h5.8",
} as const;

/** The drawing of this name; it says nothing to screen readers. */
export function icon(name: keyof typeof PATHS): SVGElement {
  return drawing("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, drawing("path", { d: PATHS[name] }));
}
