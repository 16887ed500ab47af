import type { Layer } from "./api";
import { element } from "./dom";
import { icon } from "./icons";
import { ALL, choiceOf, daysText, kindOfPeriod, periodBeside, periodText, setText, shownTable, tableText, withTable, type Choice } from "./tables";
import { layerTitle } from "./titles";
import type { Page } from "./page";
import { tables as words } from "./words/tables";

/** Chooses which table of a view of counts is shown: one of its periods, and one of its sets. */
export class TablePicker {
  readonly node = element("div", { class: "tables" });
  readonly #page: Page;
  readonly #layer: string;
  readonly #select = element("select", { class: "field", "data-does": "period" });
  readonly #earlier = step("earlier", "left", () => this.#step(-1));
  readonly #later = step("later", "right", () => this.#step(1));
  readonly #sets = new Map<string, HTMLInputElement>();
  readonly #note = element("p", { class: "note" });
  #listed = "";

  constructor(page: Page, layer: Layer) {
    this.#page = page;
    this.#layer = layer.name;
    this.#select.setAttribute("aria-label", words().period);
    this.#select.addEventListener("change", () => this.#choose({ period: this.#select.value || null }));
    name(this.#earlier, words().earlier);
    name(this.#later, words().later);
    if (layer.tables?.by !== "none") {
      this.node.append(element(
        "fieldset", { class: "period-choice" }, element("legend", {}, words().period),
        element("div", { class: "stepper" }, this.#earlier, this.#select, this.#later),
      ));
    }
    if (layer.tables && layer.tables.sets.length > 1) this.node.append(this.#setChoice(layer));
    this.node.append(this.#note);
    this.sync();
  }

  /** Shows what the state and the catalogue say. */
  sync(): void {
    const layer = this.#page.layer(this.#layer);
    const choice = choiceOf(this.#page.state.get(), layer);
    const table = shownTable(this.#page.state.get(), layer);
    if (!layer?.tables || !choice || !table) return;
    const { periods, least, reason } = layer.tables;
    this.#list(periods);
    this.#select.value = choice.period ?? "";
    this.#select.disabled = periods.length === 0;
    for (const [button, by] of [[this.#earlier, -1], [this.#later, 1]] as const) {
      const there = table.period !== null && periodBeside(periods, table.period, by) !== null;
      button.setAttribute("aria-disabled", String(!there)); // a button that is disabled loses the keyboard
    }
    for (const [set, box] of this.#sets) box.checked = set === table.set;
    const notes = [...(periods.length === 0 ? [words().none] : []), words().least(least), ...(reason ? [reason] : [])];
    this.#note.textContent = notes.join(" ");
  }

  /** Lists the periods, the newest first, weeks apart from days. */
  #list(periods: readonly string[]): void {
    const [newest] = periods;
    if (this.#listed === periods.join()) return;
    this.#listed = periods.join();
    const option = (period: string) => element("option", { value: period }, periodText(period));
    const of = (kind: string) => periods.filter((p) => kindOfPeriod(p) === kind).map(option);
    const [days, weeks] = [of("day"), of("week")];
    const both = days.length > 0 && weeks.length > 0;
    this.#select.replaceChildren(
      element("option", { value: "" }, newest === undefined ? "–" : words().latest(daysText(newest))),
      ...(both ? [element("optgroup", { label: words().days }, ...days), element("optgroup", { label: words().weeks }, ...weeks)] : [...days, ...weeks]),
    );
  }

  #setChoice(layer: Layer): HTMLElement {
    const chips = element("div", { class: "chips" });
    for (const { name: set } of layer.tables?.sets ?? []) {
      const box = element("input", { type: "radio", name: `set-${layer.name}`, value: set });
      box.addEventListener("change", () => this.#choose({ set: set === ALL ? null : set }));
      this.#sets.set(set, box);
      chips.append(element("label", { class: "chip" }, box, layer.tables ? setText(layer.tables, set) : set));
    }
    return element("fieldset", { class: "set-choice" }, element("legend", {}, words().set), chips);
  }

  /** Shows the period before or after. The newest one is the latest from then on, whichever that is. */
  #step(by: -1 | 1): void {
    const layer = this.#page.layer(this.#layer);
    const table = shownTable(this.#page.state.get(), layer);
    const periods = layer?.tables?.periods ?? [];
    const next = table?.period ? periodBeside(periods, table.period, by) : null;
    if (next !== null) this.#choose({ period: next === periods[0] ? null : next });
  }

  #choose(part: Partial<Choice>): void {
    const { state } = this.#page;
    const layer = this.#page.layer(this.#layer);
    const choice = choiceOf(state.get(), layer);
    if (!layer || !choice) return;
    state.update({ tables: withTable(state.get().tables, layer.name, { ...choice, ...part }) });
    this.#page.announce(words().shown(layerTitle(layer), tableText(layer, shownTable(state.get(), layer))));
  }
}

function step(does: string, drawing: "left" | "right", press: () => void): HTMLButtonElement {
  const node = element("button", { type: "button", class: "icon-button", "data-does": does }, icon(drawing));
  node.addEventListener("click", press);
  return node;
}

function name(node: HTMLElement, title: string): void {
  node.title = title;
  node.setAttribute("aria-label", title);
}
