// Goes through the whole page in a headless Chromium, one step after the other, each in a context of
// its own that remembers nothing. It prints what was seen as JSON: the facts only, tour_test.go in
// internal/e2e judges them. A step that fails says why and does not hide the others.
//
//   node tour.mjs '{… what page.mjs takes, "places": {"a complaint's id": [116.4, 39.91]}, "centre": "the id
//                   in the window's middle", "frame": "a page of another origin that frames this one",
//                   "file": "the complaints' file", "next": "what takes its place", "steps": ["some only"]}'

import { options, runFresh } from "./browser.mjs";
import { withoutGraphics } from "./tour/blind.mjs";
import { faults } from "./tour/faults.mjs";
import { filters } from "./tour/filters.mjs";
import { framed } from "./tour/frame.mjs";
import { keys } from "./tour/keys.mjs";
import { link } from "./tour/link.mjs";
import { live } from "./tour/live.mjs";
import { dark, words } from "./tour/looks.mjs";
import { Opener } from "./tour/opener.mjs";
import { paper, picture } from "./tour/paper.mjs";
import { popup } from "./tour/popup.mjs";
import { search } from "./tour/search.mjs";
import { phone, wall } from "./tour/screens.mjs";
import { table } from "./tour/table.mjs";

// live changes the data, so it comes last.
const STEPS = {
  filters, popup, words, dark, search, table, picture, paper, phone, wall, keys, link, blind: withoutGraphics, framed, faults, live,
};

await runFresh(async (browser) => {
  const report = {};
  for (const [name, step] of Object.entries(STEPS)) {
    if (options.steps && !options.steps.includes(name)) continue;
    const opener = new Opener(browser, options);
    const started = performance.now();
    let facts = {};
    let error = "";
    try {
      facts = await step(opener, options);
    } catch (caught) {
      error = caught.stack;
      await opener.shots(`tour-${name}-failed`);
    } finally {
      await opener.close();
    }
    report[name] = { ...facts, error, complaints: opener.complaints, seconds: (performance.now() - started) / 1000 };
  }
  return report;
});
