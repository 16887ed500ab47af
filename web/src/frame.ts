import { byId } from "./dom";
import { subscribe, tag } from "./words/language";
import { shell } from "./words/shell";

/** What stands in the page's own markup, by its data-say and data-say-label. */
function says(): Record<string, string> {
  const { skipToMap, skipToTable, panel, foot } = shell();
  return { skipToMap, skipToTable, panel, footLayers: foot.layers, footStyle: foot.style, footLicences: foot.licences };
}

/** Says in the page's language whatever the markup says in English, and again when that changes. */
export function mountFrame(): void {
  const write = () => {
    document.documentElement.lang = tag();
    const words = says();
    for (const node of document.querySelectorAll<HTMLElement>("[data-say], [data-say-label]")) {
      const { say, sayLabel } = node.dataset;
      if (say !== undefined) node.textContent = words[say] ?? "";
      if (sayLabel !== undefined) node.setAttribute("aria-label", words[sayLabel] ?? "");
    }
    byId("fold").setAttribute("aria-label", shell().panel);
  };
  write();
  subscribe(write);
}

/** Writes the name of what is shown where people look for it. */
export function nameFrame(style: string): void {
  document.title = shell().title(style);
  byId("title").textContent = style === "Hutong" ? shell().title(style) : style;
}

/** Makes the links over the panel work: they move the keyboard and leave the address alone. */
export function mountSkips(skipTo: (what: string) => void): void {
  for (const link of document.querySelectorAll<HTMLElement>("[data-skip]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      skipTo(link.dataset["skip"] ?? "");
    });
  }
}
