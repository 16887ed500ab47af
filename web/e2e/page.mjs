// Opens the page in a headless Chromium, does what a visitor does and prints what was seen as JSON:
// the facts only, browser_test.go in internal/e2e judges them. Screenshots go to the folder given.
//
//   node page.mjs '{"base": "http://…", "hash": "#12/39.9/116.4", "chromium": "/usr/bin/chromium",
//                   "profile": "an empty folder", "out": "a folder", "width": 1000, "height": 700}'

import { idle, listen, options, readPopup, run, shot } from "./browser.mjs";

const PHONE = { width: 390, height: 780 };

await run(visit);

async function visit(context) {
  const page = await context.newPage();
  const complaints = await listen(page);
  await page.goto(options.base + "/" + options.hash);
  await idle(page);
  const report = {
    policy: (await context.request.get(options.base + "/")).headers()["content-security-policy"] ?? "",
    sources: await page.evaluate(sourceNumbers),
    rendered: await page.evaluate(renderedNumbers),
    listed: await page.locator("#layers .row").allInnerTexts(),
  };
  await shot(page, "map.png");
  report.clicked = await clickNearest(page);
  await shot(page, "popup.png");
  report.keyed = await enterAtCentre(page, report.clicked.lngLat);
  report.hidden = await hideAll(page);
  await shot(page, "empty.png");
  report.phoneOverflow = await phone(page);
  // From here on errors are expected: the browser is cut off from the server.
  report.complaints = complaints.splice(0);
  report.outage = await outage(context, page);
  return report;
}

/** The ids of all features in each layer's tiles, each once. Runs in the page. */
function sourceNumbers() {
  const { map } = window.hutong;
  const out = {};
  for (const { type, source, ["source-layer"]: sourceLayer } of map.getStyle().layers) {
    if (type === "background") continue;
    const found = map.querySourceFeatures(source, { sourceLayer });
    out[sourceLayer] = [...new Set(found.map((f) => f.id))];
  }
  return out;
}

/** The ids of the features drawn with their middle inside the window, each once. Runs in the page. */
function renderedNumbers() {
  const { map } = window.hutong;
  const { clientWidth, clientHeight } = map.getContainer();
  const out = {};
  for (const f of map.queryRenderedFeatures()) {
    const { x, y } = map.project(f.geometry.coordinates);
    if (x < 0 || y < 0 || x >= clientWidth || y >= clientHeight) continue;
    (out[f.sourceLayer] ??= new Set()).add(f.id);
  }
  return Object.fromEntries(Object.entries(out).map(([source, ids]) => [source, [...ids]]));
}

/** Clicks the feature nearest to the window's middle and reads the popup. */
async function clickNearest(page) {
  const target = await page.evaluate(() => {
    const { map } = window.hutong;
    const middle = map.project(map.getCenter());
    const near = map.queryRenderedFeatures()
      .map((f) => ({ lngLat: f.geometry.coordinates, at: map.project(f.geometry.coordinates), source: f.sourceLayer, id: f.id }))
      .sort((a, b) => a.at.dist(middle) - b.at.dist(middle))[0];
    return { ...near, at: [near.at.x, near.at.y] };
  });
  await page.mouse.click(...target.at);
  const entries = await readPopup(page);
  return { ...target, entries };
}

/** Brings place under the map's centre, presses Enter with the keyboard on the map, reads the popup. */
async function enterAtCentre(page, place) {
  await page.keyboard.press("Escape");
  await page.evaluate(async (lngLat) => {
    const { map } = window.hutong;
    for (const popup of document.querySelectorAll(".maplibregl-popup-close-button")) popup.click();
    const moved = new Promise((resolve) => map.once("idle", resolve));
    map.jumpTo({ center: lngLat });
    await moved;
  }, place);
  await page.locator(".maplibregl-canvas").focus();
  await page.keyboard.press("Enter");
  const entries = await readPopup(page);
  await page.locator(".maplibregl-popup-close-button").click();
  return entries;
}

/** Unchecks every layer, back at the first camera, and counts what is still drawn. */
async function hideAll(page) {
  for (const box of await page.locator("#layers .row input").all()) await box.uncheck();
  return page.evaluate(async (hash) => {
    const { map } = window.hutong;
    const [zoom, lat, lng] = hash.slice(1).split("/").map(Number);
    const done = new Promise((resolve) => map.once("idle", resolve));
    map.jumpTo({ center: [lng, lat], zoom });
    map.triggerRepaint();
    await done;
    return map.queryRenderedFeatures().length;
  }, options.hash);
}

/** How many pixels the page is wider or higher than a phone's window; shows the layers there again. */
async function phone(page) {
  for (const box of await page.locator("#layers .row input").all()) await box.check();
  await page.setViewportSize(PHONE);
  await page.evaluate(() => new Promise((resolve) => {
    window.hutong.map.once("idle", resolve);
    window.hutong.map.triggerRepaint();
  }));
  await shot(page, "phone.png");
  return page.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement;
    return Math.max(scrollWidth - window.innerWidth, scrollHeight - window.innerHeight);
  });
}

/** Cuts the browser off, zooms in, reads the banner, and waits until it goes when all is well. */
async function outage(context, page) {
  const banner = page.locator("#banner");
  await context.setOffline(true);
  await page.evaluate(() => window.hutong.map.jumpTo({ zoom: window.hutong.map.getZoom() + 2 }));
  await banner.waitFor({ state: "visible" });
  const message = await banner.innerText();
  await shot(page, "outage.png");
  await context.setOffline(false);
  await banner.waitFor({ state: "hidden" });
  // The map may still be idle from before when the banner goes, or the page may start afresh.
  const loaded = await page.waitForFunction(() => {
    return document.documentElement.dataset.state === "idle" && window.hutong?.map.areTilesLoaded();
  });
  return { message, tilesLoaded: await loaded.jsonValue() };
}
