// Opens the page of one server in several looks, each in a browser context that remembers nothing, and
// keeps what it shows. It prints as JSON, for each look: how long the first features took, what was
// sent, what the page complains about. shots_test.go in internal/e2e and internal/bars judge it.
//
//   node shots.mjs '{… what page.mjs takes, "looks": [{"name": "demo-light", "more": "lang=en&theme=light"}]}'

import path from "node:path";
import { idle, listen, options, runFresh } from "./browser.mjs";

/** How long one thing may take on a slow machine. */
const PATIENCE_MS = 120_000;

await runFresh(async (browser) => {
  const report = {};
  for (const look of options.looks) report[look.name] = await visit(browser, look);
  return report;
});

async function visit(browser, { name, more }) {
  const { width, height } = options;
  const context = await browser.newContext({ viewport: { width, height }, locale: "en-GB" });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    const page = await context.newPage();
    const complaints = await listen(page);
    const sent = [];
    const weighed = (request) => sent.push(weigh(request));
    page.on("requestfinished", weighed);
    await page.addInitScript(watchFirst);
    // Without a camera the page shows what its server wants it to.
    await page.goto(`${options.base}/#${more}`);
    await page.waitForFunction(() => window.firstFeatures !== undefined);
    await idle(page);
    await page.waitForFunction(() => window.hutong.map.areTilesLoaded());
    await page.screenshot({ path: path.join(options.out, `${name}.png`) });
    const drawn = await page.evaluate(() => window.hutong.map.queryRenderedFeatures().map((f) => f.sourceLayer));
    const layers = {};
    for (const layer of drawn) layers[layer] = (layers[layer] ?? 0) + 1;
    // The page of a living city asks on and on, also while it is closed.
    page.off("requestfinished", weighed);
    return { firstSeconds: (await page.evaluate(() => window.firstFeatures)) / 1000, features: drawn.length, layers, sent: await Promise.all(sent), complaints };
  } finally {
    await context.close();
  }
}

async function weigh(request) {
  const { responseBodySize } = await request.sizes();
  return { path: new URL(request.url()).pathname, bytes: responseBodySize };
}

/**
 * Notes when, in milliseconds since the page was asked for, the first frame was drawn that has a feature
 * of a layer with data near one of nine places of the window: drawn by the processor too, which a fence
 * behind the frame tells without holding it up. Runs in the page before anything else.
 */
function watchFirst() {
  const NEAR = 24;
  const look = () => {
    const map = window.hutong?.map;
    if (!map) {
      requestAnimationFrame(look);
      return;
    }
    const gl = map.getCanvas().getContext("webgl2");
    const seen = () => {
      const layers = map.getStyle()?.metadata?.["hutong:layers"]?.filter((l) => !l.role).flatMap((l) => l.ids).filter((id) => map.getLayer(id));
      if (!layers?.length) return;
      const { clientWidth, clientHeight } = map.getContainer();
      const found = [1, 2, 3].some((i) => [1, 2, 3].some((j) => {
        const [x, y] = [(clientWidth * i) / 4, (clientHeight * j) / 4];
        return map.queryRenderedFeatures([[x - NEAR, y - NEAR], [x + NEAR, y + NEAR]], { layers }).length > 0;
      }));
      if (!found) return;
      map.off("render", seen);
      const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
      gl.flush();
      const drawn = () => {
        if (gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED) window.firstFeatures = performance.now();
        else setTimeout(drawn, 0);
      };
      drawn();
    };
    map.on("render", seen);
    map.triggerRepaint();
  };
  requestAnimationFrame(look);
}
