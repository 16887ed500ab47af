import { cellsAt, legendAt } from "./cells";
import { byId } from "./dom";
import type { Drawn, LegendEntry } from "./drawn";
import { cellTitle, isOfNumbers, legendTitle } from "./legend";
import { spanText } from "./moments";
import type { Page } from "./page";
import type { Caption } from "./picture";
import type { Filters } from "./state";
import { shownTable, tableText } from "./tables";
import { layerTitle } from "./titles";
import { dateTag } from "./words/language";
import { tools } from "./words/tools";
import { timeZone } from "./zone";

/** What a picture of the page's map says of it at now. */
export function captionOf(page: Page, now: Date): Required<Caption> {
  const { filters, camera } = page.state.get();
  const off = page.off();
  const { time } = page.state.get();
  const zoom = page.map?.getZoom() ?? camera?.zoom ?? 0;
  const seen = page.drawn().filter((d) => !off.includes(d.name)).map((d) => ({ ...d, ...legendAt(d, zoom) }));
  return {
    title: byId("title").textContent || "Hutong",
    when: (time ? `${spanText(time)} · ` : "") + new Intl.DateTimeFormat(dateTag(), { dateStyle: "long", timeStyle: "short", hourCycle: "h23", timeZone: timeZone() }).format(now),
    legend: seen.filter((d) => d.role === "").map((d) => ({ title: titleOf(page, d, zoom), entries: shownOf(d, filters) })),
    more: tools().more,
    sources: sourcesOf(page, seen.map((d) => d.name)),
  };
}

/** A layer's title; where its legend is of numbers, with what they are. */
function titleOf(page: Page, drawn: Drawn, zoom: number): string {
  if (!isOfNumbers(drawn.legend)) return drawn.title;
  const cells = cellsAt(drawn, zoom);
  const layer = page.layer(drawn.name);
  const table = layer && tableText(layer, shownTable(page.state.get(), layer));
  if (table) return `${drawn.title}: ${table}`;
  return `${drawn.title}: ${cells ? cellTitle(cells.kind) : legendTitle(drawn, page.layer(drawn.name))}`;
}

/** The entries of a legend that the filters let through. */
export function shownOf({ name, field, legend }: Pick<Drawn, "name" | "field" | "legend">, filters: Filters): LegendEntry[] {
  const wanted = filters.get(name)?.get(field);
  if (!wanted) return legend;
  return legend.filter(({ value }) => (value === undefined ? wanted.others : wanted.values.includes(value)));
}

/** Where the data of layers are from, each source once: "Data: the city (CC-BY-4.0)". */
export function sourcesOf(page: Pick<Page, "layer">, names: readonly string[]): string[] {
  const sources = new Set<string>();
  for (const name of names) {
    const layer = page.layer(name);
    if (!layer) continue;
    const { attribution, licence } = layer;
    if (attribution) sources.add(licence ? `${attribution} (${licence})` : attribution);
    else if (licence) sources.add(`${layerTitle(layer)} (${licence})`);
  }
  return sources.size > 0 ? [`${tools().sources}: ${[...sources][0]}`, ...[...sources].slice(1)] : [];
}
