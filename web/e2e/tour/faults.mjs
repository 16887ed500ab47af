// Holds answers back, refuses some and lets others fail, and reads what the page makes of it.

import { drawn, features, heard, rows } from "./page.mjs";

export async function faults(opener, { hash }) {
  return {
    hasty: await hasty(opener),
    mended: await mended(opener),
    hole: await hole(opener),
    gone: await gone(opener),
    theme: await theme(opener, hash),
  };
}

/** Enter before the server has answered for what stands in the box. */
async function hasty(opener) {
  const page = await opener.open();
  const box = page.getByRole("combobox", { name: "Search" });
  await box.fill("lantern 07");
  await page.getByRole("option").first().waitFor();
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route("**/search?*", async (route) => {
    await released;
    await route.continue();
  });
  const asked = page.waitForRequest("**/search?*");
  await box.fill("Route 3");
  await box.press("Enter");
  await asked;
  const before = await page.evaluate(() => window.hutong.state.get().at);
  release();
  await page.getByRole("option", { name: /Route 3/ }).waitFor();
  await box.press("Enter");
  await page.waitForFunction(() => document.querySelector(".found")?.dataset.source);
  return { before, after: await page.evaluate(() => window.hutong.state.get().at.layer) };
}

/** A sprite that comes only at the third time: the page says so, and gets it without starting anew. */
async function mended(opener) {
  const page = await opener.blank();
  let times = 0;
  await page.route("**/sprites/*.png", (route) => (++times < 3 ? route.fulfill({ status: 503, body: "" }) : route.continue()));
  await page.goto(opener.address());
  const banner = page.locator("#banner");
  await banner.waitFor({ state: "visible" });
  const told = await banner.innerText();
  await page.evaluate(() => (window.same = true));
  await banner.waitFor({ state: "hidden" });
  await page.waitForFunction(() => window.hutong.map.isStyleLoaded() && window.hutong.map.listImages().some((name) => name.startsWith("shape-")));
  await drawn(page);
  return { told, same: await page.evaluate(() => window.same === true), features: await features(page) };
}

/** A tile that stays broken: the rest is drawn and nobody is called to wait. */
async function hole(opener) {
  const page = await opener.blank();
  const broken = page.waitForResponse((response) => response.url().includes("/tiles/routes/") && response.status() === 500);
  await page.route("**/tiles/routes/*/*/*", (route) => route.fulfill({ status: 500, body: "" }));
  await page.goto(opener.address());
  await broken;
  await page.waitForFunction(() => window.hutong?.map.loaded());
  return { banner: await page.locator("#banner").isVisible(), features: await features(page) };
}

/** A link to a feature that is not there any more. */
async function gone(opener) {
  const page = await opener.open(opener.address("&lang=en&theme=light&at=complaints:nobody"));
  const seen = await page.locator(".flash").innerText();
  return { seen, heard: await heard(page), at: await page.evaluate(() => window.hutong.state.get().at) };
}

/** A theme that was chosen, and an address entered that says nothing of it. */
async function theme(opener, hash) {
  const page = await opener.open(opener.address("&lang=en"), { colorScheme: "light" });
  while ((await page.evaluate(() => window.hutong.state.get().theme)) !== "dark") await page.locator("#theme").click();
  await page.evaluate((to) => (location.hash = to), `${hash}&table=1`);
  await rows(page);
  return page.evaluate(() => document.documentElement.dataset.theme);
}
