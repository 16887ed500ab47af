import { Refused, Unreachable } from "./errors";
import { trouble } from "./words/trouble";

/** Says why a question of the reader's was not answered. Nothing asks again by itself. */
export function why(error: unknown): string {
  if (error instanceof Unreachable) return trouble().noAnswer;
  if (error instanceof Refused) return error.status === 503 ? trouble().loading : trouble().refused(error.status);
  return trouble().odd;
}
