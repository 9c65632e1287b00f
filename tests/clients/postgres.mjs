// A throw-away PostgreSQL server: its own directory, its own port on loopback, no fsync. When this process is gone,
// however it went, the pipe to the shell that watches the server closes, the server stops and the directory is removed.

import { execFileSync, spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const WATCH = `
home=$1; shift
"$@" >"$home/log" 2>&1 </dev/null & server=$!
read -r word
kill -s QUIT "$server"; wait "$server"
rm -rf "$home"
`;

/** The directory of initdb and postgres, looked for where the other tests look. */
function binaries() {
  const { ROLLCALL_POSTGRES_BIN, PATH = "" } = process.env;
  const packages = "/usr/lib/postgresql";
  const versions = existsSync(packages) ? readdirSync(packages).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [ROLLCALL_POSTGRES_BIN, ...PATH.split(delimiter), ...versions.map((version) => join(packages, version, "bin"))];
  const found = places.find((place) => place && existsSync(join(place, "initdb")) && existsSync(join(place, "postgres")));
  if (!found) throw new Error("initdb and postgres are missing: make postgres, or name their directory in ROLLCALL_POSTGRES_BIN");
  return found;
}

/** Who runs the server, which refuses to be root. */
function user() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts a server with an empty database; gives its URL, and how to stop it. */
export async function postgres() {
  const home = mkdtempSync(join(tmpdir(), "rollcall-clients-pg-"));
  const who = user();
  if (who.uid !== undefined) chownSync(home, who.uid, who.gid);
  chmodSync(home, 0o700);
  const bin = binaries();
  const env = { ...process.env, LC_ALL: "C" };
  for (const name of Object.keys(env)) if (name.startsWith("PG")) delete env[name];
  const data = join(home, "data");
  const made = ["-D", data, "-U", "rollcall", "-E", "UTF8", "--auth=trust", "--no-sync"];
  execFileSync(join(bin, "initdb"), made, { ...who, env, cwd: home, stdio: ["ignore", "ignore", "inherit"] });
  const port = await freePort();
  const options = ["-D", data, "-p", `${port}`, "-h", "127.0.0.1", "-k", "", "-F"];
  const words = ["-c", WATCH, "watch", home, join(bin, "postgres"), ...options];
  const child = spawn("/bin/sh", words, { ...who, env, cwd: home, stdio: ["pipe", "inherit", "inherit"] });
  const ended = new Promise((done) => child.once("exit", done));
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  // Line 8 of the server's own file tells how it is.
  const status = () => readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[7]?.trim();
  for (let tries = 0; tries < 600; tries += 1) {
    if (existsSync(join(data, "postmaster.pid")) && status() === "ready") {
      return { url: `postgres://rollcall@127.0.0.1:${port}/postgres`, stop };
    }
    await pause(100);
  }
  const log = readFileSync(join(home, "log"), "utf8");
  await stop();
  throw new Error(`PostgreSQL does not start: ${log}`);
}
