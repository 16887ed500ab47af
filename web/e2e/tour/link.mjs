// Changes everything that a link says, and opens that link in a browser that knows nothing.

import { card, drawn, features, pixelOf, rows, styled, unfold } from "./page.mjs";

export async function link(opener, { places, centre }) {
  const page = await opener.open(opener.address(""));
  await page.locator('#layers input[name="routes"]').uncheck();
  const detail = await unfold(page, "complaints");
  await detail.getByRole("checkbox", { name: /^Noise/ }).uncheck();
  await detail.getByRole("checkbox", { name: /^Assigned/ }).uncheck();
  await detail.getByRole("radio", { name: "Year" }).check();
  await page.evaluate(() => window.hutong.map.jumpTo({ zoom: 13.2, center: [116.4, 39.903] }));
  await drawn(page);
  await page.locator('[data-tool="table"]').click();
  await page.getByRole("combobox", { name: "Layer" }).selectOption("zones");
  await rows(page);
  const load = page.getByRole("columnheader", { name: "Load" }).getByRole("button");
  await load.click();
  await load.click();
  await drawn(page);
  await page.mouse.click(...(await pixelOf(page, places[centre])));
  await card(page);
  await page.locator("#language").click();
  await styled(page, "light-zh");
  while ((await page.evaluate(() => window.hutong.state.get().theme)) !== "dark") await page.locator("#theme").click();
  await styled(page, "dark-zh");
  // The address is written a little later than the state.
  const parts = ["at=complaints:", "table=1", "list=zones", "sort=load,down", "lang=zh", "theme=dark", "off=routes", "age.complaints=365d", "13.2/39.903"];
  await page.waitForFunction((all) => all.every((part) => location.hash.includes(part)), parts);
  const report = { address: page.url(), first: await facts(page) };
  const second = await opener.open(page.url());
  await card(second);
  report.second = await facts(second);
  await opener.shot(second, "tour-link");
  return report;
}

/** Everything that a link has to bring back. */
async function facts(page) {
  const { ids, caption, sorts } = await rows(page);
  await unfold(page, "complaints");
  await drawn(page);
  return {
    ids,
    caption,
    sorts,
    card: await card(page),
    features: await features(page),
    page: await page.evaluate(() => ({
      lang: document.documentElement.lang,
      theme: document.documentElement.dataset.theme,
      off: [...document.querySelectorAll("#layers .row input:not(:checked)")].map((box) => box.name),
      unchecked: [...document.querySelectorAll('[data-layer="complaints"] input[type=checkbox]:not(:checked)')].map((b) => b.closest("label").textContent),
      age: document.querySelector('[data-layer="complaints"] input[type=radio]:checked').closest("label").textContent,
      table: !document.getElementById("table").hidden,
    })),
    camera: await page.evaluate(() => [window.hutong.map.getZoom(), ...window.hutong.map.getCenter().toArray()]),
  };
}

