// Saves the map as a picture, shares it and prints it.

import path from "node:path";
import { writeFile } from "node:fs/promises";

/** Saves the picture into the folder of screenshots, copies the link. */
export async function picture(opener, { base, out }) {
  const page = await opener.open(opener.address(), { permissions: ["clipboard-read", "clipboard-write"] });
  const download = page.waitForEvent("download");
  await page.locator('[data-tool="picture"]').click();
  const file = await download;
  await file.saveAs(path.join(out, "tour-picture.png"));
  const map = await page.evaluate(() => {
    const { width, height } = window.hutong.map.getCanvas();
    return { width, height };
  });
  await page.locator('[data-tool="share"]').click();
  await page.waitForFunction(() => document.getElementById("announce").textContent === "The link is copied.");
  const link = await page.evaluate(() => navigator.clipboard.readText());
  return { name: file.suggestedFilename(), map, link, base, address: page.url() };
}

/** Prints the page as a PDF and says which pictures are in it. */
export async function paper(opener, { out }) {
  const page = await opener.open();
  const pdf = await page.pdf({ format: "A4", landscape: true, printBackground: true });
  await writeFile(path.join(out, "tour-paper.pdf"), pdf);
  const images = [...pdf.toString("latin1").matchAll(/\/Subtype\s*\/Image[\s\S]{0,200}?\/Width (\d+)\s*\/Height (\d+)/g)];
  const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  return { images: images.map(([, width, height]) => [Number(width), Number(height)]), pages, left: await page.locator(".paper").count() };
}
