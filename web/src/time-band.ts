import type { Layer } from "./api";
import { element } from "./dom";
import { serverTrouble } from "./errors";
import { selectionOf } from "./filters";
import { bars, crowded, fullest, getHistogram, type Histogram } from "./histogram";
import { icon } from "./icons";
import { momentText, spanText, windowText } from "./moments";
import type { Page } from "./page";
import { Player, SPEEDS, type Speed } from "./player";
import type { Span } from "./span";
import { TimeSlider, type Part } from "./time-slider";
import { chosen, firstWindow, focused, next, rangeOf, stepOf, widthOf, within, type Grid, type Range } from "./timeline";
import { layerTitle } from "./titles";
import { why } from "./trouble";
import { subscribe, tag } from "./words/language";
import { tables as tableWords } from "./words/tables";
import { time } from "./words/time";
import { offsetAt } from "./zone";

/** How wide a bar is, in CSS pixels, and how many there are at most. */
const BAR_PX = 7;
const MOST_BARS = 160;

/** How long to wait before bars are counted anew: after the map moved, and after the data did. */
const MOVED_MS = 300;
const CHANGED_MS = 3000;

/** How long to wait before they are counted again where the server did not answer. */
const AGAIN_MS = 10_000;

/** How often the crowded part of a range is looked for in the one that was found. */
const MOST_AIMS = 4;

/** What the band asks of the page beside what all parts do. */
export interface TimedPage extends Page {
  /** Whether tiles of the time that was chosen last are still on their way. */
  readonly retiming: boolean;
}

/** The band along the map's lower edge that chooses a time: a window on the times of all layers that are shown. */
export class TimeBand {
  readonly #page: TimedPage;
  readonly #host: HTMLElement;
  readonly #player: Player;
  readonly #bars = bars();
  readonly #slider = new TimeSlider(this.#bars.node, (window) => this.#choose(window));
  readonly #play = button("play", () => this.#player.toggle());
  readonly #now = element("output", { class: "time-now", "aria-live": "off" });
  readonly #speed = element("select", { class: "field" });
  readonly #all = element("button", { type: "button", class: "button", "data-does": "all" });
  readonly #close = button("close", () => this.close());
  readonly #ends = element("p", { class: "time-ends" });
  readonly #note = element("p", { class: "time-note" });
  #histogram: Histogram | null = null;
  /** Why there is no histogram, once that is known. */
  #trouble: unknown = null;
  /** Where nearly all features of these layers are: a few that are years older must not make all others a line. */
  #focus: Span | null = null;
  #focusOf = "";
  /** How wide the window is that plays, where no end cuts it. */
  #width = 0;
  #before: HTMLElement | null = null;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  /** Whether bars were to be counted while nobody saw the page. */
  #unseen = false;
  #asked: AbortController | undefined;

  constructor(page: TimedPage, host: HTMLElement) {
    this.#page = page;
    this.#host = host;
    this.#player = new Player({
      step: () => this.#step(), busy: () => page.retiming, calm: () => matchMedia("(prefers-reduced-motion: reduce)").matches, turned: () => this.#turned(),
    });
    this.#all.addEventListener("click", () => this.#showAll());
    this.#speed.addEventListener("change", () => (this.#player.speed = this.#speed.value as Speed));
    host.append(
      element("div", { class: "time-bar" }, this.#play, this.#now, this.#speed, this.#all, this.#close),
      this.#slider.node, this.#ends, this.#note,
    );
    host.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("visibilitychange", () => {
      this.#player.visible(!document.hidden);
      if (!document.hidden && this.#unseen) this.#count(0);
    });
    page.state.subscribe((now, before) => {
      // Without the band a time comes from an address only; with one the page opens as it does here.
      if (now.time && !before.time && this.#host.hidden && this.#range()) this.open();
      else if (now.time !== before.time) this.#write();
      if (now.off !== before.off) this.#refresh(MOVED_MS);
      else if (now.camera !== before.camera || now.filters !== before.filters || now.ages !== before.ages) this.#count(MOVED_MS);
    });
    page.subscribe((news) => this.#refresh(news === "drawn" ? MOVED_MS : CHANGED_MS));
    subscribe(() => this.#write());
    const measure = () => document.documentElement.style.setProperty("--time-height", `${host.hidden ? 0 : host.offsetHeight}px`);
    new ResizeObserver(measure).observe(host);
    if (page.state.get().time && this.#range()) this.open();
  }

  get isOpen(): boolean {
    return !this.#host.hidden;
  }

  /** Whether there is a layer whose features have times. */
  get useful(): boolean {
    return this.#page.layers().some(({ name }) => this.#page.isTimed(name));
  }

  /** Opens the band; with the keyboard in it, which goes back to where it was when it is closed. */
  open(focus = false): void {
    if (focus) this.#before = document.activeElement as HTMLElement | null;
    this.#host.hidden = false;
    this.#host.dispatchEvent(new Event("toggle"));
    this.#write();
    this.#count(0);
    if (focus) (this.#range() ? this.#play : this.#close).focus();
  }

  /** Closes the band. The time that was chosen stays. */
  close(): void {
    const held = this.#host.contains(document.activeElement);
    this.#player.stop();
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#asked?.abort();
    this.#host.hidden = true;
    this.#host.dispatchEvent(new Event("toggle"));
    if (held) (this.#before?.isConnected ? this.#before : document.querySelector<HTMLElement>('[data-tool="time"]'))?.focus({ preventScroll: true });
    this.#before = null;
  }

  /** The layers that the time selects from, of those that are shown, else of all. */
  #timed(): Layer[] {
    const [off, timed] = [this.#page.off(), this.#page.layers().filter(({ name }) => this.#page.isTimed(name))];
    const shown = timed.filter(({ name }) => !off.includes(name));
    return shown.length > 0 ? shown : timed;
  }

  #range(): Range | null {
    const timed = this.#timed();
    const whole = rangeOf(timed);
    return whole && this.#focusOf === namesOf(timed).join() ? focused(whole, this.#focus, this.#page.state.get().time) : whole;
  }

  #window(range: Range): Range {
    return within(this.#page.state.get().time, range);
  }

  #choose(window: Range): void {
    const range = this.#range();
    if (!range) return;
    this.#width = widthOf(window, gridOf(range));
    this.#page.state.update({ time: chosen(window, range) });
  }

  #showAll(): void {
    this.#player.stop();
    this.#page.state.update({ time: null });
    this.#page.announce(time().allShown);
  }

  /** Shows the next window while it plays. */
  #step(): void {
    const range = this.#range();
    if (!range) return;
    const grid = gridOf(range);
    const window = this.#window(range);
    if (range.to - range.from <= grid.step) {
      this.#player.stop(); // there is one window only
      return;
    }
    if (window.from <= range.from && window.to >= range.to) {
      this.#choose(firstWindow(range, grid));
      return;
    }
    const width = Math.max(this.#width, widthOf(window, grid));
    // Those who do not want things to move see each time once.
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#choose(next(window, range, calm ? width : Math.min(grid.step, width), width, grid));
    this.#width = width;
  }

  #turned(): void {
    const range = this.#range();
    this.#write();
    if (this.#player.playing) this.#page.announce(time().playing);
    else if (range) this.#page.announce(time().paused(windowText(this.#window(range), stepOf(range))));
  }

  #key(event: KeyboardEvent): void {
    const { key, target } = event;
    if (key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (key === " " && target instanceof Element && target.matches('[role="slider"]')) {
      event.preventDefault();
      this.#player.toggle();
    }
  }

  /** Layers are shown or hidden, or have changed. */
  #refresh(ms: number): void {
    if (this.#host.hidden) return;
    this.#write();
    this.#count(ms);
  }

  /** Counts the bars after ms, unless they are to be counted sooner anyway. */
  #count(ms: number): void {
    if (this.#host.hidden || (ms === CHANGED_MS && this.#waiting !== undefined)) return;
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => void this.#load(), ms);
  }

  async #load(): Promise<void> {
    this.#waiting = undefined;
    this.#unseen = document.hidden;
    if (!this.#range() || this.#unseen) return;
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    const bins = Math.min(MOST_BARS, Math.max(10, Math.floor(this.#slider.node.clientWidth / BAR_PX)));
    const { state } = this.#page;
    const timed = this.#timed();
    const selected = timed.map((layer) => ({ name: layer.name, selection: selectionOf(state.get(), layer, (field) => this.#page.values(layer.name, field)) }));
    try {
      await this.#aim(namesOf(timed), signal);
      const range = this.#range();
      const histogram = range && (await getHistogram(selected, range, bins, this.#page.bounds(), signal));
      if (signal.aborted) return;
      [this.#histogram, this.#trouble] = [histogram, null];
    } catch (trouble) {
      if (signal.aborted) return;
      [this.#histogram, this.#trouble] = [null, trouble]; // the sliders work without
      if (serverTrouble(trouble) !== null) this.#count(AGAIN_MS);
    }
    this.#write();
  }

  /** Finds out where nearly all features of layers are, once. */
  async #aim(names: readonly string[], signal: AbortSignal): Promise<void> {
    const whole = rangeOf(this.#timed());
    if (!whole || this.#focusOf === names.join()) return;
    let range = whole;
    for (let i = 0; i < MOST_AIMS; i++) {
      const part = crowded(await getHistogram(names.map((name) => ({ name, selection: {} })), range, MOST_BARS, null, signal));
      if (part.to - part.from > (range.to - range.from) / 2) break;
      range = part;
    }
    this.#focus = chosen(range, whole);
    this.#focusOf = names.join();
  }

  /** Writes all of the band. */
  #write(): void {
    if (this.#host.hidden) return;
    const range = this.#range();
    const words = time();
    this.#host.setAttribute("aria-label", words.time);
    this.#host.dataset["empty"] = String(!range);
    const span = this.#page.state.get().time;
    this.#writeBar(span === null);
    if (!range) {
      this.#now.textContent = words.untimed;
      return;
    }
    const [step, window] = [stepOf(range), this.#window(range)];
    // A link may be of a time of which there is nothing any more.
    this.#now.textContent = span === null ? words.all : window.from < window.to ? windowText(window, step) : spanText(span);
    this.#slider.show({
      range, window, grid: gridOf(range),
      name: (part) => ({ from: words.from, window: words.window, to: words.to })[part],
      text: (part) => this.#textOf(part, range, window, step),
    });
    this.#bars.draw(this.#histogram, range, window);
    this.#bars.node.setAttribute("aria-label", this.#countsOf(step));
    this.#writeEnds(range, step);
    const off = this.#page.off();
    const others = this.#page.layers().filter(({ name, role }) => !role && !off.includes(name) && !this.#page.isTimed(name));
    const named = (list: readonly Layer[]) => new Intl.ListFormat(tag()).format(list.map(layerTitle));
    const [counted, whole] = [others.filter(({ tables }) => tables), others.filter(({ tables }) => !tables)];
    const notes = [...(this.#trouble ? [words.uncounted(why(this.#trouble))] : []), ...(whole.length > 0 ? [words.whole(named(whole))] : []), ...(counted.length > 0 ? [tableWords().ownPeriods(named(counted))] : [])];
    this.#note.hidden = notes.length === 0;
    this.#note.textContent = this.#note.title = notes.join(" · ");
  }

  /** What the bars say. */
  #countsOf(step: number): string {
    const words = time();
    if (this.#trouble) return words.uncounted(why(this.#trouble));
    if (!this.#histogram) return words.counting;
    const { n, at } = fullest(this.#histogram);
    return n > 0 ? words.features(n, momentText(at, step)) : words.none;
  }

  /** Writes the ends of the track; where the range goes on beyond one, as a button that shows all of it. */
  #writeEnds(range: Range, step: number): void {
    const whole = rangeOf(this.#timed()) ?? range;
    const ends = (["from", "to"] as const).map((end) => ({ text: momentText(range[end], step), beyond: whole[end] === range[end] ? "" : momentText(whole[end], step) }));
    const key = JSON.stringify([ends, tag()]);
    if (this.#ends.dataset["key"] === key) return; // a button keeps the keyboard
    this.#ends.dataset["key"] = key;
    this.#ends.replaceChildren(...ends.map(({ text, beyond }) => {
      if (!beyond) return element("span", {}, text);
      const node = element("button", { type: "button", class: "time-wider", title: time().wider(beyond) }, text, icon("wider"));
      node.setAttribute("aria-label", time().wider(beyond));
      node.addEventListener("click", () => this.#widen());
      return node;
    }));
  }

  /** Shows all of the range, strays too. */
  #widen(): void {
    this.#focus = null;
    this.#write();
    this.#count(0);
    this.#play.focus();
  }

  #writeBar(all: boolean): void {
    const words = time();
    const playing = this.#player.playing;
    const title = playing ? words.pause : words.play;
    if (this.#play.title !== title) {
      this.#play.replaceChildren(icon(playing ? "pause" : "play"));
      name(this.#play, title);
    }
    name(this.#close, words.close);
    this.#all.textContent = words.all;
    this.#all.title = words.showAll;
    this.#all.setAttribute("aria-pressed", String(all));
    this.#speed.setAttribute("aria-label", words.speed);
    const speeds = Object.keys(SPEEDS) as Speed[];
    if (this.#speed.options[0]?.text !== words.speeds.slow) {
      this.#speed.replaceChildren(...speeds.map((speed) => element("option", { value: speed }, words.speeds[speed])));
      this.#speed.value = this.#player.speed;
    }
  }

  #textOf(part: Part, range: Range, window: Range, step: number): string {
    const words = time();
    if (part === "window") return windowText(window, step);
    if (part === "from") return window.from <= range.from ? words.beginning(momentText(window.from, step)) : momentText(window.from, step);
    return window.to >= range.to ? words.end(momentText(window.to, step)) : momentText(window.to, step);
  }
}

/** Where the handles of a range rest: at whole steps of the city's clocks. */
function gridOf(range: Range): Grid {
  return { step: stepOf(range), clocks: offsetAt };
}

function namesOf(layers: readonly Layer[]): string[] {
  return layers.map(({ name }) => name);
}

function button(does: "play" | "close", press: () => void): HTMLButtonElement {
  const node = element("button", { type: "button", class: "icon-button", "data-does": does }, icon(does));
  node.addEventListener("click", press);
  return node;
}

function name(node: HTMLElement, title: string): void {
  node.title = title;
  node.setAttribute("aria-label", title);
}
