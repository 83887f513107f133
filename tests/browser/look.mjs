// Opens pages in Chromium and says what it saw, as one JSON document. Asked by test_pages_in_chromium.py:
// standard input holds {chromium, pages, sizes: [{width, height}], widths, schemes: ["light" | "dark"], tags, paper: {path: pdf}}.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const asked = JSON.parse(readFileSync(0, "utf8"));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const root = process.getuid?.() === 0; // Chromium's sandbox refuses root
const browser = await chromium.launch({ executablePath: asked.chromium, args: root ? ["--no-sandbox"] : [] });

/** A context that notes what a page says on the console and asks for. */
async function watched(options) {
  const context = await browser.newContext(options);
  const noted = { messages: [], requests: [] };
  context.on("page", (page) => page.on("pageerror", (error) => noted.messages.push(String(error))));
  context.on("console", (message) => noted.messages.push(`${message.type()}: ${message.text()}`));
  context.on("request", (request) => noted.requests.push(request.url()));
  return { context, noted };
}

/** What a reader meets: the page as it is, its own security policy in force. */
async function read(path) {
  const { context, noted } = await watched({});
  const page = await context.newPage();
  const dialogs = [];
  page.on("dialog", (dialog) => dialogs.push(dialog.message()) && dialog.dismiss());
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  const title = await page.title();
  await context.close();
  return { path, title, dialogs, ...noted };
}

/** What axe finds, and how far the page reaches beyond the screen, with everything that is folded open. */
async function examine(path) {
  const context = await browser.newContext({ bypassCSP: true }); // else the page's policy keeps axe out
  const page = await context.newPage();
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  const folded = await reach(page);
  await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  await page.evaluate(axe);
  const views = [];
  for (const size of asked.sizes) {
    for (const colorScheme of asked.schemes) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme });
      const runOnly = { type: "tag", values: asked.tags };
      const found = await page.evaluate((only) => globalThis.axe.run(document, { runOnly: only }), runOnly);
      const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const violations = found.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((n) => n.html) }));
      views.push({ path, ...size, scheme: colorScheme, background, passes: found.passes.length, violations });
    }
  }
  const reached = [...folded, ...(await reach(page))];
  const cut = await cutOnPaper(page);
  await context.close();
  return { views, reached: reached.map((each) => ({ path, ...each })), cut: { path, ...cut } };
}

/** How wide the page is on screens of each width, and which tables do not say in sight what they are about. */
async function reach(page) {
  const found = [];
  for (const screen of asked.widths) {
    await page.setViewportSize({ width: screen, height: 800 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    const captions = await page.evaluate((edge) => {
      const shown = [...document.querySelectorAll("caption > *")].filter((each) => each.getClientRects().length);
      return shown.filter((each) => each.getBoundingClientRect().right > edge + 1).map((each) => each.textContent);
    }, screen);
    found.push({ screen, width, captions });
  }
  return found;
}

/** Tables and pictures of which a part lies beyond the text of a sheet of A4, or that are taller than it, as printed. */
async function cutOnPaper(page) {
  const [width, height] = [180, 265].map((millimetres) => Math.floor((millimetres * 96) / 25.4));
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ media: "print" });
  const found = await page.evaluate(([wide, high]) => {
    const shown = [...document.querySelectorAll("table, figure, img")].filter((each) => each.getClientRects().length);
    const told = (each) => `${each.tagName} ${each.textContent.trim().slice(0, 60)}`;
    const beyond = shown.filter((each) => each.getBoundingClientRect().right > wide + 1);
    const tall = shown.filter((each) => each.tagName !== "TABLE" && each.getBoundingClientRect().height > high);
    return { looked: shown.length, cut: [...beyond, ...tall].map(told) };
  }, [width, height]);
  await page.emulateMedia({ media: "screen" });
  return found;
}

/** The page on paper. */
async function print(path, to) {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  await page.pdf({ path: to, preferCSSPageSize: true, tagged: true });
  await page.close();
}

const said = { read: [], views: [], reached: [], sheets: [] };
for (const path of asked.pages) {
  said.read.push(await read(path));
  const { views, reached, cut } = await examine(path);
  said.views.push(...views);
  said.reached.push(...reached);
  said.sheets.push(cut);
}
for (const [path, to] of Object.entries(asked.paper)) await print(path, to);
await browser.close();
console.log(JSON.stringify(said));
