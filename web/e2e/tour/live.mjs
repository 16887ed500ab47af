// Keeps the page open while the server's data change.

import { rename } from "node:fs/promises";
import { drawn, features } from "./page.mjs";

export async function live(opener, { file, next }) {
  const page = await opener.open();
  await page.evaluate(() => (window.notReloaded = true));
  // The page has heard of the data as they are.
  await page.waitForFunction(() => document.getElementById("live").textContent !== "");
  const read = async () => ({
    features: (await features(page)).complaints,
    count: await page.locator('#layers [data-layer="complaints"] .count').first().innerText(),
    line: await page.locator("#live").innerText(),
    closed: await page.evaluate(() => window.hutong.map.queryRenderedFeatures()
      .filter((f) => f.source === "complaints" && f.properties.status === "closed").map((f) => f.properties.id)),
  });
  await drawn(page);
  const report = { before: await read() };
  await rename(next, file);
  await page.waitForFunction(() => {
    const { map } = window.hutong;
    const ids = map.queryRenderedFeatures().filter((f) => f.source === "complaints").map((f) => f.properties.id);
    return ids.includes("C-90") && !ids.includes("C-00");
  });
  await drawn(page);
  report.after = await read();
  report.same = await page.evaluate(() => window.notReloaded === true);
  return report;
}
