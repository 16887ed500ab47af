import type { Drawn } from "./drawn";
import type { View } from "./state";

/** The layers of drawn that view does not show, by name: those that it names, else those that wait until somebody asks for them. */
export function offOf({ off }: Pick<View, "off">, drawn: readonly Drawn[]): readonly string[] {
  return off ?? drawn.filter(({ shown }) => !shown).map(({ name }) => name);
}

/** What is off once a layer is shown, or not. */
export function withShown(off: readonly string[], name: string, shown: boolean): readonly string[] {
  const others = off.filter((other) => other !== name);
  return shown ? others : [...others, name];
}
