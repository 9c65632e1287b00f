// The newer SDK in headless Chromium, on a page of another origin, so that the browser asks whether it may (CORS).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Gateway } from "./gateway.mjs";
import { world } from "./world.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const read = (path) => readFileSync(path);
const files = {
  "/": ["text/html", Buffer.from('<!doctype html><meta charset="utf-8"><title>chat</title><script src="/sdk.js"></script>')],
  "/sdk.js": ["text/javascript", read(createRequire(import.meta.url).resolve("@cometchat/chat-sdk-javascript"))],
  "/flow.mjs": ["text/javascript", read(new URL("flow.mjs", import.meta.url))],
};

let gateway, pages, browser;

before(async () => {
  gateway = await Gateway.start();
  pages = createServer((request, reply) => {
    const [type, body] = files[request.url] ?? [];
    reply.writeHead(type ? 200 : 404, { "content-type": type ?? "text/plain" }).end(body ?? "nothing");
  });
  await new Promise((done) => pages.listen(0, "127.0.0.1", done));
  const quiet = ["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync"];
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [...quiet.map((flag) => `--${flag}`), "--no-sandbox"],
  });
});

after(async () => {
  await browser?.close();
  pages?.close();
  await gateway?.stop();
});

test("@cometchat/chat-sdk-javascript in a browser, from another origin", { timeout: 180_000 }, async () => {
  // The certificate was made a moment ago and nobody vouches for it; who the other side is does not matter here.
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  const seen = [];
  page.on("console", (message) => {
    if (message.text().startsWith("step: ")) seen.push(message.text().slice(6));
    if (/CORS/.test(message.text())) assert.fail(message.text());
  });
  await page.goto(`http://127.0.0.1:${pages.address().port}/`);
  const failure = await page.evaluate(async (given) => {
    const { flow } = await import("/flow.mjs");
    // A browser's build of the SDK is a global with one member.
    const CometChat = window.CometChat.CometChat ?? window.CometChat;
    try {
      await flow(CometChat, given, async (name, run) => {
        await run();
        console.log(`step: ${name}`);
      });
      return null;
    } catch (error) {
      return `${error?.stack ?? JSON.stringify(error)}`;
    }
  }, await world(gateway, "web-"));
  assert.equal(failure, null, `after ${seen.at(-1)}`);
  assert.ok(seen.length > 15, `all steps ran: ${seen.join(", ")}`);
});
