// `grant` with its built-in provider `elance` and nothing but configuration: its whole flow against the real program, on
// both databases, with a person who has no scripts, and once in Chromium.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import express from "express";
import session from "express-session";
import grant from "grant";
import { chromium } from "playwright-core";
import { DATABASES, Gateway } from "./gateway.mjs";
import { Person } from "./person.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const [LOGIN, PASSWORD] = ["synapseindia", "correct horse battery"];
const ROWS = [
  { kind: "person", number: 300723, login: LOGIN, name: "Synapse", business_name: "Synapse & Söhne" },
  { kind: "group", number: 1116, guid: "php", name: "PHP Experts" },
  { kind: "membership", group: { guid: "php" }, person: { number: 300723 } },
];

/** An application that signs in by grant. */
async function application(gateway) {
  const app = express();
  const server = app.listen(0, "localhost");
  await once(server, "listening");
  const host = `localhost:${server.address().port}`;
  const callback = `http://${host}/connect/elance/callback`;
  const client = gateway.credential("elance", "--client", "--name", "Grant's <App>", "--redirect-uri", callback);
  const base = `http://${gateway.http}/api2/oauth`;
  app.use(session({ secret: "of the test", resave: false, saveUninitialized: true }));
  app.use(
    grant.express()({
      server: { protocol: "http", host, transport: "session", state: true },
      elance: {
        ...{ key: client.client_id, secret: client.client_secret, scope: ["basicInfo"], callback: "/done" },
        ...{ authorize_url: `${base}/authorize`, access_url: `${base}/token` },
      },
    }),
  );
  app.get("/done", (request, reply) => reply.type("html").send(`<pre>${JSON.stringify(request.session.grant)}</pre>`));
  return { server, start: `http://${host}/connect/elance`, client, base };
}

/** What grant has got, from the last page. */
const got = (text) => JSON.parse(text.match(/<pre>(.*)<\/pre>/s)[1]);

for (const database of DATABASES) {
  describe(`on ${database}`, () => {
    let gateway, app;
    const profile = async (token) => {
      const reply = await fetch(`http://${gateway.http}/api2/profiles/my?access_token=${token}`);
      return { status: reply.status, body: await reply.json() };
    };
    const token = async (form) => {
      const { client_id, client_secret } = app.client;
      const body = new URLSearchParams({ client_id, client_secret, ...form });
      const reply = await fetch(`${app.base}/token`, { method: "POST", body });
      return { status: reply.status, body: await reply.json() };
    };

    before(async () => {
      gateway = await Gateway.start(database);
      assert.equal(gateway.import(ROWS).bad, 0);
      gateway.feed(PASSWORD, "credential", "password", LOGIN, "--database", gateway.database);
      app = await application(gateway);
    });
    after(async () => {
      app?.server.close();
      await gateway?.stop();
    });

    test("grant completes its whole flow", { timeout: 60_000 }, async () => {
      const person = new Person(LOGIN, PASSWORD);
      const page = await person.open(app.start);
      assert.equal(page.status, 200, page.text);
      assert.match(page.headers.get("content-security-policy"), /form-action 'self' http:\/\/localhost:\d+;/);
      const end = await person.consent(page);
      assert.equal(new URL(end.url).pathname, "/done", person.way.join("\n"));
      const { response } = got(end.text);
      assert.match(response.access_token, new RegExp(`^${app.client.client_id}\\|300723\\|[0-9A-Za-z]{22}$`));
      assert.match(response.refresh_token, /^300723\|[0-9A-Za-z]{22}$/);
      assert.ok(response.raw.data.expires_in > Date.now() / 1000, "the time at which it expires");
      const found = await profile(response.access_token);
      assert.equal(found.body.data.providerProfile.businessName, "Synapse & Söhne");

      const refreshed = await token({ grant_type: "refresh_token", refresh_token: response.refresh_token });
      assert.equal(refreshed.status, 200);
      assert.equal((await profile(refreshed.body.data.access_token)).status, 200);
      const reused = await token({ grant_type: "refresh_token", refresh_token: response.refresh_token });
      assert.deepEqual([reused.status, reused.body.errors[0].code], [400, "invalid_grant"]);
      assert.equal((await profile(refreshed.body.data.access_token)).status, 401, "the whole family is revoked");
    });

    test("grant is told of a denial, and of a code that is used twice", { timeout: 60_000 }, async () => {
      const person = new Person(LOGIN, PASSWORD);
      const denied = await person.press(await person.open(app.start), "Cancel");
      assert.equal(got(denied.text).response.error.error, "access_denied");

      const consent = await person.press(await person.open(app.start), "Sign in", { login: LOGIN, password: PASSWORD });
      let callback;
      const watched = person.ask.bind(person);
      person.ask = (url, options) => {
        if (url.includes("/callback")) callback = url;
        return watched(url, options);
      };
      const { response } = got((await person.press(consent, "Allow")).text);
      assert.equal((await profile(response.access_token)).status, 200);
      assert.equal(callback.split("code=")[1].length, 40, "the code is all that stands behind code=");
      const again = await person.open(callback);
      assert.equal(got(again.text).response.error.errors[0].code, "invalid_grant");
      assert.equal((await profile(response.access_token)).status, 401, "what the code gave is revoked");
    });

    test("a wrong password signs nobody in", async () => {
      const person = new Person(LOGIN, PASSWORD);
      const page = await person.open(app.start);
      const wrong = await person.press(page, "Sign in", { login: LOGIN, password: "wrong" });
      assert.equal(wrong.status, 401);
      assert.match(wrong.text, /role="alert"/);
      assert.equal(new URL((await person.consent(wrong)).url).pathname, "/done", "it may be tried again");
    });
  });
}

test("grant's flow in Chromium, where scripts are off", { timeout: 180_000 }, async () => {
  const gateway = await Gateway.start();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  let app;
  try {
    assert.equal(gateway.import(ROWS).bad, 0);
    gateway.feed(PASSWORD, "credential", "password", LOGIN, "--database", gateway.database);
    app = await application(gateway);
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    const problems = [];
    page.on("console", (message) => problems.push(`${message.text()} ${message.location().url}`));
    await page.goto(app.start);
    assert.equal(await page.title(), "Sign in to Elance");
    // Labels are tied to their fields, and the style is the one that the policy lets through.
    await page.getByLabel("Login").fill(LOGIN);
    await page.getByLabel("Password").fill("wrong");
    assert.equal(await page.locator("button.main").evaluate((button) => getComputedStyle(button).cursor), "pointer");
    await page.getByRole("button", { name: "Sign in" }).click();
    assert.match(await page.getByRole("alert").textContent(), /do not fit/);
    assert.equal(await page.getByLabel("Password").getAttribute("aria-describedby"), "problem");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Let Grant's <App> use your account?" }).waitFor();
    assert.match(await page.locator("main").textContent(), /as Synapse \(synapseindia\)/);
    const [cookie] = await context.cookies(`http://${gateway.http}`);
    assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ["rollcall", true, "Lax"]);
    await page.getByRole("button", { name: "Sign in as someone else" }).click();
    await page.getByLabel("Login").fill(LOGIN.toUpperCase());
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Allow" }).click();
    await page.waitForURL(/\/done$/);
    const { response } = JSON.parse(await page.locator("pre").textContent());
    const reply = await fetch(`http://${gateway.http}/api2/groups/1116/members?access_token=${response.access_token}`);
    assert.equal((await reply.json()).data.groupMembers.totalMembers, "1");
    // A wrong password is a 401, which the browser tells; anything else it has to say is about our pages.
    assert.deepEqual(problems.filter((text) => !/status of 401|favicon/.test(text)), []);
  } finally {
    await browser.close();
    app?.server.close();
    await gateway.stop();
  }
});
