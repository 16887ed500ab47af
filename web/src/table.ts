import type { Field, Layer } from "./api";
import { area } from "./area";
import { csv, featureRows } from "./csv";
import { statusChip, valueCell } from "./describe";
import { element } from "./dom";
import { download, fileName } from "./download";
import { fieldOf, labelFields } from "./feature";
import { getFeatures, type Placed } from "./features";
import { extentOf } from "./geometry";
import { icon } from "./icons";
import { isInView, lookAt } from "./look";
import type { Page } from "./page";
import { columnsOf, isNumeric, nextOrder, queryOf, rowName, sorted, wanted } from "./rows";
import { shownTable, tableText } from "./tables";
import { fieldTitle, layerTitle, titleOf } from "./titles";
import { why } from "./trouble";
import { subscribe } from "./words/language";
import { shell } from "./words/shell";
import { table } from "./words/table";
import { tables as tableWords } from "./words/tables";

/** How many rows are asked for. */
const LIMIT = 200;

/** How long to wait after the map or a filter moved, and after the data did. */
const MOVED_MS = 250;
const CHANGED_MS = 2000;

/** The order's name for the first column, which no field can have. */
const NAMES = "";

/** What the table holds: the rows of a query and of which table of counts they are, or why there are none. */
type Content = { features: Placed[]; asked: number; complete: boolean; of: Shown } | { trouble: unknown };

/** A table of a view of counts; null of a layer without. */
type Shown = ReturnType<typeof shownTable>;

/**
 * The features in view as a table: what the map shows to those who see it. It stands in for the map
 * where the browser cannot draw one, and then has buttons to move what is in view.
 */
export class Table {
  readonly #page: Page;
  readonly #host: HTMLElement;
  readonly #layers = element("select", { class: "field", id: "table-layer" });
  readonly #bar = element("header", { class: "bar" });
  readonly #caption = element("caption");
  readonly #head = element("thead");
  readonly #body = element("tbody");
  readonly #note = element("p", { class: "note", role: "status" });
  readonly #rows = element(
    "div", { class: "rows", role: "region", tabindex: "0", "aria-labelledby": "table-caption" },
    element("table", {}, this.#caption, this.#head, this.#body), this.#note,
  );
  #content: Content | undefined;
  /** The layer that content is of. */
  #listed: string | undefined;
  #before: Element | null = null;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #asked: AbortController | undefined;

  constructor(page: Page, host: HTMLElement) {
    this.#page = page;
    this.#host = host;
    this.#caption.id = "table-caption";
    host.replaceChildren(this.#bar, this.#rows);
    this.#layers.addEventListener("change", () => page.state.update({ list: this.#layers.value, order: null }));
    page.state.subscribe((now, before) => {
      if (now.table !== before.table) this.#toggle();
      else if (this.#layer()?.name !== this.#listed) this.#turn();
      else if (now.order !== before.order) this.#writeRows();
      else if (now.camera !== before.camera || now.filters !== before.filters || now.ages !== before.ages || now.time !== before.time || now.tables !== before.tables) {
        this.#soon(MOVED_MS);
      }
      if (now.at !== before.at) this.#markCurrent();
    });
    page.subscribe((news, names) => {
      if (news === "drawn") this.#write();
      else if (names.includes(this.#layer()?.name ?? "")) this.#soon(CHANGED_MS);
    });
    subscribe(() => this.#write());
    this.#toggle();
    if (!page.map) page.state.update({ table: true });
  }

  /** Shows or hides the table as the state says. */
  #toggle(): void {
    const open = this.#page.state.get().table;
    const held = this.#host.contains(document.activeElement);
    if (open) this.#before = document.activeElement;
    this.#host.hidden = !open;
    // What is hidden cannot keep the keyboard.
    if (!open && held) this.#giveBack();
    // The map has another size now, and what is in view with it.
    this.#page.map?.resize();
    if (!open) {
      this.#asked?.abort();
      clearTimeout(this.#waiting);
      this.#waiting = undefined;
      return;
    }
    this.#write();
    void this.#load();
  }

  /** Gives the keyboard to what opened the table, else to the map. */
  #giveBack(): void {
    const before = this.#before;
    const there = before instanceof HTMLElement && before !== document.body && before.isConnected;
    (there ? before : document.querySelector<HTMLElement>(".maplibregl-canvas"))?.focus({ preventScroll: true });
  }

  /** Loads after ms, unless it is to happen sooner anyway. */
  #soon(ms: number): void {
    if (this.#host.hidden) return;
    if (ms === CHANGED_MS && this.#waiting !== undefined) return;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => void this.#load(), ms);
  }

  /** The layer that is listed: the chosen one, else the first with data that is shown. */
  #layer(): Layer | undefined {
    const layers = this.#page.layers();
    const { list } = this.#page.state.get();
    const off = this.#page.off();
    const data = layers.filter((l) => !l.role);
    return this.#page.layer(list) ?? data.find((l) => !off.includes(l.name)) ?? data[0] ?? layers[0];
  }

  /** Lists another layer: the one that the state names now. */
  #turn(): void {
    if (this.#host.hidden) return;
    this.#content = undefined;
    this.#listed = this.#layer()?.name;
    this.#layers.value = this.#listed ?? "";
    this.#writeRows();
    void this.#load().then(() => this.#page.announce(this.#caption.textContent || (this.#note.textContent ?? "")));
  }

  async #load(): Promise<void> {
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    const layer = this.#layer();
    this.#listed = layer?.name;
    if (!layer) return;
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    const view = this.#page.state.get();
    const time = this.#page.timeOf(layer.name);
    const query = queryOf(view, layer, time, this.#page.bounds(), LIMIT);
    let content: Content;
    try {
      const answer = query === null ? { features: [] } : await getFeatures(layer.name, query, signal);
      const features = wanted(view, layer, time, answer.features, (field) => this.#page.values(layer.name, field));
      content = { features, asked: answer.features.length, complete: answer.complete !== false, of: shownTable(view, layer) };
    } catch (trouble) {
      if (signal.aborted) return;
      content = { trouble };
    }
    if (signal.aborted) return;
    this.#content = content;
    this.#writeRows();
  }

  /** Writes all of the table. */
  #write(): void {
    if (this.#host.hidden) return;
    this.#host.setAttribute("aria-label", table().table);
    this.#writeBar();
    this.#writeRows();
  }

  #writeBar(): void {
    const held = document.activeElement?.closest("[data-does]")?.getAttribute("data-does");
    const option = (l: Layer) => element("option", { value: l.name }, layerTitle(l));
    const [data, ground] = [this.#page.layers().filter((l) => !l.role), this.#page.layers().filter((l) => l.role)];
    const groups = [...data.map(option)];
    this.#layers.replaceChildren(...groups);
    if (ground.length > 0) this.#layers.append(element("optgroup", { label: shell().baseMap }, ...ground.map(option)));
    const layer = this.#layer();
    this.#layers.value = layer?.name ?? "";
    const label = element("label", { for: "table-layer", class: "unseen" }, table().layer);
    const save = button("save", "download", table().download, table().downloadTitle, () => this.#save());
    const close = button("close", "close", "", table().close, () => this.#page.state.update({ table: false }));
    this.#bar.replaceChildren(label, this.#layers);
    if (!this.#page.map && layer) this.#bar.append(area(this.#page, () => this.#layer()));
    this.#bar.append(save, close);
    if (held) this.#bar.querySelector<HTMLElement>(`[data-does="${held}"]`)?.focus();
  }

  /** Writes the headings and rows, and leaves the keyboard where it is. */
  #writeRows(): void {
    if (this.#host.hidden) return;
    const held = this.#rows.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset : undefined;
    const layer = this.#layer();
    const content = this.#content;
    const features = layer && content && "features" in content ? sorted(layer, content.features, this.#page.state.get().order) : [];
    const columns = layer ? columnsOf(layer) : [];
    this.#caption.textContent = layer && features.length > 0 ? this.#captionOf(layer) : "";
    this.#head.replaceChildren(...(layer && features.length > 0 ? [this.#headings(layer, columns)] : []));
    this.#body.replaceChildren(...(layer ? features.map((f) => this.#row(layer, columns, f)) : []));
    this.#note.textContent = features.length > 0 ? "" : this.#noteOf(layer);
    this.#note.hidden = features.length > 0;
    this.#rows.dataset["state"] = content ? ("trouble" in content ? "trouble" : "ready") : "loading";
    this.#markCurrent();
    if (held) this.#refocus(held);
  }

  #refocus({ row, column }: DOMStringMap): void {
    const all = [...this.#rows.querySelectorAll<HTMLElement>("button")];
    const same = all.find((b) => (row !== undefined ? b.dataset["row"] === row : b.dataset["column"] === column));
    (same ?? this.#rows).focus({ preventScroll: true });
  }

  #captionOf(layer: Layer): string {
    const content = this.#content;
    if (!content || !("features" in content)) return "";
    const title = this.#titleOf(layer);
    const n = content.features.length;
    const what = whatOf(layer, n);
    if (content.complete) return table().all(what, title);
    return n === content.asked ? table().first(what, title) : table().some(what, content.asked, title);
  }

  /** What is listed: a layer, and which of its tables. While another is on its way the rows are of the one before. */
  #titleOf(layer: Layer): string {
    const content = this.#content;
    const of = content && "of" in content ? content.of : shownTable(this.#page.state.get(), layer);
    return [layerTitle(layer), tableText(layer, of)].filter((part) => part !== "").join(" · ");
  }

  #noteOf(layer: Layer | undefined): string {
    const content = this.#content;
    if (!layer) return table().noLayers;
    if (!content) return table().loading;
    if ("trouble" in content) return why(content.trouble);
    const { filters, ages } = this.#page.state.get();
    const title = this.#titleOf(layer);
    if (layer.tables) return tableText(layer, shownTable(this.#page.state.get(), layer)) ? table().emptyTable(title) : tableWords().none;
    if (!filters.has(layer.name) && !ages.has(layer.name) && !this.#page.timeOf(layer.name)) return table().empty(title);
    return content.complete ? table().emptyFiltered(title) : table().some(whatOf(layer, 0), content.asked, title);
  }

  #headings(layer: Layer, columns: readonly Field[]): HTMLElement {
    const label = fieldOf(layer, labelFields(layer)[0]);
    const first = this.#heading(NAMES, label ? titleOf(label) || table().feature : table().id, false);
    return element("tr", {}, first, ...columns.map((f) => this.#heading(f.name, fieldTitle(f), isNumeric(f))));
  }

  #heading(field: string, title: string, numeric: boolean): HTMLElement {
    const order = this.#page.state.get().order;
    const way = order?.field === field ? (order.up ? "ascending" : "descending") : "none";
    const press = element("button", { type: "button", "data-column": field, title: table().sortHint(title) }, title);
    if (way !== "none") press.append(icon(way === "ascending" ? "up" : "down"));
    press.addEventListener("click", () => {
      const next = nextOrder(order, field);
      this.#page.state.update({ order: next });
      this.#page.announce(next ? table().sorted(title, next.up) : table().unsorted);
    });
    const cell = element("th", { scope: "col", ...(numeric && { class: "number" }) }, press);
    cell.setAttribute("aria-sort", way);
    return cell;
  }

  #row(layer: Layer, columns: readonly Field[], feature: Placed): HTMLElement {
    const id = feature.id === undefined ? "" : String(feature.id);
    const name = rowName(layer, feature) || table().feature;
    const hint = feature.geometry && this.#page.map ? table().showOnMap(name) : table().show(name);
    const press = element("button", { type: "button", "data-row": id, title: hint }, name);
    press.addEventListener("click", () => this.#show(layer, feature));
    const row = element("tr", {}, element("th", { scope: "row" }, press));
    for (const field of columns) row.append(this.#cell(layer, field, feature));
    return row;
  }

  #cell(layer: Layer, field: Field, feature: Placed): HTMLElement {
    const properties = feature.properties ?? {};
    if (field.name === layer.draw?.status) {
      const chip = statusChip(this.#page, layer, field, properties);
      return element("td", {}, ...(chip ? [chip] : []));
    }
    const cell = valueCell("td", properties, field) ?? element("td");
    if (isNumeric(field)) cell.className = "number";
    return cell;
  }

  /** Opens a feature, and brings it into view where it is not. */
  #show(layer: Layer, { id, geometry }: Placed): void {
    if (id === undefined) return;
    const extent = extentOf(geometry);
    if (extent && this.#page.map && !isInView(this.#page, extent)) lookAt(this.#page, extent);
    this.#page.state.update({ at: { layer: layer.name, id: String(id) } });
  }

  /** Marks the row of the feature whose fields are open. */
  #markCurrent(): void {
    const { at } = this.#page.state.get();
    const listed = this.#layer()?.name;
    for (const press of this.#body.querySelectorAll<HTMLElement>("[data-row]")) {
      const current = at !== null && at.layer === listed && at.id === press.dataset["row"];
      if (current) press.closest("tr")?.setAttribute("aria-current", "true");
      else press.closest("tr")?.removeAttribute("aria-current");
    }
  }

  #save(): void {
    const layer = this.#layer();
    const content = this.#content;
    if (!layer || !content || !("features" in content)) return;
    const features = sorted(layer, content.features, this.#page.state.get().order);
    const name = fileName(this.#titleOf(layer), new Date(), "csv");
    download(new Blob([csv(featureRows(layer, features))], { type: "text/csv;charset=utf-8" }), name);
    this.#page.announce(table().saved(name, whatOf(layer, features.length)));
  }
}

/** How many rows there are, of what. */
function whatOf(layer: Layer, n: number): string {
  return layer.tables ? tableWords().areas(n) : table().features(n);
}

/** A button of the bar with a drawing and, unless it is empty, a word. */
function button(does: string, drawing: "download" | "close", word: string, title: string, press: () => void): HTMLElement {
  const node = element("button", { type: "button", class: word ? "button" : "icon-button", title, "data-does": does }, icon(drawing), word);
  if (!word) node.setAttribute("aria-label", title);
  node.addEventListener("click", press);
  return node;
}
