// Starts the real program on an empty store with a certificate of its own, and makes what a chat application's server
// would make: a key, users and their tokens.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, request } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { postgres } from "./postgres.mjs";

/** The program under test. */
export const PROGRAM = resolve(process.env.ROLLCALL_BIN ?? "../../target/debug/rollcall");

/** The databases that a gateway can be started on. */
export const DATABASES = ["SQLite", "PostgreSQL"];

/** A running gateway. */
export class Gateway {
  static async start(database = DATABASES[0]) {
    const dir = mkdtempSync(join(tmpdir(), "rollcall-clients-"));
    const gateway = new Gateway(dir);
    if (database === "PostgreSQL") {
      gateway.server = await postgres();
      gateway.database = gateway.server.url;
    }
    gateway.run("certificate", "--cert", gateway.cert, "--key", join(dir, "key.pem"));
    await gateway.serve();
    gateway.apikey = gateway.credential("cometchat").apikey;
    return gateway;
  }

  constructor(dir) {
    this.dir = dir;
    this.cert = join(dir, "cert.pem");
    this.database = `sqlite://${join(dir, "members.db")}`;
  }

  /** Runs a command of the program to its end and gives what it printed. */
  run(...args) {
    return this.feed("", ...args);
  }

  /** The same, with something to read on stdin. */
  feed(input, ...args) {
    return execFileSync(PROGRAM, args, { encoding: "utf8", input, stdio: ["pipe", "pipe", "pipe"] });
  }

  /** Imports these rows. */
  import(rows) {
    const lines = rows.map((row) => JSON.stringify(row)).join("\n");
    return JSON.parse(this.feed(lines, "import", "--database", this.database, "--format", "ndjson", "-"));
  }

  /** Makes a credential. */
  credential(dialect, ...more) {
    return JSON.parse(this.run("credential", "create", dialect, "--database", this.database, ...more));
  }

  async serve() {
    const args = ["serve", "--database", this.database, "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"];
    args.push("--tls-cert", this.cert, "--tls-key", join(this.dir, "key.pem"), "--admin-listen", "127.0.0.1:0");
    this.child = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, RUST_LOG: "warn" } });
    this.ended = new Promise((done) => this.child.once("exit", done));
    const lines = createInterface({ input: this.child.stdout });
    for await (const line of lines) {
      const at = line.match(/^listening on (https?):\/\/(.*)$/);
      if (at) this[at[1]] = at[2];
      if (this.https) break;
    }
    if (!this.https) throw new Error("the gateway ended before it listened");
    this.ca = readFileSync(this.cert);
    this.agent = new Agent({ ca: this.ca, keepAlive: true });
  }

  /** Port of the https listener. */
  get port() {
    return Number(this.https.split(":").pop());
  }

  /** What a client is told as its host. */
  get host() {
    return `localhost:${this.port}/v3.0`;
  }

  /** Asks with the key, as a server would; gives status and body. */
  rest(method, path, body, headers = {}) {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const fields = { apikey: this.apikey, accept: "application/json", "content-type": "application/json", ...headers };
    return new Promise((done, fail) => {
      const options = { method, host: "localhost", port: this.port, path: `/v3${path}`, headers: fields, agent: this.agent };
      const sending = request(options, (reply) => {
        let text = "";
        reply.setEncoding("utf8").on("data", (part) => (text += part)).on("error", fail);
        reply.on("end", () => done({ status: reply.statusCode, headers: reply.headers, body: JSON.parse(text) }));
      });
      sending.on("error", fail).end(sent);
    });
  }

  /** Makes a user; gives so many tokens to sign in with. */
  async user(uid, name, tokens) {
    const made = await this.rest("POST", "/users", { uid, name });
    if (made.status !== 200) throw new Error(`${uid} was not made: ${JSON.stringify(made.body)}`);
    const minted = [];
    while (minted.length < tokens) {
      const token = await this.rest("POST", `/users/${uid}/auth_tokens`, {});
      minted.push(token.body.data.authToken);
    }
    return minted;
  }

  async stop() {
    this.agent.destroy();
    this.child.kill("SIGTERM");
    await this.ended;
    await this.server?.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
