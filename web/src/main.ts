import type { Map as MapLibre, StyleSpecification } from "maplibre-gl";
import { getJSON, getLayers } from "./api";
import { Banner } from "./banner";
import { byId } from "./dom";
import { drawnLayers } from "./drawn";
import { serverTrouble } from "./errors";
import { Failures, type Failure } from "./failures";
import { makeMap, showState, startBounds } from "./map";
import { fillPanel, foldWhenNarrow } from "./panel";
import { FeaturePopup } from "./popup";
import { text } from "./text";

declare global {
  /** The page's map, for the browser's console and for tests. */
  var hutong: { map: MapLibre } | undefined;
}

async function start(banner: Banner): Promise<void> {
  const [style, layers] = await Promise.all([getJSON<StyleSpecification>("styles/default.json"), getLayers()]);
  const bounds = await startBounds(style);
  if (style.name) {
    document.title = text.title(style.name);
    byId("title").textContent = style.name;
  }
  let map: MapLibre;
  try {
    map = makeMap(byId("map"), style, bounds);
  } catch {
    banner.show(text.noGraphics);
    return;
  }
  showState(map);
  const drawn = drawnLayers(style, layers.map((l) => l.name));
  fillPanel(map, drawn, layers);
  new FeaturePopup(map, drawn, layers);
  watchFailures(map, banner);
  globalThis.hutong = { map };
}

/** Tells of tiles that do not come, and asks for them again once the server is well. */
function watchFailures(map: MapLibre, banner: Banner): void {
  const failures = new Failures();
  map.on("error", (event) => {
    const trouble = serverTrouble(event.error);
    if (trouble === null) {
      console.error(event.error);
      return;
    }
    failures.add(event as Failure);
    // A fresh start keeps the camera, which stands in the address.
    void banner.untilWell(trouble, () => failures.retry(map) || location.reload());
  });
}

/** Starts the page, and again whenever the server has come back from what stopped it. */
async function run(banner: Banner): Promise<void> {
  try {
    await start(banner);
  } catch (error) {
    const trouble = serverTrouble(error);
    if (trouble !== null) void banner.untilWell(trouble, () => void run(banner));
    else banner.show(text.broken(error instanceof Error ? error.message : String(error)));
  }
}

foldWhenNarrow();
void run(new Banner());
