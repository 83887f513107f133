// Walks through an overview as a reader does and says what happened, as one JSON document. Asked by test_walking_in_chromium.py:
// standard input holds {chromium, page, unit, asked, column, other}.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const asked = JSON.parse(readFileSync(0, "utf8"));
const root = process.getuid?.() === 0; // Chromium's sandbox refuses root
const browser = await chromium.launch({ executablePath: asked.chromium, args: root ? ["--no-sandbox"] : [] });
const messages = [];

/** A page that notes what it says on the console. */
async function open(path, options = {}) {
  const page = await (await browser.newContext(options)).newPage();
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  return page;
}

const cells = (page, column) =>
  page.$$eval("table", (tables, n) => {
    const table = tables.find((one) => one.querySelector("th > a[data-find]"));
    return [...table.tBodies[0].rows].map((row) => row.cells[n].textContent.trim());
  }, column);
const click = (page, column) =>
  page.$$eval("table", (tables, n) => {
    const table = tables.find((one) => one.querySelector("th > a[data-find]"));
    table.tHead.rows[0].cells[n].querySelector("button").click();
  }, column);

const said = {};
let page = await open(asked.page);
await page.keyboard.press("/");
said.focused = await page.evaluate(() => document.activeElement.id);
await page.keyboard.type(asked.asked);
said.found = await page.$$eval("#found li", (items) => items.map((one) => one.textContent.trim()));
await page.keyboard.press("ArrowDown");
await page.keyboard.press("ArrowUp");
said.chosen = await page.$$eval("#found li[aria-selected=true]", (items) => items.length);
await page.keyboard.press("Enter");
await page.waitForURL((url) => url.pathname.endsWith(asked.unit));
said.arrived = page.url();
await page.keyboard.press("/");
await page.waitForURL((url) => url.hash === "#find");
said.back = page.url();

page = await open(asked.page);
said.before = await cells(page, asked.column);
await click(page, asked.column);
said.rising = await cells(page, asked.column);
await click(page, asked.column);
said.falling = await cells(page, asked.column);

said.sorted = await page.$$eval("th[aria-sort=descending]", (heads) => heads.length);
said.label = await page.textContent("label[for=finding]");
await page.click(`nav a:text-is("${asked.other}")`);
said.other = await page.evaluate(() => ({ language: document.documentElement.lang, address: location.pathname }));
await page.goBack();

await page.emulateMedia({ media: "print" });
said.printed = await page.$$eval("nav:not(.contents), #find, summary, .skip", (parts) => parts.filter((one) => one.offsetParent !== null).length);
await page.emulateMedia({ media: "screen" });

const bare = await open(asked.page, { javaScriptEnabled: false });
said.without = { field: await bare.locator("#finding").count(), buttons: await bare.locator(".sort").count(), text: (await bare.innerText("main")).length };
said.messages = messages;
await browser.close();
console.log(JSON.stringify(said));
