import { element } from "./dom";

/** Gives blob to the reader as a file of this name. */
export function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  element("a", { href: url, download: name }).click();
  // The browser reads the address after the click; it has done so well before a minute is over.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** A file's name of title and a time, of letters that every file system takes: "Hutong-20260102-0304.png". */
export function fileName(title: string, at: Date, ext: string): string {
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  const name = title.normalize("NFC").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "map";
  return `${name}-${day}-${two(at.getHours())}${two(at.getMinutes())}.${ext}`;
}
