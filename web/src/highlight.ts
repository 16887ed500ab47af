/** A stretch of text, and whether it is what was searched for. */
export interface Stretch {
  text: string;
  hit: boolean;
}

/** How many words of a search are marked: as many as the server takes. */
const MAX_WORDS = 16;

/**
 * text cut where the words of q stand in it, whatever their case; the pieces together are text again.
 * Where words overlap or touch, the stretch is one.
 */
export function highlight(text: string, q: string): Stretch[] {
  const words = [...new Set(q.toLowerCase().split(/\s+/u).filter((word) => word !== ""))].slice(0, MAX_WORDS);
  const lower = text.toLowerCase();
  // A few letters change their length with their case; then places do not correspond.
  const hit = new Array<boolean>(text.length).fill(false);
  if (lower.length === text.length) {
    for (const word of words) {
      for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) hit.fill(true, at, at + word.length);
    }
  }
  const out: Stretch[] = [];
  for (let i = 0, from = 0; i < text.length; from = i) {
    while (i < text.length && hit[i] === hit[from]) i++;
    out.push({ text: text.slice(from, i), hit: hit[from] === true });
  }
  return out;
}
