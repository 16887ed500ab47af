import { recall, remember } from "./memory";
import { isTheme, type State, type Theme } from "./state";

/** Under what the chosen theme is kept. */
const KEPT = "theme";

const system = window.matchMedia("(prefers-color-scheme: dark)");

/** The theme that somebody chose before, or null. */
export function keptTheme(): Theme | null {
  const kept = recall(KEPT);
  return isTheme(kept) ? kept : null;
}

/** Keeps theme for the next visit; null is the system's again. */
export function keepTheme(theme: Theme | null): void {
  remember(KEPT, theme);
}

/** The theme that the page has: the one asked for, else the system's. */
export function themeOf(asked: Theme | null): Theme {
  return asked ?? (system.matches ? "dark" : "light");
}

/** Gives the page its theme, and calls changed whenever that becomes another. */
export function followTheme(state: State, changed: () => void): void {
  let theme: Theme | undefined;
  const follow = () => {
    const now = themeOf(state.get().theme);
    if (now === theme) return;
    const first = theme === undefined;
    theme = now;
    document.documentElement.dataset["theme"] = now;
    document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", now);
    if (!first) changed();
  };
  follow();
  state.subscribe(follow);
  system.addEventListener("change", follow);
}
