/** Chance from a seed: HUTONG_SEED, else one of its own, which a failing test prints. */
export function random() {
  const seed = Number(process.env["HUTONG_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  let state = seed >>> 0;
  /** A whole number from 0 to n-1. */
  const int = (n: number): number => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
  return { seed, int, pick: <T>(list: readonly T[]): T => list[int(list.length)] as T };
}
