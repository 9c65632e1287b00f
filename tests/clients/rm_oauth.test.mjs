// A plain OAuth client of another ecosystem, requests-oauthlib, goes through RM's code flow, over https and on both
// databases.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { DATABASES, Gateway } from "./gateway.mjs";

const PYTHON = process.env.PYTHON ?? fileURLToPath(new URL(".venv/bin/python", import.meta.url));
const GROUP = "6fe49ce4-56d4-475f-9483-1adca6b2976c";
const [LOGIN, PASSWORD, CALLBACK] = ["jparks", "correct horse battery", "https://app.example/callback"];

for (const database of DATABASES) {
  test(`requests-oauthlib completes RM's code flow on ${database}`, { timeout: 120_000 }, async () => {
    const there = spawnSync(PYTHON, ["-c", "import requests_oauthlib"], { encoding: "utf8" });
    assert.equal(there.status, 0, `requests-oauthlib is missing: make test-clients puts it in .venv\n${there.stderr ?? ""}`);
    const gateway = await Gateway.start(database);
    try {
      const rows = [
        { kind: "person", login: LOGIN, name: "Joseph Parks" },
        { kind: "group", id: GROUP, guid: "it", name: "IT Team" },
        { kind: "membership", group: { guid: "it" }, person: { login: LOGIN } },
      ];
      assert.equal(gateway.import(rows).bad, 0);
      gateway.feed(PASSWORD, "credential", "password", LOGIN, "--database", gateway.database);
      const client = gateway.credential("rm", "--name", "Another app", "--redirect-uri", CALLBACK);
      const given = { GROUP, LOGIN, PASSWORD, CALLBACK, BASE: `https://localhost:${gateway.port}` };
      const said = { CLIENT: client.client_id, SECRET: client.client_secret, REQUESTS_CA_BUNDLE: gateway.cert };
      const env = { ...process.env, ...given, ...said };
      const child = spawn(PYTHON, [fileURLToPath(new URL("rm_oauth.py", import.meta.url))], { env, stdio: ["ignore", "inherit", "inherit"] });
      const code = await new Promise((done) => child.once("exit", done));
      assert.equal(code, 0, "a step failed");
    } finally {
      await gateway.stop();
    }
  });
}
