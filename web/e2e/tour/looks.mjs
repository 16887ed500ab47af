// The page in Chinese and in the dark: what stands on it, in which letters, in which colours.

import { barriers, card, drawn, features, pixelOf, rows, styled, unfold } from "./page.mjs";

/** Switches to Chinese, opens whatever opens, and reads everything that is written anywhere. */
export async function words(opener, { places, centre }) {
  const page = await opener.open();
  const report = { before: { lang: await lang(page), labels: await labels(page) } };
  await page.locator("#language").click();
  await styled(page, "light-zh");
  report.after = { lang: await lang(page), labels: await labels(page), title: await page.title() };
  await unfold(page, "complaints");
  await unfold(page, "zones");
  await page.locator("#layers summary").first().click();
  await page.locator('[data-tool="table"]').click();
  await rows(page);
  await drawn(page);
  await page.mouse.click(...(await pixelOf(page, places[centre])));
  await card(page);
  await page.keyboard.press("/");
  await page.keyboard.type("灯笼巷");
  await page.getByRole("option").first().waitFor();
  report.texts = await page.evaluate(textsOf);
  report.letters = await page.evaluate(lettersOf);
  report.onMap = await onMap(page);
  await opener.shot(page, "tour-chinese");
  return report;
}

/** What the page is in Chinese and dark, and that it is dark by itself where the system is. */
export async function dark(opener) {
  const page = await opener.open(opener.address("&lang=zh&theme=light"));
  await opener.shot(page, "tour-light");
  const report = { light: await theme(page) };
  const button = page.locator("#theme");
  await button.click();
  await styled(page, "dark-zh");
  report.dark = await theme(page);
  await unfold(page, "complaints");
  report.barriers = await barriers(page);
  await opener.shot(page, "tour-dark");
  report.features = await features(page);
  const system = await opener.open(opener.address("&lang=en"), { colorScheme: "dark" });
  report.system = await theme(system);
  await system.emulateMedia({ colorScheme: "light" });
  await styled(system, "light");
  report.followed = await theme(system);
  return report;
}

function theme(page) {
  return page.evaluate(() => ({
    theme: document.documentElement.dataset.theme,
    style: document.getElementById("style-link").getAttribute("href"),
    scheme: getComputedStyle(document.documentElement).colorScheme,
  }));
}

function lang(page) {
  return page.evaluate(() => document.documentElement.lang);
}

/** The fields that each layer's labels are made of, and how many are on the map. */
function labels(page) {
  return page.evaluate(() => {
    const { map } = window.hutong;
    const out = {};
    for (const { id, type, "source-layer": name, layout } of map.getStyle().layers) {
      if (type !== "symbol" || !layout?.["text-field"]) continue;
      const names = [...JSON.stringify(layout["text-field"]).matchAll(/"get","([^"]+)"/g)].map((m) => m[1]);
      const label = (out[name] ??= { fields: [], drawn: 0 });
      label.fields.push(...names);
      label.drawn += map.queryRenderedFeatures({ layers: [id] }).length;
    }
    return out;
  });
}

/** Every text that can be seen, heard or pointed at, but those that say they are in another language. Runs in the page. */
function textsOf() {
  const texts = new Set([document.title]);
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT);
  for (let node = walk.currentNode; node; node = walk.nextNode()) {
    if (!node.checkVisibility({ visibilityProperty: true }) || node.closest("[lang]") !== document.documentElement) continue;
    for (const name of ["aria-label", "aria-description", "title", "placeholder", "alt", "label"]) {
      if (node.hasAttribute(name)) texts.add(node.getAttribute(name));
    }
    for (const child of node.childNodes) if (child.nodeType === Node.TEXT_NODE) texts.add(child.data.trim());
  }
  return [...texts].filter((text) => text !== "");
}

/**
 * Whether Chinese letters look like themselves: the ink of two in the page's font, how many pixels of
 * them differ, and how many differ from the box that stands for letters which no font has. Runs in
 * the page.
 */
async function lettersOf() {
  await document.fonts.ready;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [64, 64];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const draw = (letter, family) => {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, 64, 64);
    context.fillStyle = "#000";
    context.font = `48px ${family}`;
    context.fillText(letter, 8, 52);
    return context.getImageData(0, 0, 64, 64).data.filter((_, i) => i % 4 === 0).map((v) => (v < 128 ? 1 : 0));
  };
  const differ = (a, b) => a.reduce((sum, v, i) => sum + (v === b[i] ? 0 : 1), 0);
  const { fontFamily } = getComputedStyle(document.querySelector("#layers"));
  const [one, other, none] = ["图", "底", "\u{ffffe}"].map((letter) => draw(letter, fontFamily));
  const [bare, bareOther] = ["图", "底"].map((letter) => draw(letter, "sans-serif"));
  return {
    ink: one.reduce((sum, v) => sum + v, 0),
    differ: differ(one, other),
    fromBox: Math.min(differ(one, none), differ(other, none)),
    systemHas: differ(bare, bareOther) > 0,
    loaded: [...new Set([...document.fonts].filter((f) => f.status === "loaded").map((f) => f.family.replaceAll('"', "")))],
  };
}

/** How many pixels of the map change when a label has other Chinese letters: boxes would all be alike. */
async function onMap(page) {
  const picture = async (text) => {
    await page.evaluate((words) => {
      const { map } = window.hutong;
      const label = map.getStyle().layers.find((l) => l["source-layer"] === "quarters" && l.layout?.["text-field"]);
      map.setLayoutProperty(label.id, "text-field", words);
      map.jumpTo({ center: [116.431, 39.9245], zoom: 15 });
    }, text);
    await drawn(page);
    return page.evaluate(() => {
      const { map } = window.hutong;
      map.redraw();
      const source = map.getCanvas();
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [120, 60];
      const context = canvas.getContext("2d");
      const { x, y } = map.project([116.431, 39.9245]);
      context.drawImage(source, x - 60, y - 30, 120, 60, 0, 0, 120, 60);
      return [...context.getImageData(0, 0, 120, 60).data];
    });
  };
  const [one, other] = [await picture("老城坊"), await picture("回国圆")];
  return one.filter((v, i) => Math.abs(v - other[i]) > 32).length;
}

