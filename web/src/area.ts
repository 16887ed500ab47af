import type { Layer } from "./api";
import { element } from "./dom";
import { cameraFor, lookAt } from "./look";
import type { Page } from "./page";
import type { Camera } from "./state";
import { table } from "./words/table";

/** By which part of what is in view a step goes. */
const STEP = 0.5;

/** Buttons that move what is in view where there is no map to be dragged. */
export function area(page: Page, layer: () => Layer | undefined): HTMLElement {
  const group = element("div", { class: "area", role: "group", "aria-label": table().area });
  const add = (does: string, word: string, title: string, press: () => void) => {
    const node = element("button", { type: "button", class: "button", title, "data-does": does }, word);
    node.addEventListener("click", press);
    group.append(node);
  };
  const { pan } = table();
  add("whole", table().whole, table().wholeTitle, () => {
    const extent = layer()?.extent;
    if (extent) lookAt(page, extent);
  });
  add("closer", table().closer, table().closer, () => zoom(page, 1));
  add("wider", table().wider, table().wider, () => zoom(page, -1));
  add("west", pan.west, pan.west, () => move(page, -STEP, 0));
  add("east", pan.east, pan.east, () => move(page, STEP, 0));
  add("north", pan.north, pan.north, () => move(page, 0, STEP));
  add("south", pan.south, pan.south, () => move(page, 0, -STEP));
  return group;
}

/** Where the page looks, also when nobody has said so yet. */
function cameraOf(page: Page): Camera {
  return page.state.get().camera ?? cameraFor(page.bounds(), window.innerWidth, window.innerHeight, 22);
}

function zoom(page: Page, by: number): void {
  const camera = cameraOf(page);
  page.state.update({ camera: { ...camera, zoom: Math.max(0, Math.min(20, camera.zoom + by)) } });
}

/** Moves by parts of what is in view, east and north. */
function move(page: Page, east: number, north: number): void {
  const camera = cameraOf(page);
  const [w, s, e, n] = page.bounds();
  const lat = Math.max(-85, Math.min(85, camera.lat + (n - s) * north));
  const lng = ((((camera.lng + (e - w) * east + 180) % 360) + 360) % 360) - 180;
  page.state.update({ camera: { ...camera, lat, lng } });
}
