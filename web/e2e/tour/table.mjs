// Reads the table beside the map, sorts, filters and downloads it.

import { readFile } from "node:fs/promises";
import { barriers, card, drawn, rows, rowsAfter, unfold } from "./page.mjs";

export async function table(opener) {
  const page = await opener.open();
  await page.locator('[data-tool="table"]').click();
  await page.getByRole("combobox", { name: "Layer" }).selectOption("complaints");
  await drawn(page);
  const report = { all: await rows(page), barriers: await barriers(page) };
  await opener.shot(page, "tour-table");
  const level = page.getByRole("columnheader", { name: "Level" }).getByRole("button");
  await level.click();
  await level.click();
  report.sorted = await rows(page);
  const detail = await unfold(page, "complaints");
  report.filtered = await rowsAfter(page, () => detail.getByRole("checkbox", { name: /^Noise/ }).uncheck());
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const file = await download;
  report.file = { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
  await page.locator('#table [data-row="C-17"]').click();
  report.opened = await card(page);
  report.zones = await rowsAfter(page, () => page.getByRole("combobox", { name: "Layer" }).selectOption("zones"));
  return report;
}
