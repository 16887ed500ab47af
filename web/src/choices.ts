import { element } from "./dom";
import { icon } from "./icons";
import type { Page } from "./page";
import type { Theme } from "./state";
import { keepTheme } from "./theme";
import { current, keep, subscribe, type Lang } from "./words/language";
import { shell } from "./words/shell";

/** The themes in the order in which the button gives them; null is the system's. */
const THEMES: readonly (Theme | null)[] = [null, "light", "dark"];
const ICONS = { auto: "auto", light: "sun", dark: "moon" } as const;

/** Fills host with the buttons for theme and language. */
export function mountChoices(page: Pick<Page, "state" | "announce">, host: HTMLElement): void {
  const { state } = page;
  const theme = element("button", { type: "button", class: "icon-button", id: "theme" });
  const language = element("button", { type: "button", class: "icon-button language", id: "language" });
  theme.addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(state.get().theme) + 1) % THEMES.length] ?? null;
    keepTheme(next);
    state.update({ theme: next });
    page.announce(shell().theme[next ?? "auto"]);
  });
  language.addEventListener("click", () => {
    const next: Lang = current() === "en" ? "zh" : "en";
    keep(next);
    state.update({ lang: next });
    page.announce(shell().language);
  });
  const writeTheme = () => {
    const now = state.get().theme ?? "auto";
    theme.replaceChildren(icon(ICONS[now]));
    theme.title = shell().themeButton(shell().theme[now]);
    theme.setAttribute("aria-label", theme.title);
  };
  const write = () => {
    writeTheme();
    const other = current() === "en" ? "zh-CN" : "en";
    language.replaceChildren(element("span", { lang: other }, shell().otherLanguage));
    language.title = shell().switchLanguage;
    language.setAttribute("lang", other);
  };
  write();
  state.subscribe((now, before) => now.theme !== before.theme && writeTheme());
  subscribe(write);
  host.replaceChildren(language, theme);
}
