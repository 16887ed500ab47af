// Opens the page in a headless Chromium on a city with a view of counts: chooses its periods and sets by the keyboard, by a
// link, reads popup, table and print, and waits for a period that is published meanwhile. It prints what was seen as JSON:
// the facts only, browser_counts_test.go in internal/e2e judges them.
//
//   node counts.mjs '{… what page.mjs takes, "layer": "a view of counts", "small": "a cell that is not in all of its tables",
//                     "hexes": "a layer of cells of all times", "time": "a time that can stand in an address", "far": "a zoom",
//                     "control": "where /later lets the server publish the next period"}'

import { again, idle, listen, options, run, shot } from "./browser.mjs";
import { barriers } from "./tour/page.mjs";

await run(visit);

async function visit(context) {
  const page = await context.newPage();
  const complaints = await listen(page);
  const asked = [];
  page.on("request", (request) => asked.push(decodeURIComponent(new URL(request.url()).pathname + new URL(request.url()).search)));
  await page.goto(`${options.base}/${options.hash}&lang=en&theme=light`);
  await idle(page);
  const report = { fresh: await seen(page) };
  report.keyed = await byKeyboard(page);
  report.linked = await again(context, page, complaints, seen);
  report.coarse = await coarse(page);
  report.listed = await listed(page);
  report.popup = await popup(page);
  report.timed = await timed(page);
  report.asked = asked.filter((address) => address.includes(`/${options.layer}/`) || address.includes("datetime="));
  report.looks = await looks(page);
  report.complaints = [...complaints]; // what comes now is of a server that is away
  report.later = await later(page);
  return report;
}

function row(layer) {
  return `li[data-layer="${layer}"]`;
}

/** What is on the map of the view, and what the list says of it. */
async function seen(page) {
  await page.waitForTimeout(700); // tiles are asked for and the address is written a little later
  await page.waitForFunction(() => document.documentElement.dataset.state === "idle");
  return page.evaluate(({ layer, hexes }) => {
    const { map } = window.hutong;
    const drawn = map.queryRenderedFeatures().filter((f) => f.sourceLayer === layer).map((f) => f.properties);
    const entry = document.querySelector(`li[data-layer="${layer}"]`);
    const text = (node) => node?.textContent ?? "";
    const select = entry.querySelector('[data-does="period"]');
    const on = (does) => entry.querySelector(`[data-does="${does}"]`)?.getAttribute("aria-disabled") === "false";
    return {
      cells: Object.fromEntries(drawn.map((p) => [p.h3, p.count])),
      tables: [...new Set(drawn.map((p) => `${p.period} ${p.set} ${p.resolution}`))],
      hash: location.hash,
      row: text(entry.querySelector(".age")),
      number: text(entry.querySelector(".row .count")),
      hexes: text(document.querySelector(`li[data-layer="${hexes}"] .age`)),
      period: text(select?.selectedOptions[0]),
      periods: [...(select?.options ?? [])].map((o) => o.textContent),
      earlier: on("earlier"), later: on("later"),
      sets: [...entry.querySelectorAll(".set-choice label")].map(text),
      set: text(entry.querySelector(".set-choice label:has(input:checked)")),
      note: text(entry.querySelector(".tables .note")),
      legend: [...entry.querySelectorAll(".cells legend, .cells .title")].map(text),
      heard: text(document.getElementById("announce")),
      focus: document.activeElement?.dataset.does ?? "",
    };
  }, options);
}

/** Unfolds the layer, goes back by the buttons, beyond the end too, and takes another set by the arrow keys. */
async function byKeyboard(page) {
  await page.locator(`${row(options.layer)} .more`).focus();
  await page.keyboard.press("Enter");
  const open = await seen(page);
  const stops = [];
  for (let i = 0; i < 4; i++) {
    await page.keyboard.press("Tab");
    stops.push(await page.evaluate(() => document.activeElement.dataset.does ?? document.activeElement.type));
  }
  await page.locator('[data-does="earlier"]').focus();
  await page.keyboard.press("Enter");
  const back = await seen(page);
  for (let i = 0; i < 3; i++) await page.keyboard.press("Enter");
  const oldest = await seen(page);
  await page.locator(".set-choice input:checked").focus();
  await page.keyboard.press("ArrowRight");
  const other = await seen(page);
  await shot(page, "counts.png");
  return { open, stops, back, oldest, other };
}

/** What the table lists, and what its file holds. */
async function listed(page) {
  await page.locator('[data-tool="table"]').click();
  await page.locator("#table-layer").selectOption(options.layer);
  await page.waitForFunction(() => document.querySelector(".rows")?.dataset.state === "ready" && document.querySelector(".rows tbody tr"));
  await page.waitForTimeout(500);
  await shot(page, "counts-table.png");
  const rows = await page.evaluate(() => ({
    caption: document.querySelector("#table caption").textContent,
    headings: [...document.querySelectorAll("#table thead th")].map((th) => th.textContent),
    rows: [...document.querySelectorAll("#table tbody tr")].map((tr) => [...tr.cells].map((cell) => cell.textContent)),
  }));
  const download = page.waitForEvent("download");
  await page.locator('#table [data-does="save"]').click();
  const file = await download;
  let csv = "";
  for await (const part of await file.createReadStream()) csv += part;
  await page.locator("#table tbody [data-row]").first().click();
  await page.waitForFunction(() => document.querySelector(".found")?.dataset.source);
  const card = await page.locator(".found").innerText();
  await page.keyboard.press("Escape");
  await page.locator('#table [data-does="close"]').click();
  return { ...rows, csv, name: file.suggestedFilename(), card };
}

/** Clicks the small cell where it is published, and goes to the table in which it is not. */
async function popup(page) {
  await page.locator(`${row(options.layer)} .set-choice input`).first().check();
  await seen(page);
  const { x, y } = await page.evaluate(({ small, at }) => {
    const { map } = window.hutong;
    const { x, y } = map.project(at);
    if (!map.queryRenderedFeatures([x, y]).some((f) => f.properties.h3 === small)) throw new Error("the cell is not there");
    return { x, y };
  }, options);
  await page.mouse.click(x, y);
  await page.waitForFunction(() => document.querySelector(".found")?.dataset.source);
  const read = async () => ({ head: await page.locator(".found h2").innerText(), text: await page.locator(".found").innerText() });
  const there = await read();
  await page.locator('[data-does="later"]').click();
  await seen(page);
  const withheld = await read();
  await shot(page, "counts-withheld.png");
  await page.locator(".found h2").focus();
  await page.keyboard.press("Escape");
  return { there, withheld };
}

/** What there is far out, and back. */
async function coarse(page) {
  const zoom = await page.evaluate(() => window.hutong.map.getZoom());
  const at = async (zoom) => {
    await page.evaluate((zoom) => window.hutong.map.jumpTo({ zoom }), zoom);
    return seen(page);
  };
  const report = await at(options.far);
  await at(zoom);
  return report;
}

/** Chooses a time, which is none of the view's. */
async function timed(page) {
  await page.locator(`${row(options.hexes)} input`).check();
  const before = await seen(page);
  await page.evaluate((time) => (location.hash += `&time=${time}`), options.time);
  await page.waitForFunction(() => !document.getElementById("time").hidden);
  const after = await seen(page);
  const note = await page.locator(".time-note").textContent();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const caption = await page.locator("figcaption").textContent();
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await page.locator('#time [data-does="all"]').click();
  await page.locator('#time [data-does="close"]').click();
  await page.locator(`${row(options.hexes)} input`).uncheck();
  return { before, after, note, caption };
}

/** The page in Chinese and dark, on a phone too, each with the barriers that it has. */
async function looks(page) {
  const report = { barriers: await barriers(page) };
  await page.locator("#language").click();
  await page.locator("#theme").click(); // from light
  await page.waitForFunction(() => document.getElementById("style-link").getAttribute("href") === "styles/dark-zh.json");
  await idle(page);
  report.chinese = await seen(page);
  report.barriers.push(...(await barriers(page)));
  await shot(page, "counts-chinese.png");
  await page.setViewportSize({ width: 390, height: 780 });
  await page.locator(`${row(options.layer)} .tables`).scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  await shot(page, "counts-phone.png");
  report.overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  report.widest = await page.evaluate(() => Math.max(...[...document.querySelectorAll(".tables *")].map((n) => n.getBoundingClientRect().right)));
  report.barriers.push(...(await barriers(page)));
  await page.setViewportSize({ width: options.width, height: options.height });
  await page.locator("#language").click();
  await page.waitForFunction(() => document.documentElement.lang === "en");
  return report;
}

/** Shows the newest, and waits until there is a newer one. */
async function later(page) {
  await page.locator('[data-does="period"]').selectOption("");
  const before = await seen(page);
  const response = await fetch(`${options.control}/later`);
  if (!response.ok) throw new Error(await response.text());
  await page.waitForFunction(
    ({ layer, was }) => document.querySelector(`li[data-layer="${layer}"] .age`).textContent !== was, { layer: options.layer, was: before.row },
  );
  await page.waitForFunction((layer) => {
    const drawn = window.hutong.map.queryRenderedFeatures().filter((f) => f.sourceLayer === layer);
    return drawn.length > 0 && drawn.every((f) => f.properties.period === "2016-W34");
  }, options.layer);
  return { before, after: await seen(page) };
}
