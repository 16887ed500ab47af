// Opens the page in a headless Chromium and chooses a time: by the keyboard, by the pointer, by a link, played.
// It prints what was seen as JSON: the facts only, browser_time_test.go in internal/e2e judges them.
//
//   node time.mjs '{… what page.mjs takes, "layer": "a layer with times", "later": "one that is not shown at first"}'

import { again, idle, listen, options, run, shot } from "./browser.mjs";

await run(visit);

async function visit(context) {
  const page = await context.newPage();
  const complaints = await listen(page);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`${options.base}/${options.hash}&lang=en&theme=light`);
  await idle(page);
  const report = { fresh: await seen(page) };
  report.keyed = await byKeyboard(page);
  report.asked = asked.filter((url) => url.includes("datetime=")).map((url) => decodeURIComponent(new URL(url).pathname + new URL(url).search));
  report.linked = await again(context, page, complaints, seen);
  report.listed = await rows(page);
  report.dragged = await byPointer(page);
  report.played = await play(page);
  report.paper = await paper(page);
  report.chinese = await chinese(page);
  report.all = await all(page);
  report.later = await later(page);
  report.phone = await phone(page);
  report.edges = await edges(context);
  return { ...report, complaints };
}

/** What is on the map and the band, and what a link would say. */
async function seen(page) {
  await page.waitForTimeout(700); // tiles are asked for and the address is written a little later
  await page.waitForFunction(() => document.documentElement.dataset.state === "idle");
  return page.evaluate((layer) => {
    const { map, state } = window.hutong;
    const band = document.getElementById("time");
    const drawn = map.queryRenderedFeatures().filter((f) => f.sourceLayer === layer);
    return {
      days: [...new Set(drawn.map((f) => f.properties.day))].sort(),
      hash: location.hash,
      off: state.get().off,
      open: !band.hidden,
      text: band.querySelector(".time-now").textContent,
      sliders: [...band.querySelectorAll('[role="slider"]')].map((s) => ({
        name: s.getAttribute("aria-label"), text: s.getAttribute("aria-valuetext"), now: Number(s.getAttribute("aria-valuenow")),
        least: Number(s.getAttribute("aria-valuemin")), most: Number(s.getAttribute("aria-valuemax")),
      })),
      bars: band.querySelector(".bars").getAttribute("aria-label") ?? "",
      note: band.querySelector(".time-note").textContent,
      heard: document.getElementById("announce").textContent,
      focus: document.activeElement?.dataset.part ?? document.activeElement?.dataset.does ?? "",
    };
  }, options.layer);
}

/** T opens the band; the tabulator reaches its parts; arrows move them. */
async function byKeyboard(page) {
  await page.locator(".maplibregl-canvas").focus();
  await page.keyboard.press("t");
  const stops = [];
  for (let i = 0; i < 7; i++) {
    stops.push(await page.evaluate(() => document.activeElement.dataset.part ?? document.activeElement.dataset.does ?? document.activeElement.tagName));
    await page.keyboard.press("Tab");
  }
  await page.locator('[data-part="from"]').focus();
  for (const key of ["ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  const from = await seen(page);
  await page.locator('[data-part="to"]').focus();
  await page.keyboard.press("Home"); // as narrow as it may be
  const narrow = await seen(page);
  await page.locator('[data-part="window"]').focus();
  for (const key of ["ArrowRight", "Shift+ArrowRight"]) await page.keyboard.press(key);
  const moved = await seen(page);
  await shot(page, "time.png");
  return { stops, from, narrow, moved };
}

/** The days of the rows of the table. */
async function rows(page) {
  await page.locator('[data-tool="table"]').click();
  await page.waitForFunction(() => document.querySelector(".rows")?.dataset.state === "ready");
  await page.waitForTimeout(500);
  await shot(page, "time-table.png");
  const days = await page.locator('.rows td[data-field="day"]').allInnerTexts();
  await page.locator('#table [data-does="close"]').click();
  return [...new Set(days)].sort();
}

/** Drags the window to the middle of the track. */
async function byPointer(page) {
  const [track, window] = [await page.locator(".track").boundingBox(), await page.locator('[data-part="window"]').boundingBox()];
  const y = track.y + 6;
  await page.mouse.move(window.x + window.width / 2, y);
  await page.mouse.down();
  await page.mouse.move(track.x + track.width * 0.4, y, { steps: 5 });
  await page.mouse.move(track.x + track.width / 2, y, { steps: 5 });
  await page.mouse.up();
  return seen(page);
}

/** Plays for some windows and pauses by the space bar. */
async function play(page) {
  await page.locator("#time select").selectOption("fast");
  await page.locator('[data-part="window"]').focus();
  const before = await page.evaluate(() => location.hash);
  await page.keyboard.press("Space");
  const texts = new Set();
  for (let i = 0; i < 60 && texts.size < 4; i++) {
    texts.add(await page.locator(".time-now").textContent());
    await page.waitForTimeout(100);
  }
  const playing = await page.locator('#time [data-does="play"]').getAttribute("aria-label");
  await page.keyboard.press("Space");
  const after = await seen(page);
  await page.waitForTimeout(1200);
  return { before, windows: texts.size, playing, after, rests: (await seen(page)).text === after.text };
}

/** What a print says of the time. */
async function paper(page) {
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const report = {
    caption: await page.locator("figcaption").innerText(),
    band: await page.locator("#time").isVisible(),
  };
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await page.emulateMedia({ media: null });
  return report;
}

async function chinese(page) {
  await page.locator("#language").click();
  await page.waitForFunction(() => document.getElementById("style-link").getAttribute("href") === "styles/light-zh.json");
  const report = await seen(page);
  await page.locator("#theme").click();
  await page.waitForTimeout(500);
  await idle(page);
  await shot(page, "time-chinese.png");
  await page.locator("#language").click();
  await page.waitForFunction(() => document.documentElement.lang === "en");
  return report;
}

/** Shows all times again and closes the band with Escape. */
async function all(page) {
  await page.locator('#time [data-does="all"]').click();
  const report = await seen(page);
  await page.keyboard.press("Escape");
  return { ...report, closed: await page.locator("#time").isHidden() };
}

/** Shows the layer that waits until somebody asks for it. */
async function later(page) {
  const box = page.locator(`#layers input[name="${options.later}"]`);
  const drawn = () => page.evaluate((layer) => window.hutong.map.queryRenderedFeatures().filter((f) => f.sourceLayer === layer).length, options.later);
  const before = { checked: await box.isChecked(), drawn: await drawn(), hash: (await seen(page)).hash };
  await box.check();
  await seen(page);
  return { before, after: { checked: await box.isChecked(), drawn: await drawn(), hash: (await seen(page)).hash } };
}

/** What the band says where its bars cannot be counted, of a time without features, with a filter, and in a tab that was behind. */
async function edges(context) {
  const page = await context.newPage(); // errors are expected: nobody listens
  const bars = () => page.evaluate(() => document.querySelector("#time .bars").getAttribute("aria-label"));
  const saying = (start) => page.waitForFunction((text) => document.querySelector("#time .bars").getAttribute("aria-label")?.startsWith(text), start);
  await page.addInitScript(() => {
    let behind = true;
    Object.defineProperty(document, "hidden", { get: () => behind });
    window.bringForward = () => {
      behind = false;
      document.dispatchEvent(new Event("visibilitychange"));
    };
  });
  await page.goto(`${options.base}/${options.hash}&lang=en`);
  await idle(page);
  await page.evaluate(() => (location.hash += "&time=1990-01-01T00:00:00Z/1991-01-01T00:00:00Z")); // as somebody enters it
  await page.waitForFunction(() => !document.getElementById("time").hidden);
  const report = { behind: await bars(), outside: await page.locator(".time-now").textContent() };
  await page.route("**/histogram*", (route) => route.fulfill({ status: 503, body: "{}" }));
  await page.evaluate(() => window.bringForward());
  await saying("The features could not");
  report.failed = await bars();
  report.note = await page.locator(".time-note").textContent();
  await page.unroute("**/histogram*");
  await saying("Features in view by time"); // by itself
  report.again = await bars();
  await page.evaluate((layer) => {
    const filters = new Map([[layer, new Map([["day", { values: ["08-03"], others: false }]])]]);
    window.hutong.state.update({ filters });
  }, options.layer);
  await page.waitForFunction((before) => document.querySelector("#time .bars").getAttribute("aria-label") !== before, report.again);
  report.filtered = await bars();
  await page.close();
  return report;
}

/** How the band stands on a phone. */
async function phone(page) {
  await page.setViewportSize({ width: 390, height: 780 });
  await page.locator('[data-tool="time"]').click();
  const { open } = await seen(page);
  await shot(page, "time-phone.png");
  const box = await page.locator("#time").boundingBox();
  return { open, left: box.x, right: box.x + box.width, overflow: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth) };
}
