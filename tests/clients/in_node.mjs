// Runs the steps with the SDK named on the command line, in Node, which lacks what a browser has: a window, its storage
// and its sockets come from jsdom and ws. The world comes in on stdin.

import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { JSDOM } from "jsdom";
import WebSocket from "ws";
import { flow } from "./flow.mjs";

const { window } = new JSDOM("<!doctype html>", { url: "https://chat.example.org/" });
const fetched = globalThis.fetch;
for (const name of ["window", "document", "localStorage", "sessionStorage", "XMLHttpRequest", "DOMParser", "Node"]) {
  Object.defineProperty(globalThis, name, { value: name === "window" ? window : window[name], configurable: true, writable: true });
}
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true, writable: true });
globalThis.WebSocket = window.WebSocket = WebSocket;
// Node refuses a referrer that is no address of its own.
globalThis.fetch = window.fetch = (address, options = {}) => {
  const { referrer, ...rest } = options;
  return fetched(address, rest);
};

const world = JSON.parse(await text(process.stdin));
const { CometChat } = createRequire(import.meta.url)(process.argv[2]);
try {
  await flow(CometChat, world, async (name, run) => {
    await run();
    console.log(`  ok: ${name}`);
  });
} catch (error) {
  console.error("  failed:", error);
  process.exit(1);
}
process.exit(0);
