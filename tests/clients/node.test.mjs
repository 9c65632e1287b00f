// Both versions of the SDK in Node, on both databases: each in a process of its own, since each keeps its state in
// globals.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DATABASES, Gateway } from "./gateway.mjs";
import { world } from "./world.mjs";

for (const database of DATABASES) {
  describe(`on ${database}`, () => {
    let gateway;
    before(async () => (gateway = await Gateway.start(database)));
    after(() => gateway?.stop());

    for (const [prefix, sdk] of [
      ["new-", "@cometchat/chat-sdk-javascript"],
      ["old-", "@cometchat-pro/chat"],
    ]) {
      test(`${sdk}, from first call to last`, { timeout: 180_000 }, async () => {
        const script = fileURLToPath(new URL("in_node.mjs", import.meta.url));
        const env = { ...process.env, NODE_EXTRA_CA_CERTS: gateway.cert, NODE_NO_WARNINGS: "1" };
        const child = spawn(process.execPath, [script, sdk], { env, stdio: ["pipe", "inherit", "inherit"] });
        child.stdin.end(JSON.stringify(await world(gateway, prefix)));
        const code = await new Promise((done) => child.once("exit", done));
        assert.equal(code, 0, "a step failed");
      });
    }
  });
}
