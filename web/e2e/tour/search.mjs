// Searches by id, by text in both languages and by coordinates.

import { barriers, card, drawn, heard } from "./page.mjs";

export async function search(opener, { centre }) {
  const page = await opener.open();
  const box = page.getByRole("combobox", { name: "Search" });
  const look = async (text) => {
    await box.fill(text);
    await page.waitForFunction((q) => {
      const drop = document.querySelector("#search .drop");
      const answered = [...drop.querySelectorAll("[role=option], .note:not([hidden])")].length > 0;
      return !drop.hidden && answered && window.hutong.state.get().q === q;
    }, text);
    return { options: await page.getByRole("option").locator(".name").allInnerTexts(), heard: await heard(page) };
  };
  const report = { id: await look(centre), barriers: await barriers(page) };
  await opener.shot(page, "tour-search");
  await box.press("Enter");
  report.taken = await card(page);
  await drawn(page);
  report.box = await page.evaluate(() => ({ value: document.getElementById("search-box").value, focused: document.activeElement.id }));
  await box.fill("");
  report.text = await look("lantern 07");
  await box.fill("");
  report.chinese = await look("灯笼巷第08号");
  await box.fill("");
  report.line = await look("Route 3");
  await box.press("ArrowDown");
  await box.press("Enter");
  await page.waitForFunction(() => document.querySelector(".found")?.dataset.layer === "routes");
  await drawn(page);
  await box.fill("");
  report.secret = await look("555-01");
  await box.fill("");
  report.coordinates = await look("39.905, 116.415");
  await box.press("Enter");
  await page.waitForFunction(() => document.querySelector(".pin"));
  await drawn(page);
  report.centre = await page.evaluate(() => window.hutong.map.getCenter().toArray());
  report.bounds = await page.evaluate(() => window.hutong.map.getBounds().toArray().flat());
  return report;
}
