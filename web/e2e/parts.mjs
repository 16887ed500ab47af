// Opens the page in a headless Chromium and uses what stands around the map: search, popup, table,
// picture, paper, also where there is no WebGL 2. It prints what was seen as JSON: the facts only,
// browser_parts_test.go in internal/e2e judges them.
//
//   node parts.mjs '{… what page.mjs takes, "layer": "a layer", "word": "a word of its features",
//                    "number": "its field of numbers", "category": "its field of texts"}'

import { readFile } from "node:fs/promises";
import { idle, listen, options, readPopup, run, shot, takeGraphics } from "./browser.mjs";

await run(visit);

async function visit(context) {
  const complaints = [];
  const page = await open(context, complaints, options.hash);
  const report = { hovered: await hover(page), searched: await search(page) };
  report.linked = await link(context, complaints, report.searched.hash);
  report.coordinates = await coordinates(page);
  report.nothing = await nothing(page);
  report.table = await table(page);
  report.filtered = await filtered(page);
  report.csv = await csv(page);
  report.picture = await picture(page);
  report.paper = await paper(page);
  report.blind = await withoutGraphics(context, complaints);
  return { ...report, complaints };
}

/** Opens the page in English and light and waits until all is drawn. */
async function open(context, complaints, hash) {
  const page = await context.newPage();
  await listen(page, complaints);
  await page.goto(`${options.base}/${hash}${hash.includes("lang=") ? "" : "&lang=en&theme=light"}`);
  await idle(page);
  return page;
}

/** Rests the pointer on the feature nearest to the map's middle and reads its name. */
async function hover(page) {
  const at = await page.evaluate((layer) => {
    const { map } = window.hutong;
    const middle = map.project(map.getCenter());
    const places = map.queryRenderedFeatures().filter((f) => f.sourceLayer === layer).map((f) => map.project(f.geometry.coordinates));
    const near = places.sort((a, b) => a.dist(middle) - b.dist(middle))[0];
    return [near.x, near.y];
  }, options.layer);
  const requests = [];
  const note = (request) => requests.push(request.url());
  page.on("request", note);
  await page.mouse.move(...at);
  await page.locator(".hover:not([hidden])").waitFor();
  const text = await page.locator(".hover").innerText();
  page.off("request", note);
  await page.mouse.move(1, 1);
  await page.locator(".hover").waitFor({ state: "hidden" });
  return { text, asked: requests.filter((url) => url.includes("/features")) };
}

/** Searches by the keyboard alone and takes the second result. */
async function search(page) {
  await page.keyboard.press("/");
  await page.keyboard.type(options.word);
  await page.locator(".option").nth(1).waitFor();
  await shot(page, "parts-search.png");
  const report = {
    groups: await page.locator(".results .group").allInnerTexts(),
    options: await page.locator(".option .lines").allInnerTexts(),
    marked: await page.locator(".option mark").allInnerTexts(),
    heard: await heard(page),
  };
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  report.active = await page.evaluate(() => {
    const box = document.activeElement;
    return { role: box.getAttribute("role"), text: document.getElementById(box.getAttribute("aria-activedescendant"))?.querySelector(".lines").innerText };
  });
  await page.keyboard.press("Enter");
  report.entries = await readPopup(page);
  await settled(page);
  report.hash = await page.evaluate(() => location.hash);
  report.zoom = await page.evaluate(() => window.hutong.map.getZoom());
  await shot(page, "parts-popup.png");
  await page.keyboard.press("Escape"); // the list is closed already: this empties the box
  await page.locator(".maplibregl-popup-close-button").focus();
  await page.keyboard.press("Escape");
  await page.locator(".found").waitFor({ state: "detached" });
  await page.waitForFunction(() => !location.hash.includes("at="));
  return report;
}

/** Opens a link to a feature that does not say where to look. */
async function link(context, complaints, hash) {
  const at = hash.split("&").find((part) => part.startsWith("at="));
  const page = await open(context, complaints, `#${at}&lang=en&theme=light`);
  const entries = await readPopup(page);
  await settled(page);
  const report = {
    entries,
    zoom: await page.evaluate(() => window.hutong.map.getZoom()),
    inView: await page.evaluate(() => {
      const box = document.querySelector(".found").getBoundingClientRect();
      return box.left >= 0 && box.top >= 0 && box.right <= window.innerWidth && box.bottom <= window.innerHeight;
    }),
  };
  await page.close();
  return report;
}

/** Enters the middle of the camera as coordinates, longitude first, and goes there. */
async function coordinates(page) {
  const [, lat, lon] = options.hash.slice(1).split("/").map(Number);
  await page.locator("#search-box").fill(`${lon},${lat}`);
  await page.locator(".option").first().click();
  await page.locator(".pin").waitFor();
  await settled(page);
  const at = await page.evaluate(() => {
    const { left, bottom, width } = document.querySelector(".pin").getBoundingClientRect();
    const { map } = window.hutong;
    const box = map.getContainer().getBoundingClientRect();
    return map.unproject([left + width / 2 - box.left, bottom - box.top]).toArray();
  });
  await page.locator("#search-box").fill("");
  return { at, wanted: [lon, lat] };
}

/** Searches for what nobody wrote. */
async function nothing(page) {
  await page.locator("#search-box").fill("zzqqxx");
  const note = page.locator(".drop .note");
  await note.waitFor();
  const report = { text: await note.innerText(), expanded: await page.locator("#search-box").getAttribute("aria-expanded"), heard: await heard(page) };
  await page.locator("#search-box").fill("");
  return report;
}

/** Opens the table by its button, sorts it by numbers, opens a row, and moves the map. */
async function table(page) {
  await page.evaluate((hash) => (location.hash = `${hash}&lang=en&theme=light`), options.hash);
  await settled(page);
  await page.locator('[data-tool="table"]').click();
  await page.locator(".rows tbody tr").first().waitFor();
  await settled(page);
  const report = await rows(page);
  const heading = page.locator(`.rows thead [data-column="${options.number}"]`);
  await heading.focus();
  await page.keyboard.press("Enter");
  report.ascending = await rows(page);
  await page.keyboard.press("Enter");
  report.descending = await rows(page);
  report.heard = await heard(page);
  report.focused = await page.evaluate(() => document.activeElement?.dataset.column ?? "");
  await shot(page, "parts-table.png");
  const first = page.locator(".rows tbody button").first();
  await first.focus();
  await page.keyboard.press("Enter");
  report.entries = await readPopup(page);
  report.current = await page.locator('.rows tr[aria-current="true"]').count();
  report.kept = await page.evaluate(() => document.activeElement?.dataset.row ?? "");
  const asked = page.waitForResponse((r) => r.url().includes("bbox="));
  await page.evaluate(() => window.hutong.map.jumpTo({ zoom: window.hutong.map.getZoom() + 2 }));
  await asked;
  await page.waitForFunction((n) => document.querySelectorAll(".rows tbody tr").length !== n, report.ids.length);
  report.closer = await rows(page);
  await page.locator(".maplibregl-popup-close-button").click();
  return report;
}

/** Takes all but one value of the field of texts away and reads the table again. */
async function filtered(page) {
  const value = await page.locator(`.rows td[data-field="${options.category}"]`).first().innerText();
  const asked = page.waitForResponse((r) => r.url().includes("bbox="));
  await page.evaluate(({ layer, field, wanted }) => {
    const { state } = window.hutong;
    state.update({ filters: new Map([[layer, new Map([[field, { values: [wanted], others: false }]])]]) });
  }, { layer: options.layer, field: options.category, wanted: value });
  await asked;
  await page.waitForFunction(({ field, wanted }) => {
    return [...document.querySelectorAll(`.rows td[data-field="${field}"]`)].every((td) => td.textContent === wanted);
  }, { field: options.category, wanted: value });
  return { value, ...(await rows(page)) };
}

/** What the table says and lists. */
function rows(page) {
  return page.evaluate((number) => ({
    caption: document.querySelector(".rows caption").textContent,
    headings: [...document.querySelectorAll(".rows thead th")].map((th) => th.textContent),
    sort: [...document.querySelectorAll(".rows thead th")].map((th) => th.getAttribute("aria-sort")).find((s) => s !== "none") ?? "none",
    ids: [...document.querySelectorAll(".rows tbody [data-row]")].map((b) => b.dataset.row),
    numbers: [...document.querySelectorAll(`.rows td[data-field="${number}"]`)].map((td) => Number(td.textContent.replaceAll(",", ""))),
    bounds: window.hutong.map?.getBounds().toArray().flat() ?? null,
  }), options.number);
}

/** Downloads the table's rows. */
async function csv(page) {
  const download = page.waitForEvent("download");
  await page.locator('[data-does="save"]').click();
  const file = await download;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

/** Saves the map as a picture: its size, and how many colours there are in its middle. */
async function picture(page) {
  await page.locator('.table [data-does="close"]').click();
  await page.evaluate((hash) => (location.hash = `${hash}&lang=en&theme=light`), options.hash);
  await idle(page);
  const download = page.waitForEvent("download");
  await page.locator('[data-tool="picture"]').click();
  const file = await download;
  const saved = await readFile(await file.path());
  const seen = await page.evaluate(async (url) => {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(image.width / 4, image.height / 4, image.width / 2, image.height / 2);
    return { width: image.width, height: image.height, colours: new Set(new Uint32Array(data.buffer)).size };
  }, `data:image/png;base64,${saved.toString("base64")}`);
  return { name: file.suggestedFilename(), ...seen };
}

/** Prepares paper as printing does, without a printer: what stands there, and whether the map does. */
async function paper(page) {
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print" });
  await shot(page, "parts-paper.png");
  const report = await page.evaluate(() => {
    const canvas = document.querySelector(".paper canvas");
    const { data } = canvas.getContext("2d").getImageData(canvas.width / 4, canvas.height / 4, canvas.width / 2, canvas.height / 2);
    const shown = (selector) => document.querySelector(selector).getClientRects().length > 0;
    return { colours: new Set(new Uint32Array(data.buffer)).size, paper: shown(".paper"), map: shown("#map"), tools: shown("#tools") };
  });
  await page.emulateMedia({ media: null });
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  return { ...report, left: await page.locator(".paper").count() };
}

/** Opens the page where there is no WebGL 2: the table is open, its rows open, its area moves. */
async function withoutGraphics(context, complaints) {
  const page = await context.newPage();
  await listen(page, complaints);
  await page.addInitScript(takeGraphics);
  await page.goto(`${options.base}/${options.hash}&lang=en&theme=light`);
  await page.locator(".rows tbody tr").first().waitFor();
  const report = await rows(page);
  await page.locator(".rows tbody button").first().click();
  report.entries = await readPopup(page);
  const asked = page.waitForResponse((r) => r.url().includes("bbox="));
  await page.locator('[data-does="east"]').click();
  report.moved = (await asked).url();
  await shot(page, "parts-no-map.png");
  await page.close();
  return report;
}

/** What was said to those who do not see the page, a moment after it was. */
async function heard(page) {
  await page.waitForTimeout(150);
  return page.locator("#announce").innerText();
}

/** Waits until the map has come to rest and the address says where. */
async function settled(page) {
  await page.waitForFunction(() => !window.hutong.map.isMoving());
  await idle(page);
  await page.waitForTimeout(500);
}
