/** The least time between two refreshes of one layer, and how far they are spread by chance. */
const LEAST_MS = 1000;
const JITTER_MS = 250;

/**
 * Has layers drawn anew after changes: each at once when it has rested, else once after its rest,
 * however many changes came meanwhile. A little chance keeps pages that hear of the same change from
 * asking together.
 */
export class Refresher {
  readonly #refresh: (layer: string) => void;
  readonly #chance: () => number;
  readonly #resting = new Map<string, { again: boolean }>();

  /** chance gives numbers from 0 to 1. */
  constructor(refresh: (layer: string) => void, chance: () => number = Math.random) {
    this.#refresh = refresh;
    this.#chance = chance;
  }

  /** Notes that layer has changed. */
  ask(layer: string): void {
    const resting = this.#resting.get(layer);
    if (resting) {
      resting.again = true;
      return;
    }
    const rest = { again: false };
    this.#resting.set(layer, rest);
    const jitter = this.#chance() * JITTER_MS;
    setTimeout(() => this.#refresh(layer), jitter);
    setTimeout(() => {
      this.#resting.delete(layer);
      if (rest.again) this.ask(layer);
    }, jitter + LEAST_MS);
  }
}
