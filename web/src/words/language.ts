import { recall, remember } from "../memory";

/** The languages that the page speaks. */
export type Lang = "en" | "zh";

/** Under what the chosen language is kept. */
const KEPT = "lang";

let lang: Lang = "en";
const listeners = new Set<() => void>();

/** The page's language of the moment. */
export function current(): Lang {
  return lang;
}

/** Speaks next from now on and tells all that subscribed. */
export function set(next: Lang): void {
  if (next === lang) return;
  lang = next;
  for (const listener of [...listeners]) listener();
}

/** The language that somebody chose before, or null. */
export function kept(): Lang | null {
  const lang = recall(KEPT);
  return isLang(lang) ? lang : null;
}

/** Keeps next for the next visit, because somebody chose it. */
export function keep(next: Lang): void {
  remember(KEPT, next);
}

/** Calls listener after every change of the language, until what it returns is called. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The language to start with: asked for by the address, else chosen before, else the reader's. */
export function detect(asked: Lang | null): Lang {
  return pick(asked, kept(), navigator.languages);
}

/** asked, else chosen, else the first of preferred that the page speaks, else English. */
export function pick(asked: Lang | null, chosen: Lang | null, preferred: readonly string[]): Lang {
  if (asked) return asked;
  if (chosen) return chosen;
  for (const tag of preferred) {
    const primary = tag.toLowerCase().split("-")[0];
    if (isLang(primary)) return primary;
  }
  return "en";
}

export function isLang(value: unknown): value is Lang {
  return value === "en" || value === "zh";
}

/** The language as the attribute lang and Intl take it. */
export function tag(): "en" | "zh-CN" {
  return lang === "zh" ? "zh-CN" : "en";
}

/** As tag, for dates: in English days come before months, as those who read a city's data abroad expect. */
export function dateTag(): "en-GB" | "zh-CN" {
  return lang === "zh" ? "zh-CN" : "en-GB";
}

/**
 * Makes what gives a part's words in the language of the moment, so that they must be asked for each
 * time something is written:
 *
 *     export const table = speaks({ en, zh });   // in words/table.ts
 *     caption.textContent = table().caption(12); // where it is used
 */
export function speaks<T>(words: Record<Lang, T>): () => T {
  return () => words[lang];
}
