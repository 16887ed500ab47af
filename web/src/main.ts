import type { Map as MapLibre } from "maplibre-gl";
import { getLayers } from "./api";
import { followAddress, parseAddress } from "./address";
import { Banner } from "./banner";
import { mountChoices } from "./choices";
import { byId, element } from "./dom";
import { Refused, serverTrouble } from "./errors";
import { Failures, type Failure } from "./failures";
import { mountFrame, mountSkips, nameFrame } from "./frame";
import { Live } from "./live";
import { Hover } from "./hover";
import { addControls, makeMap, showState, startBounds, warmUp } from "./map";
import { offOf } from "./off";
import { Panel } from "./panel";
import { FeaturePopup } from "./popup";
import { Refresher } from "./refresher";
import { Search } from "./search";
import { covered, mountSheet } from "./sheet";
import { State, type View } from "./state";
import { Table } from "./table";
import { TimeBand } from "./time-band";
import { followTheme, keptTheme } from "./theme";
import { mountTools } from "./tools";
import { why } from "./trouble";
import { Viewer, getStyle, styleURL } from "./viewer";
import { detect, kept, set, subscribe } from "./words/language";
import { shell } from "./words/shell";

declare global {
  /** The page's map (null where it cannot be drawn) and state, for the browser's console and for tests. */
  var hutong: { map: MapLibre | null; state: State } | undefined;
}

/** The view in an address. What somebody chose before is part of it, and of a link to it. */
function viewOf(hash: string): View {
  const asked = parseAddress(hash);
  return { ...asked, lang: asked.lang ?? kept(), theme: asked.theme ?? keptTheme() };
}

/** Makes what the page needs before the server has answered: state, language, theme, frame. */
function prepare(): { state: State; banner: Banner } {
  const state = new State(viewOf(location.hash));
  set(detect(state.get().lang));
  state.subscribe((now, before) => now.lang === before.lang || set(detect(now.lang)));
  followAddress(state, viewOf);
  followTheme(state, () => looks.changed());
  subscribe(() => looks.changed());
  warmUp();
  mountFrame();
  mountSheet();
  return { state, banner: new Banner() };
}

/** Hears of another theme or language, once there is a style that must follow. */
const looks = { changed: () => {} };

/** Fills the page with what the server has. */
async function start(state: State, banner: Banner): Promise<void> {
  const asked = styleURL(state.get());
  const [style, layers] = await Promise.all([getStyle(state.get()), getLayers()]);
  const viewer = new Viewer(state, style, layers);
  const bounds = state.get().camera ? null : await startBounds(style);
  const failures = new Failures();
  const refresher = new Refresher((name) => {
    const { map } = viewer;
    const source = viewer.drawn().find((d) => d.name === name)?.source;
    if (source && map?.getSource(source) && !viewer.off().includes(name)) failures.refresh(map, source);
  });
  const live = new Live(viewer, byId("live"), refresher);
  new Panel(viewer, byId("layers"), (names) => live.opened(names));
  // A layer that was off while it changed is drawn from old tiles.
  state.subscribe((now, before) => {
    if (now.off === before.off) return;
    const [off, was] = [now, before].map((view) => offOf(view, viewer.drawn()));
    for (const name of was ?? []) if (!off?.includes(name) && viewer.seenChanging(name)) refresher.ask(name);
  });
  const write = () => {
    nameFrame(viewer.style.name ?? "Hutong");
    byId("style-link").setAttribute("href", styleURL(state.get()));
  };
  write();
  viewer.subscribe((news) => news === "drawn" && write());
  mountChoices(viewer, byId("choices"));
  const show = (afresh: boolean, again: () => void) => {
    viewer.restyle(afresh).then(() => banner.hide(), (error: unknown) => tell(error, banner, again));
  };
  const restyle = () => show(false, restyle);
  const restart = () => show(true, restart);
  mountMap(viewer, bounds, failures, banner, restart);
  live.follow(viewer.map);
  new FeaturePopup(viewer);
  new Search(viewer, byId("search"));
  new Table(viewer, byId("table"));
  mountTools(viewer, byId("tools"), new TimeBand(viewer, byId("time")));
  looks.changed = restyle;
  if (styleURL(state.get()) !== asked) restyle();
  globalThis.hutong = { map: viewer.map, state };
}

/** Puts the map on the page, or says why there is none. */
function mountMap(
  viewer: Viewer, bounds: Awaited<ReturnType<typeof startBounds>>, failures: Failures, banner: Banner, afresh: () => void,
): void {
  const host = byId("map");
  let map: MapLibre;
  try {
    map = makeMap(host, viewer.dressed(), viewer.state.get().camera, bounds, covered());
  } catch (error) {
    const able = document.createElement("canvas").getContext("webgl2") !== null;
    if (able) console.error(error);
    const note = element("p", { class: "no-map", role: "status" });
    const write = () => (note.textContent = able ? shell().broken(String(error)) : shell().noGraphics);
    write();
    subscribe(write);
    host.replaceChildren(note);
    document.documentElement.dataset["state"] = "no-map";
    return;
  }
  showState(map);
  addControls(map);
  viewer.show(map);
  new Hover(viewer, map);
  watchFailures(map, failures, banner, afresh);
}

/** Tells of tiles that do not come, and asks for them again once the server is well; for what else failed the style. */
function watchFailures(map: MapLibre, failures: Failures, banner: Banner, afresh: () => void): void {
  const again = () => failures.retry(map) || afresh();
  map.on("error", (event) => {
    if (serverTrouble(event.error) === null) {
      console.error(`${event.error.message}`, event.error);
      return;
    }
    failures.add(event as Failure);
    void banner.untilWell(event.error, again);
  });
}

/** Tells of an error; one of the server's goes by, and then again is called. */
function tell(error: unknown, banner: Banner, again: () => void): void {
  if (serverTrouble(error) !== null) void banner.untilWell(error, again);
  else banner.show(() => shell().broken(error instanceof Refused ? why(error) : String(error)));
}

const { state, banner } = prepare();
const run = () => void start(state, banner).catch((error: unknown) => tell(error, banner, run));
mountSkips((what) => {
  if (what === "table") state.update({ table: true });
  const canvas = what === "map" ? document.querySelector<HTMLElement>(".maplibregl-canvas") : null;
  (canvas ?? byId(what)).focus();
});
run();
