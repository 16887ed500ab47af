import { shell } from "./words/shell";

/** The server could not be reached. */
export class Unreachable extends Error {
  constructor() {
    super("no answer");
  }
}

/** The server answered with an error status. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

/** The statuses of a server, or of what stands before it, that will be well again by itself. */
const PASSING = [429, 502, 503, 504];

/**
 * Says what people should read about an error of ours or MapLibre's (whose AJAXError has status 0
 * when there was no answer), or null when waiting does not help or it is not about the server.
 */
export function serverTrouble(error: unknown): string | null {
  if (error instanceof Unreachable) return shell().noAnswer;
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (status === 0) return shell().noAnswer;
  if (typeof status !== "number" || !PASSING.includes(status)) return null;
  return status === 503 ? shell().loading : shell().refused(status);
}
