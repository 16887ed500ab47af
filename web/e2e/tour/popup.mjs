// Opens features of each kind by the pointer and reads what is said of them, in both languages.

import { barriers, card, pixelOf, styled } from "./page.mjs";

export async function popup(opener, { places, centre }) {
  const page = await opener.open();
  await page.mouse.click(...(await pixelOf(page, places[centre])));
  const report = { point: await card(page), barriers: await barriers(page) };
  report.inView = await page.evaluate(() => {
    const box = document.querySelector(".found").getBoundingClientRect();
    return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
  });
  await opener.shot(page, "tour-popup");
  await page.locator("#language").click();
  await styled(page, "light-zh");
  report.chinese = await card(page);
  await page.keyboard.press("Escape");
  await page.locator(".found").waitFor({ state: "detached" });
  await page.locator("#language").click();
  await styled(page, "light");
  // The middle of the second zone and of the last route.
  await page.mouse.click(...(await pixelOf(page, [116.413, 39.8935])));
  report.polygon = await card(page);
  await page.mouse.click(...(await pixelOf(page, [116.42, 39.9305])));
  await page.waitForFunction(() => document.querySelector(".found")?.dataset.layer === "routes");
  report.line = await card(page);
  return report;
}
