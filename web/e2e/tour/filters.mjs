// Switches layers, filters by category, status and age, and takes it all back.

import { barriers, drawn, entryOf, features, heard, unfold } from "./page.mjs";

export async function filters(opener) {
  const page = await opener.open();
  const seen = async () => {
    await drawn(page);
    return { features: await features(page), heard: await page.locator("#announce").textContent() };
  };
  const act = async (press) => {
    await press();
    await heard(page);
    return seen();
  };
  const report = { start: await seen(), counts: await counts(page), barriers: await barriers(page) };
  await opener.shot(page, "tour-start");
  const box = entryOf(page, "complaints").locator("input[type=checkbox]").first();
  report.off = await act(() => box.uncheck());
  report.on = await act(() => box.check());
  const detail = await unfold(page, "complaints");
  report.entries = await detail.locator(".entry").evaluateAll((entries) => entries.map((e) => e.innerText.split(/\s*\n\s*/)));
  const noise = detail.getByRole("checkbox", { name: /^Noise/ });
  report.category = await act(() => noise.uncheck());
  report.status = await act(() => detail.getByRole("checkbox", { name: /^Closed/ }).uncheck());
  await opener.shot(page, "tour-filtered");
  report.unfoldedBarriers = await barriers(page);
  report.reset = await act(() => detail.getByRole("button", { name: "Reset" }).click());
  report.only = await act(() => detail.getByRole("button", { name: "Only Pothole" }).click());
  report.age = await act(() => detail.getByRole("radio", { name: "7 days" }).check());
  report.resetAll = await act(() => page.getByRole("button", { name: "Reset all filters" }).click());
  report.checked = await detail.locator("input[type=checkbox]").evaluateAll((boxes) => boxes.every((b) => b.checked));
  return report;
}

/** Each layer's name and how many features it says it has. */
function counts(page) {
  return page.evaluate(() => Object.fromEntries(
    [...document.querySelectorAll("#layers [data-layer]")].map((node) => [node.dataset.layer, node.querySelector(".count").textContent]),
  ));
}
