// Clients of the Elance dialect on both databases: what `grant` 4.1.0, the last version with the provider `elance`, reads
// and asks with a token, and a Ruby application that reads groups by HTTParty.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { DATABASES, Gateway } from "./gateway.mjs";

const require = createRequire(import.meta.url);
const [config, read, ask] = ["config", "response", "client"].map((part) => require(`grant/lib/${part}`));

/** A group of thirty, another of nobody, and somebody who is no freelancer. */
const PEOPLE = [
  { number: 300723, login: "synapseindia", business_name: "Synapse & Söhne", hourly_rate: "20.0", city: "New Delhi" },
  ...Array.from({ length: 29 }, (_, at) => ({ number: 400000 + at, login: `member${at}` })),
];
const ROWS = [
  { kind: "group", number: 1116, guid: "php", name: "PHP Experts", icon: "https://example.org/php.png" },
  { kind: "group", number: 1117, guid: "weld", name: "Welders & Co." },
  ...PEOPLE.map((person) => ({ kind: "person", ...person })),
  { kind: "person", number: 500000, login: "client", freelancer: false },
  ...PEOPLE.map(({ number }, at) => ({ kind: "membership", group: { guid: "php" }, person: { number }, joined_at: 1400000000 + at })),
];

for (const database of DATABASES) {
  describe(`on ${database}`, () => {
    let gateway, base;
    const tokens = {};

    before(async () => {
      gateway = await Gateway.start(database);
      base = `http://${gateway.http}/api2`;
      assert.equal(gateway.import(ROWS).bad, 0);
      for (const login of ["synapseindia", "client"]) {
        tokens[login] = gateway.credential("elance", "--login", login).access_token;
      }
    });
    after(() => gateway?.stop());

    test("grant reads a token reply, and asks for the profile with it", async () => {
      const own = config.init({ elance: { key: "0123456789abcdef01234567", secret: "s", scope: ["basicInfo"] } }).elance;
      assert.equal(own.access_url, "https://api.elance.com/api2/oauth/token", "the provider is the built-in one");
      // The reply as the gateway wraps it, with a token that the gateway made.
      const token = { access_token: tokens.synapseindia, refresh_token: "300723|x", token_type: "bearer", scope: "basicInfo" };
      const found = read(own, { data: token });
      assert.deepEqual([found.access_token, found.refresh_token], [tokens.synapseindia, "300723|x"]);
      assert.throws(() => read(own, token), TypeError, "grant needs the wrapping");

      // What an application does with grant's answer, by grant's own client: the token in the query, or as a bearer's.
      const url = `${base}/profiles/my`;
      const replies = [
        await ask({ method: "GET", url, qs: { access_token: found.access_token } }),
        await ask({ method: "GET", url, headers: { authorization: `Bearer ${found.access_token}` } }),
        // The query wins, and any other scheme counts as nothing.
        await ask({ method: "GET", url, qs: { access_token: found.access_token }, auth: { user: own.key, pass: own.secret } }),
      ];
      for (const { res, body } of replies) {
        assert.equal(res.headers["content-type"], "application/json");
        const { providerProfile } = body.data;
        assert.deepEqual(Object.keys(providerProfile), [
          ...["userId", "userName", "businessName", "logo", "tagLine", "overview", "hourlyRate", "isIndividual"],
          ...["city", "state", "country", "providerProfileURL", "badges"],
        ]);
        assert.deepEqual([providerProfile.userId, providerProfile.userName], ["300723", "synapseindia"]);
        assert.equal(providerProfile.businessName, "Synapse & Söhne");
        assert.deepEqual(providerProfile.badges, [
          { groupId: "1116", name: "PHP Experts", logo: "https://example.org/php.png" },
        ]);
      }
    });

    test("grant hands on what was refused", async () => {
      for (const [qs, status, code] of [
        [{ access_token: tokens.client }, 404, "E_USER_SELLPROFILE_NOT_EXIST"],
        [{ access_token: "0123|1|x" }, 401, "invalid_token_expired"],
        [{ v: "1" }, 401, "no_token"],
      ]) {
        await assert.rejects(ask({ method: "GET", url: `${base}/profiles/my`, qs }), (error) => {
          assert.equal(error.res.statusCode, status);
          assert.equal(error.body.errors[0].code, code);
          return true;
        });
      }
    });

    test("a Ruby application reads groups by HTTParty", { timeout: 60_000 }, async () => {
      const there = spawnSync("ruby", ["-rhttparty", "-e", "1"], { encoding: "utf8" });
      assert.equal(there.status, 0, `ruby with httparty is missing: apt-get install -y ruby ruby-httparty\n${there.stderr ?? ""}`);
      const script = fileURLToPath(new URL("elance.rb", import.meta.url));
      const env = { ...process.env, LC_ALL: "C.UTF-8", BASE: base, TOKEN: tokens.synapseindia, STRANGER: tokens.client };
      const child = spawn("ruby", [script], { env, stdio: ["ignore", "inherit", "inherit"] });
      const code = await new Promise((done) => child.once("exit", done));
      assert.equal(code, 0, "a step failed");
    });
  });
}
