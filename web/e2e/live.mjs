// Keeps pages open while the server's data change, while tabs come and go, and while the server is away:
// two tabs of the viewer, and a page that has nothing of ours but /live.js. It prints what was seen as JSON;
// push_test.go in internal/e2e judges it.
//
//   node live.mjs '{… what page.mjs takes, "plain": "the address of the other page",
//                   "control": "where /data?n=N writes N features, /kill and /start do so to the server"}'

import { listen, options, run } from "./browser.mjs";

await run(visit);

async function visit(context) {
  const complaints = [];
  const first = await open(context, `${options.base}/${options.hash}&lang=en&theme=light`, complaints);
  await shows(first, 1);
  await live(first);
  const second = await open(context, `${options.base}/${options.hash}&lang=zh&theme=light`, complaints);
  await shows(second, 1);
  await live(second);
  const report = { shared: await streams(1), took: [] };
  for (const page of [first, second]) await page.evaluate(() => (window.same = true));

  report.took.push(await publish(2, first, second));
  await first.close();
  report.took.push(await publish(3, second));
  report.handedOver = await streams(1);

  const plain = await open(context, options.plain, complaints);
  await shows(plain, 3);
  report.beside = await streams(2);
  await plain.evaluate(() => (window.same = true));
  report.took.push(await publish(4, plain, second));
  // What changes outside the window is seen when the map goes there, though MapLibre has kept its tiles.
  await plain.evaluate(() => window.map.jumpTo({ center: [-76.5, 38.9] }));
  await plain.waitForFunction(() => window.map.loaded());
  await publish(5, second);
  await plain.evaluate(() => window.map.jumpTo({ center: [-77, 38.9] }));
  await shows(plain, 5);

  await control("/kill");
  const line = second.locator("#live");
  await second.waitForFunction(() => document.getElementById("live").dataset.live === "away");
  report.away = await line.innerText();
  const height = () => line.evaluate((node) => node.getBoundingClientRect().height);
  const before = await height();
  await second.waitForFunction(() => document.getElementById("live").dataset.live === "old");
  report.old = await line.innerText();
  report.shift = (await height()) - before;
  report.plainAway = await plain.evaluate(() => window.state);
  await control("/data?n=6");
  await control("/start");
  await Promise.all([shows(second, 6), shows(plain, 6)]);
  await live(second);
  report.back = await line.innerText();
  report.plainBack = await plain.evaluate(() => window.state);
  report.same = (await second.evaluate(() => window.same === true)) && (await plain.evaluate(() => window.same === true));
  return { ...report, complaints };
}

async function open(context, address, complaints) {
  const page = await context.newPage();
  await listen(page, complaints);
  await page.goto(address);
  return page;
}

async function control(what) {
  const response = await fetch(options.control + what);
  if (!response.ok) throw new Error(`${what}: ${await response.text()}`);
}

/** Waits until a page draws that many features. */
function shows(page, n) {
  return page.waitForFunction((n) => {
    const map = window.hutong?.map ?? window.map; // on our page window.map is the element
    if (!map?.queryRenderedFeatures) return false;
    return new Set(map.queryRenderedFeatures().filter((f) => f.sourceLayer === "reports").map((f) => f.id)).size === n;
  }, n);
}

function live(page) {
  return page.waitForFunction(() => ["live", "still"].includes(document.getElementById("live").dataset.live));
}

/** Publishes n features and waits for them on all pages; returns for how long, in milliseconds. */
async function publish(n, ...pages) {
  await control(`/data?n=${n}`);
  const started = performance.now();
  await Promise.all(pages.map((page) => shows(page, n)));
  return performance.now() - started;
}

/** How many streams the server has, once there are n or it has been waited for long enough. */
async function streams(n) {
  for (let tries = 0; ; tries++) {
    const text = await (await fetch(`${options.base}/metrics`)).text();
    const got = Number(/^hutong_live_clients (\d+)/m.exec(text)?.[1] ?? "-1");
    if (got === n || tries === 100) return got;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
