import { getBriefs } from "./api";
import { byId } from "./dom";
import { serverTrouble } from "./errors";
import { subscribe } from "./words/language";

/** How long to wait between two questions to a server in trouble, at first and at most. */
const RETRY_MS = 3000;
const MAX_RETRY_MS = 60_000;

/** A strip over the map that says what is wrong, and watches until the server is well again. */
export class Banner {
  readonly #node = byId("banner");
  readonly #waiting = new Set<() => void>();
  #message = () => "";
  #watching = false;
  #wait = RETRY_MS;
  #well = 0;

  constructor() {
    subscribe(() => this.#node.hidden || this.show(this.#message));
  }

  /** Shows message, in the page's language of the moment, until hide. */
  show(message: () => string): void {
    this.#message = message;
    const text = message();
    if (this.#node.textContent !== text) this.#node.textContent = text;
    this.#node.hidden = false;
  }

  /** Takes away what is shown, unless that is about a server that is still in trouble. */
  hide(): void {
    if (this.#watching) return;
    this.#node.hidden = true;
    this.#node.textContent = "";
  }

  /**
   * Says what is wrong with the server and asks it until it answers; then hides and calls well, once
   * however often it was given. What fails again soon after is tried again ever more rarely.
   */
  async untilWell(error: unknown, well: () => void): Promise<void> {
    this.#waiting.add(well);
    if (this.#watching) return;
    this.#watching = true;
    this.#wait = Date.now() - this.#well < 2 * this.#wait ? Math.min(2 * this.#wait, MAX_RETRY_MS) : RETRY_MS;
    for (let trouble: unknown = error; trouble !== null; trouble = await health()) {
      const told = trouble;
      this.show(() => serverTrouble(told) ?? "");
      await new Promise((resolve) => setTimeout(resolve, this.#wait));
    }
    this.#watching = false;
    this.#well = Date.now();
    this.hide();
    const calls = [...this.#waiting];
    this.#waiting.clear();
    for (const call of calls) call();
  }
}

/** The trouble that the server is in, or null when it answers. */
async function health(): Promise<unknown> {
  try {
    await getBriefs();
    return null;
  } catch (error) {
    return serverTrouble(error) === null ? null : error;
  }
}
