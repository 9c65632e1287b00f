// A person with a browser that has no scripts: keeps cookies for each host, follows redirects, fills in forms as they
// stand on the page.

import { JSDOM } from "jsdom";

export class Person {
  constructor(login, password) {
    this.login = login;
    this.password = password;
    this.cookies = new Map();
    /** Every address that was asked for, and what it answered. */
    this.way = [];
  }

  /** Asks for an address and goes where it is sent, until there is a page. */
  async open(url, options = {}) {
    let reply;
    for (let hops = 0; hops < 10; hops += 1) {
      reply = await this.ask(url, options);
      const to = reply.headers.get("location");
      if (!to) return { url, status: reply.status, headers: reply.headers, text: await reply.text() };
      await reply.arrayBuffer();
      [url, options] = [new URL(to, url).href, {}];
    }
    throw new Error(`sent around in circles: ${url}`);
  }

  async ask(url, options) {
    const { host } = new URL(url);
    const kept = this.cookies.get(host) ?? new Map();
    const cookie = [...kept].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...options.headers, ...(cookie ? { cookie } : {}) };
    const reply = await fetch(url, { ...options, headers, redirect: "manual" });
    for (const line of reply.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      kept.set(name, value);
    }
    this.cookies.set(host, kept);
    this.way.push(`${options.method ?? "GET"} ${new URL(url).pathname} ${reply.status}`);
    return reply;
  }

  /** Presses the button of that name on a page, with these fields filled in. */
  async press(page, label, fields = {}) {
    const { document } = new JSDOM(page.text, { url: page.url }).window;
    const button = [...document.querySelectorAll("button")].find((one) => one.textContent === label);
    if (!button) throw new Error(`no button ${label} on ${page.url}: ${page.text}`);
    const form = new URLSearchParams();
    for (const input of button.form.querySelectorAll("input")) form.set(input.name, fields[input.name] ?? input.value);
    form.set(button.name, button.value);
    return this.open(button.form.action, { method: "POST", body: form });
  }

  /** Signs in on the page, and allows what is asked for on the next; gives the page at which that ends. */
  async consent(page) {
    const next = await this.press(page, "Sign in", { login: this.login, password: this.password });
    return this.press(next, "Allow");
  }
}
