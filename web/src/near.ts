/** A place on the screen, pixels east and south of the map's corner. */
export interface Pixel {
  x: number;
  y: number;
}

/** A place and how many pixels it is away from another. */
export interface Near {
  at: Pixel;
  far: number;
}

/** The place of points nearest to from; null when there are none. */
export function nearestOf(points: readonly Pixel[], from: Pixel): Near | null {
  let best: Near | null = null;
  for (const at of points) best = nearer(best, { at, far: Math.hypot(at.x - from.x, at.y - from.y) });
  return best;
}

/** The place nearest to from on the lines through the points of each of lines. */
export function nearestOnLines(lines: readonly (readonly Pixel[])[], from: Pixel): Near | null {
  return nearestOnSegments(lines, from, () => true);
}

/**
 * from itself where it lies inside rings, holes taken out; else the nearest place on their edges.
 * Where a tile ends in a hole, the outer ring and the hole share an edge with nothing on either side:
 * that does not count.
 */
export function nearestInRings(rings: readonly (readonly Pixel[])[], from: Pixel): Near | null {
  if (inside(rings, from)) return { at: from, far: 0 };
  return nearestOnSegments(rings, from, ({ x, y }) => {
    return CORNERS.some(([dx, dy]) => inside(rings, { x: x + dx, y: y + dy }));
  });
}

/** Steps of a tenth of a pixel: one of them leads from an edge into what it bounds. */
const CORNERS = [[0.1, 0.1], [-0.1, 0.1], [-0.1, -0.1], [0.1, -0.1]] as const;

/** The place nearest to from on lines for which counts is true. */
function nearestOnSegments(
  lines: readonly (readonly Pixel[])[], from: Pixel, counts: (at: Pixel) => boolean,
): Near | null {
  let best: Near | null = null;
  for (const line of lines) {
    line.forEach((b, i) => {
      const at = nearestOnSegment(line[i - 1] ?? b, b, from);
      const next = { at, far: Math.hypot(at.x - from.x, at.y - from.y) };
      if (nearer(best, next) === next && counts(at)) best = next;
    });
  }
  return best;
}

function nearer(best: Near | null, next: Near): Near {
  return best && best.far <= next.far ? best : next;
}

function nearestOnSegment(a: Pixel, b: Pixel, from: Pixel): Pixel {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const squared = dx * dx + dy * dy;
  if (squared === 0) return a;
  const t = Math.min(1, Math.max(0, ((from.x - a.x) * dx + (from.y - a.y) * dy) / squared));
  return { x: a.x + t * dx, y: a.y + t * dy };
}

/** Whether p lies inside closed rings by the even-odd rule, so that a hole is outside. */
function inside(rings: readonly (readonly Pixel[])[], p: Pixel): boolean {
  let odd = false;
  for (const ring of rings) {
    ring.forEach((b, i) => {
      const a = ring[i - 1];
      if (a && a.y > p.y !== b.y > p.y && p.x < a.x + ((b.x - a.x) * (p.y - a.y)) / (b.y - a.y)) odd = !odd;
    });
  }
  return odd;
}
