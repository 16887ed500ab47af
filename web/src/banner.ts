import { getBriefs } from "./api";
import { byId } from "./dom";
import { serverTrouble } from "./errors";

/** How long to wait between two questions to a server in trouble. */
const RETRY_MS = 3000;

/** How long one answer may take. */
const PATIENCE_MS = 10_000;

/** A strip over the map that says what is wrong, and watches until the server is well again. */
export class Banner {
  readonly #node = byId("banner");
  #waiting: (() => void)[] = [];

  /** Shows message until hide. */
  show(message: string): void {
    if (this.#node.textContent !== message) this.#node.textContent = message;
    this.#node.hidden = false;
  }

  hide(): void {
    this.#node.hidden = true;
    this.#node.textContent = "";
  }

  /** Shows message and asks the server until it answers; then hides and calls well. */
  async untilWell(message: string, well: () => void): Promise<void> {
    this.show(message);
    this.#waiting.push(well);
    if (this.#waiting.length > 1) return;
    for (let trouble: string | null = message; trouble !== null; ) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      trouble = await health();
      if (trouble !== null) this.show(trouble);
    }
    this.hide();
    for (const call of this.#waiting.splice(0)) call();
  }
}

/** What is wrong with the server, or null when it answers. */
async function health(): Promise<string | null> {
  try {
    await getBriefs(AbortSignal.timeout(PATIENCE_MS));
    return null;
  } catch (error) {
    return serverTrouble(error);
  }
}
