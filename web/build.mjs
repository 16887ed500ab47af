// Builds dist/: index.html, live.js for maps on other pages, and, in assets/, the script, its worker, the style sheet, the icon, the
// fonts and the licences, each named by a hash of its content, each with packed twins where that is
// smaller. Beside the page, for the server alone, fonts.json says which characters each font file is
// for, and icons.json holds the icons of Maki and Temaki. The same sources give the same bytes.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, "dist");
const assets = path.join(dist, "assets");
const target = ["es2022"];

await clean();
const worker = await copyAsset("node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs", "worker", ".js");
const icon = await copyAsset("src/icon.svg", "icon", ".svg");
const licences = await writeAsset("licences", ".txt", await licenceTexts());
await writeJSON("fonts.json", await copyFonts());
await writeJSON("icons.json", await readIcons());
const { script, style } = await bundle(worker);
await writePage({ script, style, icon, licences });
await bundleLive();
await compress();

/** Empties dist but for its .gitignore, which keeps the folder in the repository. */
async function clean() {
  await mkdir(assets, { recursive: true });
  for (const name of await readdir(dist)) {
    if (name !== ".gitignore") await rm(path.join(dist, name), { recursive: true });
  }
  await mkdir(assets);
}

/** Bundles the style sheet and src/main.ts, which loads its worker by the name given. */
async function bundle(workerName) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { main: "src/main.ts", style: "src/style.css" },
    entryNames: "[name]-[hash]",
    outdir: assets,
    bundle: true,
    minify: true,
    format: "esm",
    target,
    legalComments: "none",
    define: { WORKER_NAME: JSON.stringify(workerName) },
    metafile: true,
    logLevel: "warning",
  });
  const names = Object.keys(result.metafile.outputs).map((file) => path.basename(file));
  return { script: only(names, ".js"), style: only(names, ".css") };
}

/** Bundles what keeps maps on other pages up to date, without a map in it, under a name that stays. */
async function bundleLive() {
  await build({
    absWorkingDir: here,
    entryPoints: { live: "src/live/script.ts" },
    outdir: dist,
    bundle: true,
    minify: true,
    format: "esm",
    target,
    legalComments: "none",
    logLevel: "warning",
  });
}

function only(names, ext) {
  const found = names.filter((name) => name.endsWith(ext));
  if (found.length !== 1) throw new Error(`got ${found.length} ${ext} files, want one: ${names}`);
  return found[0];
}

/** Fills the {{names}} in src/index.html; every name must be used and known. */
async function writePage(names) {
  let page = await readFile(path.join(here, "src/index.html"), "utf8");
  for (const [key, name] of Object.entries(names)) {
    if (!page.includes(`{{${key}}}`)) throw new Error(`src/index.html does not use {{${key}}}`);
    page = page.replaceAll(`{{${key}}}`, `assets/${name}`);
  }
  if (page.includes("{{")) throw new Error("src/index.html asks for something the build does not have");
  await writeFile(path.join(dist, "index.html"), page);
}

/** Copies a file of text, without a pointer to a source map that is not served. */
async function copyAsset(from, name, ext) {
  const content = await readFile(path.join(here, from), "utf8");
  return writeAsset(name, ext, content.replace(/^\/\/# sourceMappingURL=.*$/m, ""));
}

/** Writes content as an asset and returns its name, hashed in the way of esbuild's names. */
async function writeAsset(name, ext, content) {
  const hash = base32(createHash("sha256").update(content).digest()).slice(0, 8);
  const full = `${name}-${hash}${ext}`;
  await writeFile(path.join(assets, full), content);
  return full;
}

function base32(bytes) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31];
  }
  return text;
}

/**
 * Copies the files of the map's one font, those that come first in front: Noto Sans for the alphabets,
 * Noto Sans SC, which comes in a hundred small pieces, for Chinese. WOFF, because the server reads it too.
 */
async function copyFonts() {
  const alphabets = ["latin", "latin-ext", "greek", "greek-ext", "cyrillic", "cyrillic-ext", "vietnamese"];
  const packages = [
    { name: "noto-sans", has: (piece) => alphabets.includes(piece) },
    { name: "noto-sans-sc", has: (piece) => piece.startsWith("[") },
  ];
  const files = [];
  for (const { name, has } of packages) {
    const folder = path.join(here, "node_modules/@fontsource", name);
    const { family } = JSON.parse(await readFile(path.join(folder, "metadata.json"), "utf8"));
    const pieces = JSON.parse(await readFile(path.join(folder, "unicode.json"), "utf8"));
    for (const piece of Object.keys(pieces).filter(has)) {
      const base = `${name}-${piece.replace(/[[\]]/g, "")}`;
      const asset = await writeAsset(base, ".woff", await readFile(path.join(folder, `files/${base}-400-normal.woff`)));
      files.push({ path: `/assets/${asset}`, family, ranges: pieces[piece].toUpperCase().split(",") });
    }
  }
  return files;
}

/** The icons as SVG by the names that styles call them by: Temaki's with its name in front. */
async function readIcons() {
  const icons = {};
  for (const [folder, prefix] of [["@mapbox/maki", ""], ["@rapideditor/temaki", "temaki-"]]) {
    const from = path.join(here, "node_modules", folder, "icons");
    for (const name of (await readdir(from)).filter((name) => name.endsWith(".svg")).sort()) {
      icons[prefix + name.slice(0, -".svg".length)] = await readFile(path.join(from, name), "utf8");
    }
  }
  return icons;
}

async function writeJSON(name, value) {
  await writeFile(path.join(dist, name), JSON.stringify(value));
}

/** The licences of all packages that go into the bundle: ours and what they are made of. */
async function licenceTexts() {
  const lock = JSON.parse(await readFile(path.join(here, "package-lock.json"), "utf8"));
  const same = new Map(); // packages by what their licence says below its first line
  for (const [folder, info] of Object.entries(lock.packages)) {
    if (folder === "" || info.dev || info.optional) continue;
    const name = folder.replace(/^.*node_modules\//, "");
    if (name.startsWith("@types/")) continue;
    const files = (await readdir(path.join(here, folder))).filter((f) => /^licen[cs]e/i.test(f)).sort();
    const texts = await Promise.all(files.map((f) => readFile(path.join(here, folder, f), "utf8")));
    const text = texts.join("\n").trim() || "(the package names its licence only)";
    const [first, ...rest] = text.split("\n");
    const body = rest.join("\n");
    same.set(body, [...(same.get(body) ?? []), `${name} ${info.version} (${info.license})\n\n${first}\n`]);
  }
  const parts = [...same].map(([body, heads]) => `${heads.join("\n")}${body}\n`);
  return parts.join(`\n${"-".repeat(80)}\n\n`);
}

/** Writes gzip and Brotli twins of at most 90 % of the size. */
async function compress() {
  const files = [path.join(dist, "index.html"), path.join(dist, "live.js")];
  for (const name of await readdir(assets)) files.push(path.join(assets, name));
  for (const file of files) {
    const plain = await readFile(file);
    const brotli = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
    const twins = { gz: gzipSync(plain, { level: 9 }), br: brotliCompressSync(plain, { params: brotli }) };
    for (const [ending, packed] of Object.entries(twins)) {
      if (packed.length <= plain.length * 0.9) await writeFile(`${file}.${ending}`, packed);
    }
  }
}
