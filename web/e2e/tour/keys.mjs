// Uses the page by the keyboard alone, from its loading to its table, and looks after every stroke at
// what has the keyboard.

import { card, drawn, features, heard, rows } from "./page.mjs";

/** The most strokes of the tabulator that lead once around the page. */
const MAX_TABS = 120;

export async function keys(opener, { places, centre }) {
  const page = await opener.open();
  const strokes = [];
  const press = async (key) => {
    await page.keyboard.press(key);
    const at = await page.evaluate(focusOf);
    strokes.push({ key, ...at });
    return at;
  };
  const tabTo = async (wanted) => {
    for (let i = 0; i < MAX_TABS; i++) {
      const at = await press("Tab");
      if (wanted(at)) return at;
    }
    throw new Error(`the tabulator does not lead to ${wanted}`);
  };
  const report = {};

  // Into the panel: fold the legend out, take one value away.
  report.first = await press("Tab");
  await tabTo((at) => at.name === "Legend and filters of Complaints");
  await press("Enter");
  await tabTo((at) => at.name.startsWith("Noise"));
  await press("Space");
  report.filterHeard = await heard(page);
  await drawn(page);
  report.filtered = await features(page);
  await press("Space");

  // The whole round, each stop once.
  report.round = await round(page, press);

  // Search by the arrows; Escape closes the list and keeps the box.
  await press("/");
  await page.keyboard.type(centre);
  await page.getByRole("option").first().waitFor();
  await press("ArrowDown");
  report.active = await page.evaluate(() => document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.textContent);
  await press("Escape");
  report.closed = await page.evaluate(() => document.activeElement.getAttribute("aria-expanded"));
  await press("ArrowDown");
  await press("Enter");
  report.searched = await card(page);
  await drawn(page);
  await press("Escape");
  await page.waitForFunction(() => document.getElementById("search-box").value === "");
  await press("Escape");
  await page.locator(".found").waitFor({ state: "detached" });
  strokes.push({ key: "the popup closed", ...(await page.evaluate(focusOf)) });

  // The map: Enter opens what is in its middle, Escape leads back.
  await page.evaluate((center) => window.hutong.map.jumpTo({ center, zoom: 13 }), places[centre]);
  await drawn(page);
  await tabTo((at) => at.canvas);
  await press("Enter");
  report.opened = await card(page);
  report.inCard = await page.evaluate(() => document.querySelector(".found").contains(document.activeElement));
  await press("Escape");
  await page.locator(".found").waitFor({ state: "detached" });
  report.back = await page.evaluate(focusOf);
  const before = await page.evaluate(() => window.hutong.map.getCenter().toArray());
  await press("ArrowRight");
  await drawn(page);
  const after = await page.evaluate(() => window.hutong.map.getCenter().toArray());
  report.moved = after[0] - before[0];
  await press("ArrowLeft");
  await drawn(page);

  // The tools and the table: open, sort, open a row, close.
  await tabTo((at) => at.name.startsWith("Table"));
  await press("Enter");
  await rows(page);
  await tabTo((at) => at.name === "Layer");
  await press("ArrowDown");
  await press("ArrowDown");
  await page.waitForFunction(() => document.querySelector("#table [data-row^=C]"));
  await tabTo((at) => at.name === "Level");
  await press("Enter");
  report.sorted = (await rows(page)).ids;
  await tabTo((at) => at.row !== "");
  await press("Enter");
  report.row = await card(page);
  await press("Escape");
  await page.locator(".found").waitFor({ state: "detached" });
  strokes.push({ key: "the row's popup closed", ...(await page.evaluate(focusOf)) });
  await tabTo((at) => at.name === "Close the table");
  await press("Enter");
  await page.locator("#table").waitFor({ state: "hidden" });
  strokes.push({ key: "the table closed", ...(await page.evaluate(focusOf)) });
  return { ...report, strokes };
}

/** Tabs once around the page from where the keyboard is and returns the stops' names in order. */
async function round(page, press) {
  const stops = [];
  const seen = new Set();
  for (let i = 0; i < MAX_TABS; i++) {
    const at = await press("Tab");
    // Once around, a browser of flesh and blood has its own buttons: here the page has lost it for a stroke.
    if (at.lost) continue;
    if (seen.has(at.path)) break;
    seen.add(at.path);
    stops.push(at.name);
  }
  return stops;
}

/** What has the keyboard: its name, whether that can be seen, whether nothing lies over it. Runs in the page. */
function focusOf() {
  const node = document.activeElement;
  if (!node || node === document.body) return { lost: true, name: "", path: -1, ring: false, seen: false, canvas: false, row: "" };
  const box = node.getBoundingClientRect();
  const ringed = (n) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(n);
    return (outlineStyle !== "none" && outlineWidth !== "0px") || (n === node && boxShadow !== "none");
  };
  // A label or the box around a field may show it in their place.
  const ring = [node, node.closest("label"), node.parentElement].some((n) => n && n.matches(":focus-within") && ringed(n));
  const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
  const over = document.elementFromPoint(x, y);
  const whole = node.closest("label") ?? node;
  return {
    lost: false,
    path: [...document.querySelectorAll("*")].indexOf(node),
    name: node.getAttribute("aria-label") ?? nameOf(node),
    ring,
    seen: over !== null && (whole.contains(over) || over.contains(whole)),
    canvas: node.matches("canvas"),
    row: node.dataset.row ?? "",
  };

  function nameOf(n) {
    const by = document.getElementById(n.getAttribute("aria-labelledby"));
    return (by ?? n.labels?.[0] ?? n).textContent.trim();
  }
}
