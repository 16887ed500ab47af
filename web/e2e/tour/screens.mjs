// The page on a phone, by touch, and on a wall of screens.

import { barriers, card, drawn, features, pixelOf, rows, unfold } from "./page.mjs";

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
const WALL = { viewport: { width: 3840, height: 2160 } };

/** Uses the page on a phone by touch alone: what sticks out and what is too small, with each thing open. */
export async function phone(opener, { places, centre }) {
  const page = await opener.open(opener.address(), PHONE);
  const report = { out: {}, small: {}, barriers: {} };
  const look = async (name) => {
    report.out[name] = await page.evaluate(sticksOut);
    report.small[name] = await page.evaluate(tooSmall);
    report.barriers[name] = await barriers(page);
    await opener.shot(page, `tour-phone-${name}`);
  };
  report.folded = await sheet(page);
  await look("folded");
  await page.locator("#fold").tap();
  report.unfolded = await sheet(page);
  await unfold(page, "complaints");
  await look("unfolded");
  await page.locator("#fold").tap();
  await page.touchscreen.tap(...(await pixelOf(page, places[centre])));
  report.card = await card(page);
  await look("popup");
  await page.locator(".maplibregl-popup-close-button").tap();
  await page.locator("#search-box").tap();
  await page.locator("#search-box").fill(centre);
  await page.getByRole("option").first().waitFor();
  await look("search");
  await page.locator("#search-box").fill("");
  await page.locator('[data-tool="table"]').tap();
  await rows(page);
  await look("table");
  return report;
}

/** How the panel lies in the window. */
function sheet(page) {
  return page.evaluate(() => {
    const { left, top, width, bottom } = document.getElementById("panel").getBoundingClientRect();
    return { left, top, width, bottom, window: [innerWidth, innerHeight] };
  });
}

/** What of the page cannot be reached by any scrolling, or makes the whole page scroll. Runs in the page. */
function sticksOut() {
  const out = [];
  const { scrollWidth, scrollHeight } = document.documentElement;
  if (scrollWidth > innerWidth || scrollHeight > innerHeight) out.push(`the page is ${scrollWidth}×${scrollHeight}`);
  for (const node of document.querySelectorAll("main *, #banner, .skip:focus")) {
    if (!node.checkVisibility({ visibilityProperty: true }) || node.closest("svg, canvas") || node.closest(".unseen, .maplibregl-marker")) continue;
    // Boxes around others are judged by what is in them.
    if (scrolls(node.parentElement) || (node.firstElementChild && !node.matches("a, button, label, summary"))) continue;
    const { left, right, top, bottom, width, height } = node.getBoundingClientRect();
    if (width === 0 || height === 0) continue;
    if (left < -1 || right > innerWidth + 1 || top < -1 || bottom > innerHeight + 1) {
      out.push(`${node.tagName.toLowerCase()}#${node.id}.${node.className} at ${[left, top, right, bottom].map(Math.round)}`);
    }
  }
  return out;

  function scrolls(parent) {
    for (let n = parent; n && n !== document.body; n = n.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(n);
      if ([overflowX, overflowY].some((o) => o === "auto" || o === "scroll")) return true;
    }
    return false;
  }
}

/** What can be pressed but is lower or narrower than a finger, 44 pixels. Runs in the page. */
function tooSmall() {
  const out = [];
  for (const node of document.querySelectorAll("a[href], button, input, select, summary, [role=option], [tabindex='0']")) {
    if (!node.checkVisibility({ visibilityProperty: true }) || node.matches(".skip")) continue;
    // What is pressed for a checkbox is its label.
    const target = node.closest("label") ?? node;
    const { width, height } = target.getBoundingClientRect();
    if (width < 43.5 || height < 43.5) {
      out.push(`${node.tagName.toLowerCase()}#${node.id}.${node.className} ${(node.getAttribute("aria-label") ?? target.textContent).trim()}: ${Math.round(width)}×${Math.round(height)}`);
    }
  }
  return out;
}

/** Opens the page on a wall: all of it is there and nothing sticks out. */
export async function wall(opener) {
  const page = await opener.open(opener.address(), WALL);
  await drawn(page);
  const report = { features: await features(page), out: await page.evaluate(sticksOut) };
  report.letters = await page.evaluate(() => parseFloat(getComputedStyle(document.querySelector("#layers .name")).fontSize));
  report.map = await page.evaluate(() => [window.hutong.map.getCanvas().clientWidth, window.hutong.map.getCanvas().clientHeight]);
  await opener.shot(page, "tour-wall");
  return report;
}
