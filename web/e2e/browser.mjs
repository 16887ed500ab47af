// What the scripts of visits share: a headless Chromium with the page, what it complains about, and
// what stands in its popup.

import path from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
];
const PATIENCE_MS = 60_000;

/** The script's argument: base, hash, chromium, profile, out, width, height, and what a visit adds. */
export const options = JSON.parse(process.argv[2]);

/** Opens the browser, prints what visit returns as JSON, and closes the browser whatever happens. */
export async function run(visit) {
  const context = await chromium.launchPersistentContext(options.profile, {
    executablePath: options.chromium,
    args: FLAGS,
    viewport: { width: options.width, height: options.height },
  });
  context.setDefaultTimeout(PATIENCE_MS);
  try {
    console.log(JSON.stringify(await visit(context)));
  } finally {
    await context.close();
  }
}

/** As run, for a visit that opens contexts of its own, each of which remembers nothing. */
export async function runFresh(visit) {
  const browser = await chromium.launch({ executablePath: options.chromium, args: FLAGS });
  try {
    console.log(JSON.stringify(await visit(browser)));
  } finally {
    await browser.close();
  }
}

/** Collects whatever the page or the browser complains about, and every request off the server. */
export async function listen(page, complaints = []) {
  await page.exposeFunction("reportViolation", (what) => complaints.push(`policy: ${what}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) => {
      window.reportViolation(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`);
    });
  });
  page.on("console", (m) => {
    if (m.type() === "error" || m.type() === "warning") complaints.push(`${m.type()}: ${m.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    const own = url.origin === options.base || url.protocol === "data:";
    if (!own) complaints.push(`request to another origin: ${url.origin}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`status ${response.status()}: ${response.url()}`);
  });
  return complaints;
}

/** Leaves a page without WebGL. Runs in the page before anything else. */
export function takeGraphics() {
  const real = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return kind.startsWith("webgl") ? null : real.call(this, kind, ...rest);
  };
}

/** Waits until the map has nothing left to load or draw. */
export async function idle(page) {
  await page.waitForFunction(() => document.documentElement.dataset.state === "idle");
}

/** Opens the address of a page as it is now in another window, and reads that. */
export async function again(context, first, complaints, read) {
  const page = await context.newPage();
  await listen(page, complaints);
  await page.goto(first.url());
  await idle(page);
  const report = await read(page);
  await page.close();
  return report;
}

export async function shot(page, name) {
  await page.screenshot({ path: path.join(options.out, name) });
}

/** The features of the popup, one after the other, each once it has its fields from the server or has given up. */
export async function readPopup(page) {
  const entries = [];
  for (let of = 1; entries.length < of; ) {
    if (entries.length > 0) await page.locator('.found [data-does="right"]').click();
    await page.waitForFunction((at) => {
      const [found, where] = [document.querySelector(".found"), document.querySelector(".found .where")];
      return found?.dataset.source && (where?.textContent ?? "1 of 1").startsWith(`${at} `);
    }, entries.length + 1);
    entries.push(await page.evaluate(readCard));
    of = await page.evaluate(() => Number(document.querySelector(".found .where")?.textContent.split(" ").at(-1) ?? 1));
  }
  return entries;
}

/** What the popup says of the feature that it shows. Runs in the page. */
function readCard() {
  const found = document.querySelector(".found");
  return {
    layer: found.dataset.layer,
    source: found.dataset.source,
    id: found.querySelector(".id").textContent,
    fields: Object.fromEntries([...found.querySelectorAll("[data-field]")].map((node) => [node.dataset.field, node.textContent])),
  };
}
