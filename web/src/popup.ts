import { Popup, type Map as MapLibre, type PopupOptions } from "maplibre-gl";
import { parseAddress } from "./address";
import { Card, type Item } from "./card";
import { CELL_ID } from "./cells";
import { flash } from "./copy";
import { describeGround } from "./describe";
import { byId, element } from "./dom";
import { getById, type Placed } from "./features";
import { kindOf, labelFields, type Properties } from "./feature";
import { anchorOf, extentOf, type Position } from "./geometry";
import { icon } from "./icons";
import { isInView, lookAt } from "./look";
import type { Pixel } from "./near";
import type { Page } from "./page";
import { known, type Hit } from "./pick";
import { covered } from "./sheet";
import type { At, View } from "./state";
import { resolutionAt, shownTable } from "./tables";
import { why } from "./trouble";
import { dataAt, groundAt } from "./under";
import { subscribe } from "./words/language";
import { popup } from "./words/popup";

/** How many features at one point are listed. */
const MAX_LISTED = 10;

/** What is open: a card, the frame that it stands in, and what had the keyboard before. */
interface Open {
  card: Card;
  frame: Frame;
  before: Element | null;
}

/** Where a card stands: at its place on the map, or beside the table where there is no map. */
interface Frame {
  move(at: Position): void;
  /** Writes its words anew, after a change of the language. */
  write(): void;
  remove(): void;
}

/**
 * Shows the fields of what is clicked, of what is at the map's centre when Enter is pressed, and of the
 * feature that the state names. What is shown stands in the state in turn.
 */
export class FeaturePopup {
  readonly #page: Page;
  #open: Open | undefined;
  #quiet: Popup | undefined;
  #asked: AbortController | undefined;

  constructor(page: Page) {
    this.#page = page;
    if (page.map) this.#listen(page.map);
    document.addEventListener("keydown", (e) => {
      // Escape during composition belongs to the input method.
      if (e.key === "Escape" && !e.isComposing && !e.defaultPrevented && (this.#open || this.#quiet)) this.close();
    });
    page.state.subscribe((now, before) => this.#follow(now, before));
    page.subscribe((news, names) => (news === "layers" ? this.#open?.card.refresh(names) : this.#rewrite()));
    subscribe(() => {
      this.#quiet?.remove();
      this.#rewrite();
    });
    const { at } = page.state.get();
    if (at) void this.#openAt(at, parseAddress(location.hash).camera === null);
  }

  /** Closes what is open and gives the keyboard back to what had it before. */
  close(): void {
    this.#asked?.abort();
    this.#quiet?.remove();
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    const held = open.card.node.contains(document.activeElement);
    open.card.close();
    open.frame.remove();
    this.#page.state.update({ at: null });
    const lost = held || document.activeElement === null || document.activeElement === document.body;
    if (lost && open.before instanceof HTMLElement && open.before.isConnected) open.before.focus({ preventScroll: true });
  }

  #listen(map: MapLibre): void {
    map.on("click", (e) => this.#openUnder(map, e.point));
    map.on("idle", () => this.#open?.card.reread((item) => cellNow(map, this.#page, item)));
    map.getCanvas().addEventListener("keydown", (e) => {
      if (e.key !== "Enter") return;
      // The card takes the focus, and the same key stroke would press what has it.
      e.preventDefault();
      if (!this.#openUnder(map, map.project(map.getCenter()))) this.#page.announce(popup().nothing);
    });
  }

  /** Opens what is drawn at a place of the screen and reports whether there is anything. */
  #openUnder(map: MapLibre, point: Pixel): boolean {
    const shown = { map, drawn: () => this.#page.drawn() };
    const found = dataAt(shown, point);
    this.close();
    if (found.length === 0) return this.#openGround(map, groundAt(shown, point));
    const items = found.slice(0, MAX_LISTED).map((hit): Item => ({
      layer: hit.layer, kind: hit.kind, properties: hit.properties, ...(hit.cell && { cell: { kind: hit.cell, zoom: map.getZoom() } }),
      at: map.unproject([hit.at.x, hit.at.y]).toArray(), ...(hit.number !== undefined && { number: hit.number }),
    }));
    this.#show(items, found.length - items.length).focus();
    return true;
  }

  /** Says what the ground is called where it has a name. */
  #openGround(map: MapLibre, found: readonly Hit[]): boolean {
    for (const hit of found) {
      const layer = this.#page.layer(hit.layer);
      if (!layer || !labelFields(layer).some((name) => hit.properties[name])) continue;
      const ground = describeGround(layer, hit.properties);
      const quiet = new Popup(quietly())
        .setLngLat(map.unproject([hit.at.x, hit.at.y]))
        .setDOMContent(ground)
        .addTo(map);
      this.#quiet = quiet;
      quiet.on("close", () => this.#quiet === quiet && (this.#quiet = undefined));
      this.#page.announce([...ground.children].map((part) => part.textContent).join(" · "));
      return true;
    }
    return false;
  }

  #show(items: readonly Item[], more: number, before = document.activeElement): Card {
    const card = new Card(this.#page, items, more, (item, placed) => this.#turned(item, placed));
    const close = () => this.#open?.card === card && this.close();
    const at = items[0]?.at ?? null;
    const frame = this.#page.map && at ? onMap(this.#page.map, card.node, at, close) : beside(card.node, close);
    this.#open = { card, frame, before };
    card.open();
    return card;
  }

  /** Follows what the card shows: its place, and its name in the state. */
  #turned(item: Item, placed: Placed | null): void {
    // A point goes where it is now; lines and polygons were pointed at somewhere along them.
    if (placed?.geometry?.type === "Point") item.at = anchorOf(placed.geometry);
    if (item.at) this.#open?.frame.move(item.at);
    if (item.id === undefined || item.source === "gone") return;
    const { at } = this.#page.state.get();
    if (at?.layer !== item.layer || at.id !== item.id) this.#page.state.update({ at: { layer: item.layer, id: item.id } });
  }

  /** Writes the card anew, which may take more or less room now. */
  #rewrite(): void {
    const open = this.#open;
    if (!open) return;
    open.card.write();
    open.frame.write();
    const { at } = open.card.item;
    if (at) open.frame.move(at);
  }

  #follow(now: View, before: View): void {
    if (now.off !== before.off || now.filters !== before.filters || now.ages !== before.ages || now.time !== before.time) this.#rewrite();
    if (now.at === before.at) return;
    const item = this.#open?.card.item;
    if (!now.at) {
      if (item) this.close();
    } else if (item?.layer !== now.at.layer || item.id !== now.at.id) {
      void this.#openAt(now.at, false);
    }
  }

  /** Opens one feature by its id, and brings it into view where it is not, or must be flown to. */
  async #openAt(at: At, fly: boolean): Promise<void> {
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    let placed: Placed | null;
    try {
      placed = await getById(at.layer, at.id, signal);
    } catch (error) {
      if (!signal.aborted) this.#lose(why(error));
      return;
    }
    if (signal.aborted || this.#page.state.get().at !== at) return;
    if (!placed) {
      this.#lose(popup().gone);
      this.#page.state.update({ at: null });
      return;
    }
    this.#replace(at, placed);
    const extent = extentOf(placed.geometry);
    const moving = this.#page.map?.isMoving() === true;
    if (extent && (fly || (!moving && !isInView(this.#page, extent)))) lookAt(this.#page, extent);
  }

  /** Says why a feature cannot be shown, in the place of what is open. */
  #lose(text: string): void {
    flash(text);
    this.#page.announce(text);
    const open = this.#open;
    this.#open = undefined;
    open?.card.close();
    open?.frame.remove();
  }

  /** Puts placed in the place of what is open, and leaves the keyboard where it is. */
  #replace(at: At, placed: Placed): void {
    const open = this.#open;
    this.#open = undefined;
    open?.card.close();
    open?.frame.remove();
    this.#quiet?.remove();
    const active = document.activeElement;
    const kind = kindOf(placed.geometry?.type);
    this.#show(
      [{ ...at, ...(kind && { kind }), properties: placed.properties ?? {}, at: anchorOf(placed.geometry), source: "server" }],
      0, open && (active === null || active === document.body) ? open.before : active,
    );
  }
}

/** What the tiles that map has loaded say of a cell now; undefined when it is in none. */
function cellNow(map: MapLibre, page: Page, item: Item): Properties | undefined {
  const { layer, properties } = item;
  const source = page.drawn().find((d) => d.name === layer)?.source;
  const id = properties[CELL_ID];
  if (!source || typeof id !== "string" || !map.getSource(source)) return undefined;
  const [found] = map.querySourceFeatures(source, { sourceLayer: layer, filter: ["==", ["get", CELL_ID], id] });
  return found ? known(found.properties) : withheldNow(map, page, item);
}

/** What is known of a cell in view of which the table that is shown has no count; undefined where that cannot be told. */
function withheldNow(map: MapLibre, page: Page, { layer: name, properties, at }: Item): Properties | undefined {
  const layer = page.layer(name);
  const table = shownTable(page.state.get(), layer);
  if (!layer?.tables || !table?.period || !at || !map.getBounds().contains([at[0], at[1]]) || page.off().includes(name)) return undefined;
  const resolution = resolutionAt(layer.tables, Math.min(map.getZoom(), layer.maxzoom ?? Infinity));
  if (properties["resolution"] !== resolution) return undefined; // other cells are shown
  return { [CELL_ID]: properties[CELL_ID] ?? null, period: table.period, set: table.set, ...(resolution !== undefined && { resolution }) };
}

/** How the name of a place stands on the map: without a button, until the next click. */
function quietly(): PopupOptions {
  return { maxWidth: "15rem", offset: 6, closeButton: false, focusAfterOpen: false, className: "quiet", padding: free() };
}

/** What of the map's edges nothing may stand behind. */
function free(): { top: number; right: number; bottom: number; left: number } {
  return { top: 0, right: 0, ...covered() };
}

/** Stands a card at a place of the map. */
function onMap(map: MapLibre, node: HTMLElement, at: Position, close: () => void): Frame {
  const popupOnMap = new Popup({ maxWidth: "min(22rem, 92vw)", offset: 12, focusAfterOpen: false, closeOnClick: false, padding: free() })
    .setLngLat([at[0], at[1]])
    .setDOMContent(node)
    .addTo(map);
  popupOnMap.on("close", close);
  return {
    move: (to) => popupOnMap.setLngLat([to[0], to[1]]),
    write: () => undefined, // MapLibre does whenever it moves
    remove: () => popupOnMap.remove(),
  };
}

/** Stands a card beside the table, for features without a place and pages without a map. */
function beside(node: HTMLElement, close: () => void): Frame {
  const button = element("button", { type: "button", class: "icon-button close" }, icon("close"));
  const write = () => {
    button.title = popup().close;
    button.setAttribute("aria-label", popup().close);
  };
  write();
  button.addEventListener("click", close);
  const box = element("aside", { class: "beside card" }, button, node);
  byId("map").after(box);
  return { move: () => undefined, write, remove: () => box.remove() };
}
