import { drawing } from "./dom";

/** The drawings on buttons, as paths in a square of 24, drawn as strokes. */
const PATHS = {
  right: "M9 5.5 15.5 12 9 18.5",
  left: "M15 5.5 8.5 12 15 18.5",
  down: "M5.5 9 12 15.5 18.5 9",
  up: "M5.5 15 12 8.5 18.5 15",
  sun: "M12 7.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9M12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.5 1.5M17.6 17.6l1.5 1.5M4.9 19.1l1.5-1.5M17.6 6.4l1.5-1.5",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  auto: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17M12 3.5v17M12 7.5h5.8M12 12h8.5M12 16.5h5.8",
  close: "M6 6l12 12M18 6 6 18",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M15.3 15.3 20.5 20.5",
  place: "M12 21c4.5-4.6 6.7-8 6.7-11a6.7 6.7 0 1 0-13.4 0c0 3 2.2 6.4 6.7 11ZM12 7.6a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8",
  link: "M10 14a4 4 0 0 0 5.7.3l3.2-3.2a4 4 0 0 0-5.7-5.7l-1.4 1.4M14 10a4 4 0 0 0-5.7-.3l-3.2 3.2a4 4 0 0 0 5.7 5.7l1.4-1.4",
  table: "M4 5h16v14H4ZM4 9.7h16M4 14.3h16M10 9.7V19",
  share: "M12 15V3.5M7.8 7.5 12 3.5l4.2 4M6.5 11H5v9h14v-9h-1.5",
  picture: "M4 5h16v14H4ZM4 16l4.5-4.5 3.5 3.5 3-3 5 5M15.2 8.2a1 1 0 1 0 .1 0",
  print: "M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7Z",
  screen: "M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15",
  time: "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 1 0 0-17M12 7.5V12l3.2 2.4",
  wider: "M8.5 7 3.5 12l5 5M15.5 7l5 5-5 5M3.5 12h17",
  play: "M8 5.5v13L18.5 12Z",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  download: "M12 4v11M7.5 10.8 12 15.3l4.5-4.5M5 20h14",
} as const;

/** The drawing of this name; it says nothing to screen readers. */
export function icon(name: keyof typeof PATHS): SVGElement {
  return drawing("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, drawing("path", { d: PATHS[name] }));
}
