// Opens the page in a headless Chromium and uses everything around the map: legend, filters, links,
// languages, themes, the keyboard alone, a browser without WebGL, a partner's sandboxed frame. It
// prints what was seen as JSON: the facts only, browser_viewer_test.go in internal/e2e judges them.
//
//   node viewer.mjs '{… what page.mjs takes, "layer": "a layer", "field": "its legend's field"}'

import http from "node:http";
import { again, idle, listen, options, run, shot, takeGraphics } from "./browser.mjs";

await run(visit);

async function visit(context) {
  const page = await context.newPage();
  const complaints = await listen(page);
  await page.goto(options.base + "/" + options.hash);
  await idle(page);
  const report = { fresh: await seen(page) };
  report.filtered = await filter(page);
  report.linked = await again(context, page, complaints, seen);
  report.chinese = await switchLanguage(page);
  report.dark = await switchTheme(page);
  report.back = await enterAddress(page);
  report.keyboard = await tabThrough(context, complaints);
  report.blind = await withoutGraphics(context, complaints);
  report.framed = await inFrame(context, complaints);
  return { ...report, complaints };
}

/** What a visitor sees and hears, and what a link would say. */
async function seen(page) {
  await page.waitForTimeout(500); // the address is written a little later
  return page.evaluate(({ layer, field }) => {
    const { map, state } = window.hutong;
    const drawn = map?.queryRenderedFeatures().filter((f) => f.sourceLayer === layer) ?? [];
    const values = {};
    for (const f of drawn) values[f.properties[field]] = (values[f.properties[field]] ?? 0) + 1;
    return {
      values,
      hash: location.hash,
      off: state.get().off,
      lang: document.documentElement.lang,
      theme: document.documentElement.dataset.theme,
      title: document.querySelector(`[data-layer="${layer}"] .name`).textContent,
      entries: [...document.querySelectorAll(`[data-layer="${layer}"] .entry`)].map((e) => ({
        title: e.querySelector(".title").textContent,
        shown: e.querySelector("input")?.checked ?? true,
        count: e.querySelector(".count")?.textContent ?? "",
      })),
      map: map?.getCanvas().getAttribute("aria-label") ?? "",
      zoomIn: document.querySelector(".maplibregl-ctrl-zoom-in")?.getAttribute("aria-label") ?? "",
      ground: map ? String(map.getPaintProperty(map.getStyle().layers[0].id, "background-color")) : "",
      announced: document.getElementById("announce").textContent,
    };
  }, options);
}

/** Waits until the map shows what was just asked of it. */
async function drawn(page) {
  await page.evaluate(() => new Promise((resolve) => {
    window.hutong.map.once("idle", resolve);
    window.hutong.map.triggerRepaint();
  }));
}

/** Waits until the page has this style. */
async function styled(page, name) {
  await page.waitForFunction((n) => document.getElementById("style-link").getAttribute("href") === `styles/${n}.json`, name);
}

/** Opens the legend and takes its first value away. */
async function filter(page) {
  const layer = page.locator(`[data-layer="${options.layer}"]`);
  await layer.locator(".more").click();
  await layer.locator(".entry input").first().uncheck();
  await drawn(page);
  await shot(page, "viewer-filtered.png");
  return seen(page);
}

async function switchLanguage(page) {
  await page.locator("#language").click();
  await page.waitForFunction(() => document.documentElement.lang === "zh-CN");
  await styled(page, "light-zh");
  await drawn(page);
  await shot(page, "viewer-chinese.png");
  return seen(page);
}

/** Presses the button for the theme until it is dark. */
async function switchTheme(page) {
  for (let i = 0; i < 3; i++) {
    if ((await page.evaluate(() => document.documentElement.dataset.theme)) === "dark") break;
    await page.locator("#theme").click();
  }
  await styled(page, "dark-zh");
  await drawn(page);
  await shot(page, "viewer-dark.png");
  return seen(page);
}

/** Enters an address by hand: light, English, the layer off. */
async function enterAddress(page) {
  await page.evaluate(({ hash, layer }) => (location.hash = `${hash}&lang=en&theme=light&off=${layer}`), options);
  await styled(page, "light");
  await drawn(page);
  return seen(page);
}

/** Tabs through a fresh page: what has the keyboard each time, and whether that can be seen. */
async function tabThrough(context, complaints) {
  const page = await context.newPage();
  await listen(page, complaints);
  await page.goto(options.base + "/" + options.hash + "&lang=en&theme=light");
  await idle(page);
  const stops = [];
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(describeFocus);
    if (stop === null || stops.some((s) => s.path === stop.path)) break;
    stops.push(stop);
  }
  // The first link leads to the map, whose keys then work.
  await page.locator(".skip").first().focus();
  await page.keyboard.press("Enter");
  const onMap = await page.evaluate(() => document.activeElement?.classList.contains("maplibregl-canvas") ?? false);
  // Space on a layer's checkbox takes it off the map.
  await page.locator(`#layers .row input[name="${options.layer}"]`).focus();
  await page.keyboard.press("Space");
  await drawn(page);
  const off = await seen(page);
  await page.close();
  return { stops, onMap, off };
}

/** What has the keyboard, by name, and whether it shows. Runs in the page. */
function describeFocus() {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const box = node.getBoundingClientRect();
  // A label may show the outline for its own checkbox.
  const outlined = [node, node.closest("label")].some((n) => n && getComputedStyle(n).outlineStyle !== "none");
  const path = [...document.querySelectorAll("*")].indexOf(node);
  const name = node.getAttribute("aria-label") ?? (node.closest("label") ?? node).textContent.trim();
  return { path, name, outlined, visible: box.width > 1 && box.height > 1 };
}

/** Opens the page where there is no WebGL 2. */
async function withoutGraphics(context, complaints) {
  const page = await context.newPage();
  await listen(page, complaints);
  await page.addInitScript(takeGraphics);
  await page.goto(options.base + "/" + options.hash);
  await page.waitForFunction(() => document.documentElement.dataset.state === "no-map");
  await page.locator("#language").click();
  await shot(page, "viewer-no-map.png");
  const report = {
    message: await page.locator(".no-map").innerText(),
    listed: await page.locator("#layers .row").count(),
  };
  await page.close();
  return report;
}

/** Opens the page in the sandboxed frame of another site, where it has no origin and no storage. */
async function inFrame(context, complaints) {
  const frameTag = `<iframe sandbox="allow-scripts" width="900" height="600" src="${options.base}/${options.hash}"></iframe>`;
  const partner = http.createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end(`<!doctype html><title>A partner</title><link rel="icon" href="data:,">${frameTag}`);
  });
  await new Promise((resolve) => partner.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${partner.address().port}`;
  const page = await context.newPage();
  const noticed = await listen(page);
  try {
    await page.goto(origin);
    const frame = page.frames().find((f) => f.url().startsWith(options.base));
    await frame.waitForFunction(() => document.documentElement.dataset.state === "idle");
    await frame.locator("#language").click();
    await frame.waitForFunction(() => document.documentElement.lang === "zh-CN");
    await shot(page, "viewer-framed.png");
    complaints.push(...noticed.filter((what) => !what.includes(origin)));
    return await frame.evaluate(() => ({
      origin: self.origin, features: window.hutong.map.queryRenderedFeatures().length, lang: document.documentElement.lang,
    }));
  } finally {
    await page.close();
    partner.close();
  }
}
