import { formatAddress } from "./address";
import type { View } from "./state";

/** The longest address that is made a link of; more is no address that somebody meant. */
const MAX_LENGTH = 2000;

/**
 * text as an address that a link may lead to, or null: http and https only, with nobody's name or
 * password in it, and nothing around it.
 */
export function safeLink(text: string): string | null {
  if (text.length > MAX_LENGTH || !/^https?:\/\/[^\s\p{Cc}]+$/iu.test(text)) return null;
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return null;
  }
  const plain = url.protocol === "http:" || url.protocol === "https:";
  return plain && url.username === "" && url.password === "" ? url.href : null;
}

/** The address of the page at base that shows view. */
export function linkTo(view: View, base: string): string {
  const url = new URL(base);
  url.hash = "";
  const hash = formatAddress(view);
  return url.href + (hash === "#" ? "" : hash);
}
