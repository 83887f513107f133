// Moves the control of a cluster's page as a reader does, by keyboard, and says what happened, as one JSON document.
// Asked by test_what_if_in_chromium.py: standard input holds {chromium, page}.

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const asked = JSON.parse(readFileSync(0, "utf8"));
const root = process.getuid?.() === 0; // Chromium's sandbox refuses root
const browser = await chromium.launch({ executablePath: asked.chromium, args: root ? ["--no-sandbox"] : [] });
const said = { messages: [] };
const page = await browser.newPage();
page.on("console", (message) => said.messages.push(message.text()));
page.on("pageerror", (error) => said.messages.push(String(error)));
await page.goto(pathToFileURL(asked.page).href, { waitUntil: "load" });
const told = () => page.innerText(".try output");
said.first = await told();
await page.focus("#to-which");
await page.keyboard.press("End");
said.last = await told();
await page.selectOption("#what-changes", { index: 1 });
await page.focus("#to-which");
await page.keyboard.press("Home");
said.unsure = await told();

const bare = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
await bare.goto(pathToFileURL(asked.page).href, { waitUntil: "load" });
said.controls = await bare.locator(".try").count();
said.rows = await bare.locator("#points tbody tr").count();
await browser.close();
console.log(JSON.stringify(said));
