// Opens pages in Chromium, does on each what a reader can do, and says whether anything ran, as one JSON document.
// Asked by test_hostile_strings_in_chromium.py: standard input holds {chromium, pages}.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const asked = JSON.parse(readFileSync(0, "utf8"));
const root = process.getuid?.() === 0; // Chromium's sandbox refuses root
const browser = await chromium.launch({ executablePath: asked.chromium, args: root ? ["--no-sandbox"] : [] });

/** Open what is folded, sort every table, move every control, search, and touch all that listens. */
function use() {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  for (const button of document.querySelectorAll("button.sort")) button.click();
  for (const select of document.querySelectorAll("select")) {
    for (const option of select.options) {
      option.selected = true;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }
  for (const field of document.querySelectorAll("input")) {
    for (const text of field.type === "range" ? [field.min, field.max] : ["a", "<", "alert"]) {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
  for (const one of document.querySelectorAll("main *")) {
    for (const kind of ["mouseover", "focus", "pointerenter", "toggle"]) one.dispatchEvent(new Event(kind));
  }
}

/** What nobody of ours writes: elements that load or run, addresses that run, attributes that listen. */
function strange() {
  const forbidden = "iframe, object, embed, form, base, link, video, audio, meta[http-equiv=refresh], svg, math, template";
  const found = [...document.querySelectorAll(forbidden)].map((one) => one.tagName);
  if (document.scripts.length > 1) found.push("SCRIPT");
  for (const one of document.querySelectorAll("*")) {
    for (const { name, value } of one.attributes) {
      if (name.startsWith("on")) found.push(name);
      if (["href", "src"].includes(name) && !/^(#|[\w./-]+\.html(#.*)?$|(\.\.\/)*downloads\/[\w.-]+$|data:image\/svg)/.test(value)) {
        found.push(`${name}=${value.slice(0, 80)}`);
      }
    }
  }
  return found;
}

const context = await browser.newContext();
const seen = [];
for (const path of asked.pages) {
  const page = await context.newPage();
  const noted = { path, dialogs: [], messages: [], requests: [], moved: [] };
  page.on("dialog", (dialog) => noted.dialogs.push(dialog.message()) && dialog.dismiss());
  page.on("console", (message) => noted.messages.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => noted.messages.push(String(error)));
  page.on("request", (request) => noted.requests.push(request.url()));
  page.on("framenavigated", (frame) => noted.moved.push(frame.url()));
  await page.goto(pathToFileURL(path).href, { waitUntil: "load" });
  const title = await page.title();
  await page.evaluate(use);
  seen.push({ ...noted, title, titleAfter: await page.title(), strange: await page.evaluate(strange) });
  await page.close();
}
await browser.close();
console.log(JSON.stringify(seen));
