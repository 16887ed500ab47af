// The page where the browser cannot draw the map.

import { takeGraphics } from "../browser.mjs";
import { barriers, card, heard, rows } from "./page.mjs";

export async function withoutGraphics(opener, { centre }) {
  const page = await opener.blank({}, takeGraphics);
  await page.goto(opener.address());
  await page.waitForFunction(() => document.documentElement.dataset.state === "no-map");
  const report = { message: await page.locator("#map").innerText() };
  await page.getByRole("combobox", { name: "Layer" }).selectOption("complaints");
  await page.waitForFunction(() => document.querySelectorAll("#table [data-row^=C]").length > 0);
  report.rows = await rows(page);
  report.barriers = await barriers(page);
  const box = page.getByRole("combobox", { name: "Search" });
  await box.fill(centre);
  await page.getByRole("option").first().waitFor();
  report.heard = await heard(page);
  await box.press("Enter");
  report.card = await card(page);
  await opener.shot(page, "tour-no-map");
  return report;
}
