import { getJSON } from "./api";
import { byId } from "./dom";
import { serverTrouble } from "./errors";

/** How long to wait between two questions to a server in trouble. */
const RETRY_MS = 3000;

/** A strip over the map that says what is wrong, and watches until the server is well again. */
export class Banner {
  readonly #node = byId("banner");
  #waiting = false;

  /** Shows message until hide. */
  show(message: string): void {
    if (this.#node.textContent !== message) this.#node.textContent = message;
    this.#node.hidden = false;
  }

  hide(): void {
    this.#node.hidden = true;
    this.#node.textContent = "";
  }

  /** Shows message and asks /layers until it answers; then hides and calls well. */
  async untilWell(message: string, well: () => void): Promise<void> {
    this.show(message);
    if (this.#waiting) return;
    this.#waiting = true;
    for (let trouble: string | null = message; trouble !== null; ) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      trouble = await health();
      if (trouble !== null) this.show(trouble);
    }
    this.#waiting = false;
    this.hide();
    well();
  }
}

/** What is wrong with the server, or null when it answers. */
async function health(): Promise<string | null> {
  try {
    await getJSON<unknown>("layers");
    return null;
  } catch (error) {
    return serverTrouble(error);
  }
}
