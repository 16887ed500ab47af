// Opens the page for a step of the tour and remembers what it complains about.

import path from "node:path";
import { idle, listen } from "../browser.mjs";

/** How long one thing may take on a slow machine; it is never waited for in full. */
const PATIENCE_MS = 45_000;

/** A zone and a language of the browser's own, so that what is written is the same on every machine. */
const PLACE = { timezoneId: "Asia/Shanghai", locale: "en-GB" };

/** Opens pages in contexts of a step's own and closes them with it. */
export class Opener {
  complaints = [];
  #browser;
  #options;
  #contexts = [];

  constructor(browser, options) {
    this.#browser = browser;
    this.#options = options;
  }

  /** The page's address with the window's camera and more, such as "&lang=zh". */
  address(more = "&lang=en&theme=light") {
    return `${this.#options.base}/${this.#options.hash}${more}`;
  }

  /** A page that is not yet at any address. settings are a context's; prepare runs in every frame first. */
  async blank(settings = {}, prepare) {
    const { width, height } = this.#options;
    const context = await this.#browser.newContext({ viewport: { width, height }, ...PLACE, ...settings });
    this.#contexts.push(context);
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await listen(page, this.complaints);
    if (prepare) await page.addInitScript(prepare);
    return page;
  }

  /** A page at an address, once its map has drawn everything. */
  async open(address = this.address(), settings = {}) {
    const page = await this.blank(settings);
    await page.goto(address);
    await idle(page);
    return page;
  }

  /** Keeps what a page shows as a picture of that name. */
  async shot(page, name) {
    await page.screenshot({ path: path.join(this.#options.out, `${name}.png`) });
  }

  /** Keeps what all pages show, as far as they still can. */
  async shots(name) {
    const pages = this.#contexts.flatMap((context) => context.pages());
    await Promise.allSettled(pages.map((page, i) => this.shot(page, `${name}-${i}`)));
  }

  async close() {
    await Promise.allSettled(this.#contexts.map((context) => context.close()));
  }
}
