/**
 * What the page keeps in the browser between visits: the language and the theme. In a sandboxed frame
 * and where people forbid it there is no such store; then nothing is kept, and nothing fails.
 */
const PREFIX = "hutong.";

/** What was kept under key, or null. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Keeps value under key; null forgets it. */
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, value);
  } catch {
    // Without a store the next visit starts as the first did.
  }
}
