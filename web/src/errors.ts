import { shell } from "./words/shell";

/** The server could not be reached. */
export class Unreachable extends Error {
  constructor() {
    super(shell().noAnswer);
  }
}

/** The server answered with an error status. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(status === 503 ? shell().loading : shell().refused(status));
  }
}

/**
 * Says what people should read about an error of ours or MapLibre's (whose AJAXError has status 0
 * when there was no answer), or null when waiting does not help and it is not about the server.
 */
export function serverTrouble(error: unknown): string | null {
  if (error instanceof Unreachable || error instanceof Refused) return error.message;
  const status = error instanceof Error && "status" in error ? error.status : undefined;
  if (status === 0) return shell().noAnswer;
  if (typeof status === "number") return new Refused(status).message;
  return null;
}
