//! The real program, run to its end or serving, and the constant handler.

use crate::http::{Reply, Target, once};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROLLCALL: &str = env!("CARGO_BIN_EXE_rollcall");

/// How long some work takes.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// Runs a command of the program to its end.
pub fn run(arguments: &[&str]) -> String {
    let output = Command::new(ROLLCALL).args(arguments).output().expect("starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Writes so many groups with so many members together into a file.
pub fn generate(groups: u64, members: u64, seed: u64, file: &Path) {
    let out = std::fs::File::create(file).expect("a file");
    let written = out.try_clone().expect("a handle");
    let (groups, members, seed) = (groups.to_string(), members.to_string(), seed.to_string());
    let status = Command::new(ROLLCALL)
        .args(["generate", "--groups", &groups, "--members", &members, "--seed", &seed])
        .stdout(out)
        .status()
        .expect("starts");
    assert!(status.success());
    // Else the disk is still busy with it while it is imported.
    written.sync_all().expect("written");
}

/// A process that serves and is killed in the end.
pub struct Server {
    process: Child,
    address: SocketAddr,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Server {
    /// Starts a command whose first line on stdout is `listening on http://ADDRESS`.
    pub fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let mut lines = BufReader::new(process.stdout.take().expect("stdout")).lines();
        let line = lines.next().expect("a line").expect("UTF-8");
        let address = line.trim().strip_prefix("listening on http://").expect(&line).parse().expect("an address");
        Self { process, address, lines }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the process holds in memory, in bytes. None where the system does not tell.
    pub fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    }
}

impl Server {
    /// Ends it by a signal that it can pass on to processes of its own.
    pub fn end(mut self) {
        let line = format!("kill -s TERM {}", self.process.id());
        let _ = Command::new("/bin/sh").args(["-c", &line]).status();
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(20) && matches!(self.process.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// As many requests a minute as can be said: one client asks for all of them. They are counted all the same.
const RATES: [(&str, &str); 2] =
    [("ROLLCALL__LIMITS__CREDENTIAL_PER_MINUTE", "4294967295"), ("ROLLCALL__LIMITS__ADDRESS_PER_MINUTE", "4294967295")];

/// The gateway, as it is configured by default, but for the rates of its clients and what the environment says.
pub struct Gateway {
    server: Server,
    admin: SocketAddr,
}

impl Gateway {
    pub fn start(database: &str) -> Self {
        Self::start_with(database, &[])
    }

    /// The same with room in memory for a group of so many members, whatever the default is. The environment wins.
    pub fn start_with_room(database: &str, members: u64) -> Self {
        const ROOM: &str = "ROLLCALL__ROSTER__BYTES";
        /// More than a member takes, in bytes, and than the smallest group takes altogether.
        const EACH: u64 = 512;
        const LEAST: u64 = 512 * 1024 * 1024;
        // A program that holds no groups in memory refuses the setting.
        let known = include_str!("../../../../config/rollcall.toml").lines().any(|line| line == "[roster]");
        if !known || std::env::var_os(ROOM).is_some() {
            return Self::start(database);
        }
        Self::start_with(database, &[(ROOM, &members.saturating_mul(EACH).max(LEAST).to_string())])
    }

    fn start_with(database: &str, environment: &[(&str, &str)]) -> Self {
        let listen = ["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        let mut server = Server::start(
            Command::new(ROLLCALL)
                .args(listen)
                .args(["--database", database])
                .envs(RATES)
                .envs(environment.iter().copied()),
        );
        let admin = server
            .lines
            .by_ref()
            .find_map(|line| line.expect("UTF-8").strip_prefix("admin on http://").map(str::to_owned))
            .expect("a line");
        Self { server, admin: admin.parse().expect("an address") }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub fn resident(&self) -> Option<u64> {
        self.server.resident()
    }

    /// The sum of all series of a metric. None when there is no such metric.
    pub fn metric(&self, name: &str) -> Option<f64> {
        let target = Target { path: "/metrics".to_owned(), headers: String::new(), others: Vec::new() };
        let body = once(self.admin, &target).body;
        let values: Vec<f64> = String::from_utf8_lossy(&body)
            .lines()
            .filter_map(|line| line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' '])))
            .filter_map(|rest| rest.rsplit(' ').next()?.parse().ok())
            .collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }
}

/// The constant handler.
pub struct Constant {
    server: Server,
    _body: tempfile::NamedTempFile,
}

impl Constant {
    /// Answers with the body of this reply.
    pub fn start(reply: &Reply) -> Self {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&reply.body).expect("writes");
        let path = file.path().to_str().expect("UTF-8").to_owned();
        let own = std::env::current_exe().expect("this program");
        let server = Server::start(Command::new(own).args(["--constant", &path, &reply.content_type]));
        Self { server, _body: file }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }
}
