/** How fast a player goes: how long each window is seen at least, in milliseconds. */
export type Speed = "slow" | "normal" | "fast";
export const SPEEDS: Record<Speed, number> = { slow: 2000, normal: 1000, fast: 400 };

/** The same for those who do not want things to move. */
const CALM_MS = 3000;

/** How often it is looked whether a window's tiles have come, and how long they are waited for. */
const LOOK_MS = 50;
const PATIENCE_MS = 5000;

/** What a player plays. */
export interface Played {
  /** Shows the next window, or stops where there is no other. */
  step(): void;
  /** Whether the one that is shown has not all come yet. */
  busy(): boolean;
  /** Whether the reader does not want things to move. */
  calm(): boolean;
  /** Playing began or ended. */
  turned(): void;
}

/** Shows one window after the other, each for a while once it is there, and none while the page is hidden. */
export class Player {
  speed: Speed = "normal";
  readonly #played: Played;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #playing = false;
  #shown = 0;

  constructor(played: Played) {
    this.#played = played;
  }

  get playing(): boolean {
    return this.#playing;
  }

  play(): void {
    if (this.#playing) return;
    this.#playing = true;
    this.#step();
    if (this.#playing) this.#played.turned();
  }

  stop(): void {
    if (!this.#playing) return;
    this.#playing = false;
    clearTimeout(this.#timer);
    this.#played.turned();
  }

  toggle(): void {
    if (this.#playing) this.stop();
    else this.play();
  }

  /** The page is hidden or seen again. */
  visible(seen: boolean): void {
    clearTimeout(this.#timer);
    if (seen && this.#playing) this.#look();
  }

  #step(): void {
    this.#shown = Date.now();
    this.#played.step();
    if (this.#playing) this.#look();
  }

  #look(): void {
    const age = Date.now() - this.#shown;
    const least = this.#played.calm() ? Math.max(CALM_MS, SPEEDS[this.speed]) : SPEEDS[this.speed];
    if (age >= least && (age >= PATIENCE_MS || !this.#played.busy())) this.#step();
    else this.#timer = setTimeout(() => this.#look(), Math.max(LOOK_MS, least - age));
  }
}
