// What the steps of the tour do and read again and again.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** Waits until the map shows what was just asked of it. */
export async function drawn(page) {
  await page.waitForFunction(() => !window.hutong.map.isMoving());
  await page.evaluate(() => new Promise((resolve) => {
    window.hutong.map.once("idle", resolve);
    window.hutong.map.triggerRepaint();
  }));
}

/** Waits until the page has the style of this name and the map shows it. */
export async function styled(page, name) {
  await page.waitForFunction((n) => {
    return document.getElementById("style-link").getAttribute("href") === `styles/${n}.json` && window.hutong.map?.isStyleLoaded() !== false;
  }, name);
  await drawn(page);
}

/** The ids of the features drawn, by layer, each once and sorted. */
export function features(page) {
  return page.evaluate(() => {
    const out = {};
    for (const f of window.hutong.map.queryRenderedFeatures()) {
      if (f.properties.id !== undefined) (out[f.sourceLayer] ??= new Set()).add(f.properties.id);
    }
    return Object.fromEntries(Object.entries(out).map(([source, ids]) => [source, [...ids].sort()]));
  });
}

/** What was said last to those who do not see the page, once it stands there. */
export async function heard(page) {
  await page.waitForFunction(() => document.getElementById("announce").textContent !== "");
  return page.locator("#announce").textContent();
}

/** A layer's entry in the panel. */
export function entryOf(page, layer) {
  return page.locator(`#layers [data-layer="${layer}"]`);
}

/** Unfolds a layer's legend and returns it. */
export async function unfold(page, layer) {
  const more = entryOf(page, layer).locator("[aria-controls]");
  if ((await more.getAttribute("aria-expanded")) === "false") await more.click();
  return page.locator(`#${await more.getAttribute("aria-controls")}`);
}

/** Where a feature stands in the window. */
export function pixelOf(page, lngLat) {
  return page.evaluate((at) => {
    const { map } = window.hutong;
    const { left, top } = map.getContainer().getBoundingClientRect();
    const { x, y } = map.project(at);
    return [left + x, top + y];
  }, lngLat);
}

/** What the popup says, once it has the fields from the server: what is over the fields, and each with its title. */
export async function card(page) {
  await page.waitForFunction(() => document.querySelector(".found")?.dataset.source);
  return page.evaluate(() => {
    const found = document.querySelector(".found");
    const text = (node) => node?.textContent ?? "";
    return {
      layer: found.dataset.layer,
      source: found.dataset.source,
      id: text(found.querySelector(".id")),
      heading: text(found.querySelector("h2")),
      fields: Object.fromEntries([...found.querySelectorAll("[data-field]")].map((n) => [n.dataset.field, n.textContent])),
      titles: Object.fromEntries([...found.querySelectorAll("dt")].map((dt) => [dt.nextElementSibling.dataset.field, dt.textContent])),
      all: found.textContent,
    };
  });
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The barriers that axe finds on the page as it is: rule, where, and why. */
export async function barriers(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  return page.evaluate(async (tags) => {
    const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.flat().join(" ")}: ${failureSummary.replaceAll(/\s+/g, " ")}`),
    );
  }, RULES);
}

/** The rows of the table once the server has answered for what is in view. */
export async function rows(page) {
  await page.waitForFunction(() => document.querySelector("#table [data-state]")?.dataset.state === "ready");
  return page.evaluate(() => {
    const table = document.querySelector("#table table");
    return {
      caption: table.caption.textContent,
      headings: [...table.tHead.querySelectorAll("th")].map((th) => th.textContent),
      sorts: [...table.tHead.querySelectorAll("th")].map((th) => th.getAttribute("aria-sort")),
      ids: [...table.querySelectorAll("[data-row]")].map((b) => b.dataset.row),
      cells: [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent)),
    };
  });
}

/** Does what makes the table ask the server anew, waits for the answer, and reads the rows. */
export async function rowsAfter(page, act) {
  await page.evaluate(() => {
    window.rowsBefore = document.querySelector("#table tbody tr");
  });
  await act();
  await page.waitForFunction(() => document.querySelector("#table tbody tr") !== window.rowsBefore);
  return rows(page);
}
