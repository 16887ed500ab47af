import type { Part } from "./stale";

/** What a stream says, with the id up to which all is known then. */
export type Told =
  | { kind: "hello"; id: string; data: Hello }
  | { kind: "change"; id: string; data: Change }
  | { kind: "reset"; id: string }
  /** The token is over that opened the stream: it does not begin again as it is. */
  | { kind: "end"; id: string }
  | { kind: "beat"; id: string };

/** How things stand when a stream begins. */
export interface Hello {
  epoch: string;
  seq: number;
  /** The server's clock, RFC 3339. */
  time: string;
  layers: Record<string, { seq: number; changed?: string }>;
}

export interface Change {
  seq: number;
  layers: Record<string, Part>;
}

/** How long the text of one event may be. */
const MAX_TEXT = 8 << 20;

/** Reads server-sent events (WHATWG HTML, 9.2.6) out of text that comes in pieces, as our server writes them. */
export class Parser {
  #text = "";

  /** Takes a piece and returns what it completes. It throws when that is no event of ours. */
  take(piece: string): Told[] {
    this.#text += piece;
    const blocks = this.#text.replaceAll("\r\n", "\n").split("\n\n");
    this.#text = blocks.pop() ?? "";
    if (this.#text.length > MAX_TEXT) throw new Error("an event without an end");
    return blocks.flatMap((block) => told(block) ?? []);
  }
}

function told(block: string): Told | null {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue; // a comment
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    fields.set(name, name === "data" && fields.has("data") ? `${fields.get("data")}\n${value}` : value);
  }
  const id = fields.get("id") ?? "";
  const data = fields.get("data");
  const kind = fields.get("event");
  if (data === undefined) return { kind: "beat", id };
  if (kind === "hello") return { kind, id, data: JSON.parse(data) as Hello };
  if (kind === "change") return { kind, id, data: JSON.parse(data) as Change };
  return kind === "reset" || kind === "end" ? { kind, id } : null;
}
