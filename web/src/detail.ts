import { AGE_MS, newest, oldest } from "./ages";
import type { Field, Layer } from "./api";
import { cellsAt, legendAt } from "./cells";
import { element } from "./dom";
import type { CellKind, Drawn, LegendEntry } from "./drawn";
import { cellTitle, entryText, isOfNumbers, legendTitle } from "./legend";
import { mark } from "./marks";
import { TablePicker } from "./table-picker";
import { kindOfPeriod, shownTable } from "./tables";
import { AGES, withAge, withFilter, type Age, type Wanted } from "./state";
import { fieldTitle, valueTitle } from "./titles";
import type { Viewer } from "./viewer";
import { cells as cellWords } from "./words/cells";
import { count, dayText, shell } from "./words/shell";
import { tables as tableWords } from "./words/tables";

/** One thing that can be shown or not: a value, or null for all that are not listed. */
interface Choice {
  value: string | null;
  /** What looks off when it is not shown. */
  node: HTMLElement;
  box: HTMLInputElement;
  count: HTMLElement;
}

/** The choices of one field. */
interface Choices {
  field: string;
  list: Choice[];
}

/** What unfolds below a layer: its legend, by which it is filtered too, its status and its age. */
export class LayerDetail {
  readonly node = element("div", { class: "detail" });
  readonly #viewer: Viewer;
  readonly #drawn: Drawn;
  readonly #choices: Choices[] = [];
  readonly #ages = new Map<Age | null, HTMLInputElement>();
  readonly #note = element("p", { class: "note" });
  readonly #reset: HTMLButtonElement;
  /** The legend of the cells that are shown at the zoom of the moment. */
  readonly #cells = element("fieldset", { class: "legend cells", hidden: "" });
  readonly #cellsNote = element("p", { class: "note", hidden: "" });
  readonly #picker: TablePicker | undefined;
  #shown: readonly LegendEntry[] | undefined;
  #shownTitle = "";
  readonly #offered: Offer;
  readonly empty: boolean;

  /** The detail of a layer; it is empty when there is nothing to say and nothing to choose. */
  constructor(viewer: Viewer, drawn: Drawn) {
    this.#viewer = viewer;
    this.#drawn = drawn;
    const layer = viewer.layer(drawn.name);
    this.#picker = layer?.tables && new TablePicker(viewer, layer);
    if (this.#picker) this.node.append(this.#picker.node);
    // Hot spots are chosen from, as values are; of counts there is a legend for each zoom.
    const counted = drawn.cells !== undefined && drawn.cells.kind !== "hotspots";
    if (counted) this.node.append(this.#cells);
    if (drawn.legend.length > 1 && !(counted && drawn.cells?.below === undefined)) this.node.append(this.#legend(layer));
    const { statuses, ages } = (this.#offered = offer(viewer, drawn));
    const status = layer?.fields.find((f) => f.name === layer.draw?.status);
    if (status && statuses.length > 1) this.#addStatuses(status, statuses);
    if (ages.length > 0) this.#addAges(ages);
    if (this.#choices.length > 0 || ages.length > 0) this.node.append(this.#cellsNote);
    this.empty = !this.node.hasChildNodes();
    this.#reset = element("button", { type: "button", class: "button reset" }, shell().reset);
    this.#reset.addEventListener("click", () => this.#clear());
    this.node.append(this.#reset);
    this.refresh();
    this.sync();
  }

  /** Whether the catalogue has come to know statuses or ages that this does not offer. */
  outgrown(): boolean {
    const { statuses, ages } = offer(this.#viewer, this.#drawn);
    return statuses.some((s) => !this.#offered.statuses.includes(s)) || ages.some((age) => !this.#offered.ages.includes(age));
  }

  /** Shows what the state says. */
  sync(): void {
    this.#picker?.sync();
    const { filters, ages, camera } = this.#viewer.state.get();
    const wanted = filters.get(this.#drawn.name);
    for (const { field, list } of this.#choices) {
      const of = wanted?.get(field);
      for (const { value, box, node } of list) {
        box.checked = of === undefined || (value === null ? of.others : of.values.includes(value));
        node.dataset["off"] = String(!box.checked);
      }
    }
    this.#syncCells(camera?.zoom ?? 0);
    const age = ages.get(this.#drawn.name) ?? null;
    for (const [key, box] of this.#ages) box.checked = key === age;
    this.#note.hidden = age === null;
    this.#reset.hidden = wanted === undefined && age === null;
  }

  /** Shows what the catalogue says. */
  refresh(): void {
    const layer = this.#viewer.layer(this.#drawn.name);
    if (!layer) return;
    this.#picker?.sync();
    for (const { field, list } of this.#choices) {
      const common = layer.fields.find((f) => f.name === field)?.common ?? [];
      const counts = new Map(common.map((c) => [String(c.value), c.count]));
      const all = this.#viewer.described(layer.name)?.count ?? layer.count;
      const listed = list.reduce((sum, { value }) => sum + (value === null ? 0 : (counts.get(value) ?? 0)), 0);
      for (const choice of list) {
        const n = choice.value === null ? all - listed : counts.get(choice.value);
        choice.count.textContent = n === undefined || n < 0 ? "" : count(n);
      }
    }
    const last = newest(layer);
    const zoom = layer.fields.find((f) => f.name === layer.time_field)?.from_zoom ?? 0;
    if (last) this.#note.textContent = shell().ageNote(dayText(last)) + (zoom > 0 ? ` ${shell().ageZoom(zoom)}` : "");
  }

  /** Shows the legend of the cells at zoom, and while there are some that filters wait. */
  #syncCells(zoom: number): void {
    const cells = cellsAt(this.#drawn, zoom);
    this.#cells.hidden = cells === undefined;
    const below = cells?.below;
    this.#cellsNote.hidden = below === undefined;
    if (below !== undefined) this.#cellsNote.textContent = cellWords().filtersFrom(below);
    if (!cells || cells.kind === "hotspots") return;
    const { legend } = legendAt(this.#drawn, zoom);
    const title = this.#cellsTitle(cells.kind);
    if (legend === this.#shown && title === this.#shownTitle) return;
    [this.#shown, this.#shownTitle] = [legend, title];
    this.#cells.replaceChildren(
      element("legend", {}, title), ...legend.map((entry) => element("div", { class: "entry" }, ...this.#look(entry))),
    );
  }

  /** What stands above the legend of cells: of a view of counts, of how long a period they are. */
  #cellsTitle(kind: CellKind): string {
    const table = shownTable(this.#viewer.state.get(), this.#viewer.layer(this.#drawn.name));
    return table?.period ? tableWords().legend[kindOfPeriod(table.period)] : cellTitle(kind);
  }

  #legend(layer: Layer | undefined): HTMLElement {
    const { legend, field, role } = this.#drawn;
    const described = layer?.fields.find((f) => f.name === field);
    const title = this.#drawn.cells?.kind === "hotspots" ? cellTitle("hotspots") : legendTitle(this.#drawn, layer);
    const set = element("fieldset", { class: "legend" }, element("legend", {}, title));
    // Ground is not chosen from.
    if (role !== "" || isOfNumbers(legend)) {
      set.append(...legend.map((entry) => element("div", { class: "entry" }, ...this.#look(entry))));
      return set;
    }
    const choices: Choices = { field, list: [] };
    for (const entry of byCount(legend, described)) {
      const value = entry.value ?? null;
      const choice = this.#choice(choices, value, element("div", { class: "entry-row" }));
      const look = this.#look(entry);
      choice.node.append(
        element("label", { class: "entry" }, choice.box, ...look, choice.count),
        this.#only(choices, value, entry.title || shell().others),
      );
      set.append(choice.node);
    }
    this.#choices.push(choices);
    return set;
  }

  #look(entry: LegendEntry): (Element | string)[] {
    return [mark(entry, this.#viewer.sprite), element("span", { class: "title" }, entryText(entry))];
  }

  #addStatuses(field: Field, values: readonly string[]): void {
    const choices: Choices = { field: field.name, list: [] };
    const chips = element("div", { class: "chips" });
    for (const value of values) {
      const choice = this.#choice(choices, value, element("label", { class: "chip" }));
      choice.node.append(choice.box, valueTitle(field, value), " ", choice.count);
      chips.append(choice.node);
    }
    this.#choices.push(choices);
    this.node.append(element("fieldset", { class: "statuses" }, element("legend", {}, fieldTitle(field)), chips));
  }

  #addAges(ages: readonly Age[]): void {
    const chips = element("div", { class: "chips" });
    for (const age of [null, ...ages]) {
      const box = element("input", { type: "radio", name: `age-${this.#drawn.name}` });
      box.addEventListener("change", () => this.#setAge(age));
      this.#ages.set(age, box);
      chips.append(element("label", { class: "chip" }, box, shell().ages[age ?? "all"]));
    }
    const set = element("fieldset", { class: "age-choice" }, element("legend", {}, shell().age), chips, this.#note);
    this.node.append(set);
  }

  #choice(choices: Choices, value: string | null, node: HTMLElement): Choice {
    const choice = { value, node, box: element("input", { type: "checkbox" }), count: element("span", { class: "count" }) };
    choice.box.addEventListener("change", () => this.#setFilter(choices));
    choices.list.push(choice);
    return choice;
  }

  #only(choices: Choices, value: string | null, title: string): HTMLElement {
    const button = element("button", { type: "button", class: "icon-button only", "aria-label": shell().only(title) }, shell().onlyShort);
    button.addEventListener("click", () => {
      for (const choice of choices.list) choice.box.checked = choice.value === value;
      this.#setFilter(choices, value === null);
    });
    return button;
  }

  /**
   * Makes the boxes the filter of their field; all of them together are none. What the legend does not
   * list stays, as others says, until somebody asks for one thing only.
   */
  #setFilter({ field, list }: Choices, others?: boolean): void {
    const { state } = this.#viewer;
    const { filters } = state.get();
    const on = list.filter(({ box }) => box.checked);
    const rest = list.find(({ value }) => value === null);
    const wanted: Wanted = {
      values: on.flatMap(({ value }) => (value === null ? [] : [value])),
      others: others ?? rest?.box.checked ?? filters.get(this.#drawn.name)?.get(field)?.others ?? true,
    };
    const all = on.length === list.length;
    state.update({ filters: withFilter(filters, this.#drawn.name, field, all ? null : wanted) });
    const { title } = this.#drawn;
    this.#viewer.announce(all ? shell().unfiltered(title) : shell().filtered(title, on.length, list.length));
  }

  #setAge(age: Age | null): void {
    const { state } = this.#viewer;
    state.update({ ages: withAge(state.get().ages, this.#drawn.name, age) });
    this.#viewer.announce(shell().aged(this.#drawn.title, shell().ages[age ?? "all"]));
  }

  #clear(): void {
    const { state } = this.#viewer;
    const filters = new Map(state.get().filters);
    filters.delete(this.#drawn.name);
    state.update({ filters, ages: withAge(state.get().ages, this.#drawn.name, null) });
    this.#viewer.announce(shell().unfiltered(this.#drawn.title));
    this.node.querySelector<HTMLElement>("input")?.focus();
  }
}

/** What of a layer can be chosen beside its legend. */
interface Offer {
  statuses: readonly string[];
  ages: readonly Age[];
}

/** The statuses of a layer that its legend does not list, and the ages that leave some of it out. */
function offer(viewer: Viewer, { name, field, role, cells }: Drawn): Offer {
  const layer = viewer.layer(name);
  if (!layer || role !== "") return { statuses: [], ages: [] };
  const status = layer.draw?.status;
  const [first, last] = [oldest(layer), newest(layer)];
  const span = first && last ? last.getTime() - first.getTime() : 0;
  return {
    statuses: status !== undefined && status !== field ? viewer.values(name, status) : [],
    // Cells at all zooms count what is of any age, however new the newest of it is.
    ages: cells && cells.below === undefined ? [] : AGES.filter((age) => AGE_MS[age] < span),
  };
}

/** A legend with what most features are first, and what it does not list last. */
function byCount(legend: readonly LegendEntry[], field: Field | undefined): LegendEntry[] {
  const counts = new Map(field?.common?.map((c) => [String(c.value), c.count]));
  const rank = ({ value }: LegendEntry) => (value === undefined ? -1 : (counts.get(value) ?? 0));
  return [...legend].sort((a, b) => rank(b) - rank(a));
}
