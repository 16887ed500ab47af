// The page in the sandboxed frame of another site, where it has no origin and no storage.

import { drawn, features } from "./page.mjs";

export async function framed(opener, { base, frame: partner, places, centre }) {
  const page = await opener.blank();
  await page.goto(partner);
  await page.waitForFunction(() => window.frames.length === 1);
  const frame = page.frames().find((f) => f.url().startsWith(base));
  await frame.waitForFunction(() => document.documentElement.dataset.state === "idle");
  await drawn(frame);
  const report = { features: await features(frame), origin: await frame.evaluate(() => self.origin) };
  const at = await frame.evaluate((lngLat) => {
    const { x, y } = window.hutong.map.project(lngLat);
    return { x, y };
  }, places[centre]);
  await frame.locator("canvas.maplibregl-canvas").click({ position: at });
  await frame.waitForFunction(() => document.querySelector(".found")?.dataset.source);
  report.id = await frame.locator(".found .id").innerText();
  await opener.shot(page, "tour-framed");
  // What the partner's own page asks for is not ours to judge.
  const { origin } = new URL(partner);
  opener.complaints.splice(0, Infinity, ...opener.complaints.filter((c) => c !== `request to another origin: ${origin}`));
  return report;
}
