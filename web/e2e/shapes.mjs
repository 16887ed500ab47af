// Opens a page of points, lines and polygons in a headless Chromium, points at and clicks places and
// prints what was seen as JSON: the facts only, browser_shapes_test.go in internal/e2e judges them.
//
//   node shapes.mjs '{… what page.mjs takes, "places": {"a name": [116.4, 39.9]}, "off": "a layer"}'

import { idle, listen, options, readPopup, run, shot } from "./browser.mjs";

await run(visit);

async function visit(context) {
  const page = await context.newPage();
  const complaints = await listen(page);
  await page.goto(options.base + "/");
  await idle(page);
  const bounds = await page.evaluate(() => window.hutong.map.getBounds().toArray().flat());
  await page.goto("about:blank"); // another hash alone would not start the page again
  await page.goto(options.base + "/" + options.hash);
  await idle(page);
  await shot(page, "shapes.png");
  const report = {
    bounds,
    listed: await page.locator("#layers .row").evaluateAll(describeRows),
    rendered: await page.evaluate(renderedLayers),
    pixels: await page.evaluate(pixelsOf, options.places),
    hovered: {},
    found: {},
  };
  for (const [name, pixel] of Object.entries(report.pixels)) {
    report.hovered[name] = await hover(page, pixel);
    report.found[name] = await click(page, pixel, name);
  }
  await page.locator(`#layers input[name="${options.off}"]`).uncheck();
  await page.evaluate(() => new Promise((resolve) => {
    window.hutong.map.once("idle", resolve);
    window.hutong.map.triggerRepaint();
  }));
  report.without = await page.evaluate(renderedLayers);
  await shot(page, "shapes-without.png");
  return { ...report, complaints };
}

/** Each row's title and the kinds that its swatches show. Runs in the page. */
function describeRows(rows) {
  return rows.map((row) => ({
    title: row.querySelector(".name").textContent,
    swatches: [...row.querySelectorAll(".swatches .mark")].map((mark) => mark.dataset.kind),
  }));
}

/** The ids of the style layers that draw something in the window, sorted. Runs in the page. */
function renderedLayers() {
  return [...new Set(window.hutong.map.queryRenderedFeatures().map((f) => f.layer.id))].sort();
}

/** Where places lie in the window. Runs in the page. */
function pixelsOf(places) {
  return Object.fromEntries(
    Object.entries(places).map(([name, lngLat]) => {
      const { x, y } = window.hutong.map.project(lngLat);
      return [name, [x, y]];
    }),
  );
}

/** Does what makes the map fire an event and waits until the page's own listeners have had it. */
async function upon(page, event, act) {
  await page.evaluate((name) => {
    // Added last, so called last.
    window.seen = new Promise((resolve) => window.hutong.map.once(name, () => resolve()));
  }, event);
  await act();
  await page.evaluate(() => window.seen);
}

/** The pointer's shape over a pixel. */
async function hover(page, pixel) {
  await upon(page, "mousemove", () => page.mouse.move(...pixel));
  return page.evaluate(() => window.hutong.map.getCanvas().style.cursor);
}

/** The entries of the popup that a click on a pixel opens; none when it opens none. */
async function click(page, pixel, name) {
  await upon(page, "click", () => page.mouse.click(...pixel));
  if ((await page.locator(".found").count()) === 0) return [];
  const entries = await readPopup(page);
  await shot(page, `shapes-${name}.png`);
  await page.locator(".maplibregl-popup-close-button").click();
  return entries;
}
