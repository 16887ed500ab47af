/** Everything that the page says, in one place so that it can be said in other languages. */
export const text = {
  map: "Map. Arrow keys move it, plus and minus zoom, Enter shows what is at its centre.",
  title: (style: string) => (style === "Hutong" ? "Hutong" : `${style} · Hutong`),
  features: (n: number) => `${n} ${n === 1 ? "feature" : "features"}`,
  unlocated: (n: number) => `${n} without a place`,
  noLayers: "No layers yet.",
  empty: "No fields to show.",
  gone: "This feature is no longer here.",
  more: (n: number) => `and ${n} more here. Zoom in to tell them apart.`,
  yes: "yes",
  no: "no",
  loading: "The server is still loading its layers.",
  noAnswer: "The server does not answer. Trying again.",
  refused: (status: number) => `The server answers with an error (${status}). Trying again.`,
  noGraphics: "This browser cannot draw the map: it needs WebGL 2.",
  broken: (message: string) => `The map could not be shown: ${message}`,
};
