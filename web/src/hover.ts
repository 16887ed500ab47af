import type { Map as MapLibre } from "maplibre-gl";
import { cellEntry, cellHeadline } from "./cells";
import { element } from "./dom";
import { fieldOf, headline, looksOf } from "./feature";
import { value } from "./format";
import { idOf } from "./describe";
import { mark } from "./marks";
import type { Pixel } from "./near";
import type { Page } from "./page";
import { keyOf, type Hit } from "./pick";
import { layerTitle } from "./titles";
import { dataAt } from "./under";

/** How long a pointer rests on a feature before its name is shown. */
const DELAY_MS = 80;

/** How far from the pointer the name stands, in CSS pixels. */
const OFFSET = 14;

/**
 * Names the feature under a fine pointer, from what its tile has: the server is not asked. Screen
 * readers are not told; for them there is Enter at the map's centre, and the table.
 */
export class Hover {
  readonly #page: Page;
  readonly #map: MapLibre;
  readonly #node = element("div", { class: "hover", "aria-hidden": "true", hidden: "" });
  #over = "";
  #waiting: ReturnType<typeof setTimeout> | undefined;

  constructor(page: Page, map: MapLibre) {
    this.#page = page;
    this.#map = map;
    map.getContainer().append(this.#node);
    map.on("mousemove", (e) => this.#move(e.point));
    for (const event of ["mouseout", "mousedown", "movestart", "click"] as const) map.on(event, () => this.#hide());
  }

  #move(point: Pixel): void {
    if (this.#map.isMoving()) return;
    const hit = dataAt({ map: this.#map, drawn: () => this.#page.drawn() }, point)[0];
    this.#map.getCanvas().style.cursor = hit ? "pointer" : "";
    if (!window.matchMedia("(hover: hover) and (pointer: fine)").matches) return;
    const over = hit ? keyOf(hit) : "";
    if (over !== this.#over) {
      this.#hide();
      this.#over = over;
      if (hit) this.#waiting = setTimeout(() => this.#show(hit, hit.kind === "point" ? hit.at : point), DELAY_MS);
    } else if (hit && hit.kind !== "point" && !this.#node.hidden) {
      this.#place(point);
    }
  }

  #show(hit: Hit, at: Pixel): void {
    const layer = this.#page.layer(hit.layer);
    if (!layer) return;
    const { properties } = hit;
    const drawn = this.#page.drawn().find((d) => d.name === hit.layer);
    const entry = hit.cell && cellEntry(drawn, properties, this.#map.getZoom());
    const looks = hit.cell ? entry : looksOf(drawn, properties, hit.kind);
    const name = hit.cell ? cellHeadline(entry, properties) : headline(layer, properties, idOf(layer, { properties }));
    const more = (hit.cell ? [] : [layer.draw?.category, layer.draw?.status, layer.draw?.number])
      .map((field) => fieldOf(layer, field))
      .flatMap((field) => (field ? [value(properties[field.name], field)] : []))
      .filter((text) => text !== null && text !== name);
    const sort = more.length > 0 ? more.join(" · ") : layerTitle(layer);
    this.#node.replaceChildren(...(looks ? [mark(looks, this.#page.sprite)] : []), element("div", {}, element("b", {}, name), sort));
    this.#node.hidden = false;
    this.#place(at);
  }

  /** Stands the name above or below at, and beside it where it would leave the map. */
  #place({ x, y }: Pixel): void {
    const { offsetWidth: width, offsetHeight: height } = this.#node;
    const { clientWidth } = this.#map.getContainer();
    const left = Math.max(4, Math.min(clientWidth - width - 4, x - width / 2));
    const top = y - height - OFFSET >= 4 ? y - height - OFFSET : y + OFFSET;
    this.#node.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  #hide(): void {
    clearTimeout(this.#waiting);
    this.#over = "";
    this.#node.hidden = true;
  }
}
