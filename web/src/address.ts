import { formatSpan, parseSpan } from "./span";
import { AGES, PLAIN, isTheme, type Age, type Camera, type State, type View, type Wanted } from "./state";
import type { Choice } from "./tables";
import { isLang } from "./words/language";

// The view as it stands behind # in the page's address:
//
//   #13/39.91/116.4&lang=zh&theme=dark&off=roads,parks&f.complaints.category=noise,*&age.complaints=7d
//   &period.counts=2026-W32&set.counts=open&time=2016-08-01T00:00:00Z/..&at=complaints:17&table=1&list=vendors&sort=opened,down&q=park
//
// The camera comes first, as MapLibre itself writes it: zoom/lat/lng. In names and values everything
// that the form needs is percent-encoded, so any text can be one. `*` in a filter stands for all
// other values, `!` for the empty one, and a filter without a value shows nothing of the layer. What the
// table lists and in which order stands as list=vendors and sort=opened, or sort=opened,down; the column of
// names has no field: sort= and sort=,down.

/** How many parts of an address and values of a list are read; more than people can make by hand. */
const MAX_LISTED = 500;

/** How long to wait before the address is written; browsers refuse more than 100 writes in 30 s. */
const WRITE_MS = 320;

/** The view in hash. What cannot be read is left out; nothing makes it fail. */
export function parseAddress(hash: string): View {
  const view: { -readonly [K in keyof View]: View[K] } = { ...PLAIN };
  const filters = new Map<string, Map<string, Wanted>>();
  const ages = new Map<string, Age>();
  const tables = new Map<string, Choice>();
  for (const part of hash.replace(/^#/, "").split("&").slice(0, MAX_LISTED)) {
    const cut = part.indexOf("=");
    if (cut < 0) {
      view.camera ??= parseCamera(part);
      continue;
    }
    const key = part.slice(0, cut).split(".").map(decode);
    const raw = part.slice(cut + 1);
    if (key.includes(null)) continue;
    const [word, layer, field] = key as string[];
    if (word === "f" && key.length === 3 && layer && field) {
      const fields = filters.get(layer) ?? new Map<string, Wanted>();
      filters.set(layer, fields.set(field, parseWanted(raw)));
    } else if (word === "age" && key.length === 2 && layer && isAge(raw)) {
      ages.set(layer, raw);
    } else if ((word === "period" || word === "set") && key.length === 2 && layer) {
      const chosen = decode(raw);
      if (chosen) tables.set(layer, { period: null, set: null, ...tables.get(layer), [word]: chosen });
    } else if (key.length === 1) {
      parseMember(view, word, raw);
    }
  }
  if (filters.size > 0) view.filters = filters;
  if (ages.size > 0) view.ages = ages;
  if (tables.size > 0) view.tables = tables;
  return view;
}

function parseMember(view: { -readonly [K in keyof View]: View[K] }, word: string | undefined, raw: string): void {
  switch (word) {
    case "lang":
      if (isLang(raw)) view.lang = raw;
      break;
    case "theme":
      if (isTheme(raw)) view.theme = raw;
      break;
    case "off":
      view.off = [...new Set(parseList(raw))];
      break;
    case "time":
      view.time = parseSpan(raw);
      break;
    case "at": {
      const cut = raw.indexOf(":");
      const [layer, id] = [decode(raw.slice(0, Math.max(cut, 0))), decode(raw.slice(cut + 1))];
      if (cut > 0 && layer && id) view.at = { layer, id };
      break;
    }
    case "table":
      view.table = raw === "1";
      break;
    case "list":
      view.list = decode(raw) ?? "";
      break;
    case "sort": {
      const [field, way, ...rest] = raw.split(",").map(decode);
      if (typeof field === "string" && rest.length === 0 && (way === undefined || way === "down")) view.order = { field, up: !way };
      break;
    }
    case "q":
      view.q = decode(raw) ?? "";
      break;
  }
}

/** view as it stands in the address, # included. parseAddress gives the same view back. */
export function formatAddress(view: View): string {
  const parts: string[] = [];
  if (view.camera) parts.push(formatCamera(view.camera));
  if (view.lang) parts.push(`lang=${view.lang}`);
  if (view.theme) parts.push(`theme=${view.theme}`);
  if (view.off) parts.push(`off=${view.off.map(encode).join(",")}`);
  for (const [layer, fields] of view.filters) {
    for (const [field, wanted] of fields) parts.push(`f.${encode(layer)}.${encode(field)}=${formatWanted(wanted)}`);
  }
  for (const [layer, age] of view.ages) parts.push(`age.${encode(layer)}=${age}`);
  for (const [layer, { period, set }] of view.tables) {
    if (period !== null) parts.push(`period.${encode(layer)}=${encode(period)}`);
    if (set !== null) parts.push(`set.${encode(layer)}=${encode(set)}`);
  }
  if (view.time) parts.push(`time=${formatSpan(view.time)}`);
  if (view.at) parts.push(`at=${encode(view.at.layer)}:${encode(view.at.id)}`);
  if (view.table) parts.push("table=1");
  if (view.list) parts.push(`list=${encode(view.list)}`);
  if (view.order) parts.push(`sort=${encode(view.order.field)}${view.order.up ? "" : ",down"}`);
  if (view.q) parts.push(`q=${encode(view.q)}`);
  return `#${parts.join("&")}`;
}

/** The camera in "zoom/lat/lng", or null when it is none on the earth. */
function parseCamera(part: string): Camera | null {
  const words = part.split("/");
  if (words.length < 3 || !words.every((word) => /^-?[0-9]+(\.[0-9]+)?$/.test(word))) return null;
  const [zoom, lat, lng] = words.map(Number) as [number, number, number];
  if (zoom < 0 || zoom > 24 || Math.abs(lat) > 90 || Math.abs(lng) > 360) return null;
  return { zoom, lat, lng };
}

/** A camera in as many digits as keep it within half a pixel. */
function formatCamera({ zoom, lat, lng }: Camera): string {
  const digits = Math.max(0, Math.ceil((zoom * Math.LN2 + Math.log(512 / 360 / 0.5)) / Math.LN10));
  // Not by way of a number, which would write 5e-7.
  const short = (n: number, to: number) => n.toFixed(to).replace(/(\..*?)0+$/, "$1").replace(/\.$/, "").replace(/^-0$/, "0");
  return `${short(zoom, 2)}/${short(lat, digits)}/${short(lng, digits)}`;
}

function parseWanted(raw: string): Wanted {
  const words = raw.split(",").slice(0, MAX_LISTED);
  const values = words.filter((word) => word !== "*" && word !== "").map((word) => (word === "!" ? "" : decode(word)));
  return { values: [...new Set(values.filter((value) => value !== null))], others: words.includes("*") };
}

function formatWanted({ values, others }: Wanted): string {
  return [...values.map((value) => (value === "" ? "!" : encode(value))), ...(others ? ["*"] : [])].join(",");
}

function parseList(raw: string): string[] {
  return raw.split(",").slice(0, MAX_LISTED).map(decode).filter((word) => word !== null && word !== "") as string[];
}

/** text with everything encoded that could be taken for the form of an address. */
function encode(text: string): string {
  return encodeURIComponent(wellFormed(text)).replace(/[.*!'()]/g, (c) => {
    return `%${c.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** The text that encode made raw of; null when it is none. */
function decode(raw: string): string | null {
  try {
    return wellFormed(decodeURIComponent(raw));
  } catch {
    return null;
  }
}

/** text without halves of letters, which no address can hold. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\u{fffd}");
}

function isAge(word: string): word is Age {
  return (AGES as readonly string[]).includes(word);
}

/**
 * Keeps state and the address of the page alike: what state says is written there, without an entry in
 * the history, and an address that somebody enters or goes back to becomes the state, as read makes it.
 */
export function followAddress(state: State, read: (hash: string) => View): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const write = () => {
    waiting = undefined;
    const hash = formatAddress(state.get());
    if (hash === location.hash || (hash === "#" && location.hash === "")) return;
    try {
      history.replaceState(history.state, "", hash);
    } catch {
      // A frame of nobody's origin may not; then it has no address to share either.
    }
  };
  state.subscribe(() => (waiting ??= setTimeout(write, WRITE_MS)));
  addEventListener("hashchange", () => {
    clearTimeout(waiting);
    waiting = undefined;
    const asked = read(location.hash);
    // An address without a camera says nothing about where to look.
    state.update({ ...asked, camera: asked.camera ?? state.get().camera });
  });
}
