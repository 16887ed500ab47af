import { GeolocateControl, type Map as MapLibre } from "maplibre-gl";
import { captionOf } from "./caption";
import { copyLink, flash } from "./copy";
import { byId, element, isTyping } from "./dom";
import { download, fileName } from "./download";
import { icon } from "./icons";
import { linkTo } from "./links";
import type { Page } from "./page";
import { mountPaper } from "./paper";
import { picture } from "./picture";
import type { TimeBand } from "./time-band";
import { subscribe } from "./words/language";
import { maplibre } from "./words/maplibre";
import { tools } from "./words/tools";

/** How long a picture waits for tiles that are still coming. */
const PATIENCE_MS = 4000;

/** One of the buttons: its drawing, what it says, what it does. */
interface Tool {
  name: "table" | "time" | "share" | "picture" | "print" | "screen";
  title: () => string;
  press: () => void;
}

/** Fills host with the buttons beside the map. */
export function mountTools(page: Page, host: HTMLElement, band: TimeBand): void {
  const say = (text: string) => {
    flash(text);
    page.announce(text);
  };
  const list: Tool[] = [
    { name: "table", title: () => tools().table, press: () => page.state.update({ table: !page.state.get().table }) },
    ...(band.useful ? [{ name: "time" as const, title: () => tools().time, press: () => (band.isOpen ? band.close() : band.open()) }] : []),
    { name: "share", title: () => tools().share, press: () => void share(page) },
  ];
  if (band.useful) {
    document.addEventListener("keydown", (event) => {
      const { key, ctrlKey, metaKey, altKey, defaultPrevented, target } = event;
      if (key.toLowerCase() !== "t" || ctrlKey || metaKey || altKey || defaultPrevented || isTyping(target)) return;
      if (band.isOpen) band.close();
      else band.open(true);
    });
  }
  if (page.map) {
    const { map } = page;
    list.push({ name: "picture", title: () => tools().picture, press: () => void savePicture(page, map, say) });
    list.push({ name: "print", title: () => tools().print, press: () => print() });
    mountPaper(page);
  }
  if (document.fullscreenEnabled) {
    const title = () => (document.fullscreenElement ? tools().leave : tools().fill);
    list.push({ name: "screen", title, press: () => void fill() });
  }
  host.setAttribute("role", "group");
  const buttons = list.map((tool) => [tool, buttonOf(tool)] as const);
  host.replaceChildren(element("div", { class: "stack card" }, ...buttons.map(([, button]) => button)));
  let locate: Locator | undefined;
  const { map } = page;
  if (map) {
    void mayLocate().then((may) => {
      if (!may) return;
      locate = locator(map, say);
      locate.write();
      host.append(locate.node);
    });
  }
  const write = () => {
    host.setAttribute("aria-label", tools().tools);
    for (const [tool, button] of buttons) {
      button.title = tool.title();
      button.setAttribute("aria-label", button.title);
      if (tool.name === "table") button.setAttribute("aria-pressed", String(page.state.get().table));
      if (tool.name === "time") {
        button.setAttribute("aria-pressed", String(band.isOpen));
        // Closed it still holds: a mark says so.
        button.dataset["active"] = String(page.state.get().time !== null);
      }
    }
    locate?.write();
  };
  write();
  subscribe(write);
  page.state.subscribe((now, before) => (now.table !== before.table || now.time !== before.time) && write());
  document.addEventListener("fullscreenchange", write);
  byId("time").addEventListener("toggle", write);
}

function buttonOf({ name, press }: Tool): HTMLButtonElement {
  const button = element("button", { type: "button", class: "icon-button", "data-tool": name }, icon(name));
  button.addEventListener("click", press);
  return button;
}

/** Hands the view's link to the system's own dialog, where there is one, or to the clipboard. */
async function share(page: Page): Promise<void> {
  const url = linkTo(page.state.get(), location.href);
  if ("share" in navigator && matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ title: document.title, url });
      return;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
    }
  }
  await copyLink(url, (text) => page.announce(text));
}

/** Saves what the map shows, with title, legend, scale and sources, as a PNG. */
async function savePicture(page: Page, map: MapLibre, say: (text: string) => void): Promise<void> {
  try {
    if (!map.areTilesLoaded()) await idle(map);
    const now = new Date();
    const caption = captionOf(page, now);
    const canvas = picture(map, caption);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (!blob) throw new Error("the canvas is too large");
    const name = fileName(caption.title, now, "png");
    download(blob, name);
    say(tools().pictureSaved(name));
  } catch (error) {
    console.error(error);
    say(tools().pictureFailed);
  }
}

/** Waits until map has nothing left to load, though not for ever. */
function idle(map: MapLibre): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    map.once("idle", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Fills the screen with the page, or leaves it again. A frame may be forbidden to: then nothing happens. */
async function fill(): Promise<void> {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    // The browser says so itself.
  }
}

/** A button that shows where the reader is, and what writes its title in the page's language. */
interface Locator {
  node: HTMLElement;
  write: () => void;
}

/** Whether the browser may tell this page where the reader is; a partner's frame often may not. */
async function mayLocate(): Promise<boolean> {
  if (!window.isSecureContext || !("geolocation" in navigator)) return false;
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state !== "denied";
  } catch {
    return true; // a browser without the question answers when the button is pressed
  }
}

/** MapLibre's own button, beside the other tools. */
function locator(map: MapLibre, say: (text: string) => void): Locator {
  const control = new GeolocateControl({ positionOptions: { enableHighAccuracy: true, timeout: 10_000 }, fitBoundsOptions: { maxZoom: 16 } });
  control.on("geolocate", () => say(tools().located));
  control.on("error", ({ code }: { code: number }) => say(code === 1 ? tools().locationForbidden : tools().notLocated));
  // Beside the other tools, not in a corner of the map's.
  const node = control.onAdd(map);
  const write = () => {
    const button = node.querySelector("button");
    const title = maplibre()[button?.disabled ? "GeolocateControl.LocationNotAvailable" : "GeolocateControl.FindMyLocation"];
    if (!button) return;
    button.title = title;
    button.setAttribute("aria-label", title);
  };
  return { node, write };
}
