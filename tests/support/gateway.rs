//! The real program: run to its end, or serving until it is dropped.

use super::http::Client;
use super::postgres::Server;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the program may take to start and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, without the settings of whoever runs the tests.
pub fn rollcall() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rollcall"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROLLCALL") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs the program to its end, whatever that is.
pub fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = rollcall()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("a pipe");
    std::thread::scope(|scope| {
        // Beside the reading, so that neither side waits for the other. A program that ends early need not read it.
        scope.spawn(move || pipe.write_all(input).ok());
        child.wait_with_output().expect("the program ends")
    })
}

/// Runs the program to its good end and gives what it printed.
pub fn succeed(arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the program prints UTF-8")
}

/// Runs the program to a bad end with this exit code and gives what it said on stderr.
pub fn fail(code: i32, arguments: &[&str], input: &[u8]) -> String {
    let output = run(arguments, input);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    said
}

/// An empty database.
pub struct Database {
    /// `sqlite` or `postgresql`, for messages.
    pub name: &'static str,
    /// Its URL.
    pub url: String,
    _directory: Option<TempDir>,
}

impl Database {
    /// A new SQLite file.
    pub fn sqlite() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let url = format!("sqlite://{}", directory.path().join("members.db").display());
        Self { name: "sqlite", url, _directory: Some(directory) }
    }

    /// A new database of the shared PostgreSQL server.
    pub fn postgresql() -> Self {
        Self::of("postgresql", Server::shared().fresh_database())
    }

    /// An empty database that is somebody else's.
    pub const fn of(name: &'static str, url: String) -> Self {
        Self { name, url, _directory: None }
    }

    /// One of each.
    pub fn both() -> [Self; 2] {
        [Self::sqlite(), Self::postgresql()]
    }

    /// Imports these lines.
    pub fn import(&self, ndjson: &str) -> String {
        succeed(&["import", "--database", &self.url, "--format", "ndjson", "-"], ndjson.as_bytes())
    }
}

/// A serving gateway. Killed when dropped.
pub struct Gateway {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    /// What comes on stdout after the first line.
    lines: Mutex<mpsc::Receiver<String>>,
    log: Arc<Mutex<String>>,
}

impl Gateway {
    /// Serves this database on a free port.
    pub fn serve(database: &Database) -> Self {
        Self::start(&["--database", &database.url], &[])
    }

    /// `serve --listen 127.0.0.1:0` with these further arguments and variables. The admin listener is on a free port
    /// too, unless they say otherwise.
    pub fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_by(rollcall(), arguments, environment)
    }

    /// The same by another command, which runs the program with the arguments that it is given.
    pub fn start_by(mut command: Command, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("ROLLCALL__ADMIN__LISTEN", "127.0.0.1:0")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let (errors, kept) = (child.stderr.take().expect("a pipe"), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                let mut kept = kept.lock().expect("nobody panics with the log");
                kept.push_str(&line);
                kept.push('\n');
            }
        });
        let (sender, lines) = mpsc::channel();
        let out = child.stdout.take().expect("a pipe");
        std::thread::spawn(move || {
            BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)).ok();
        });
        let first = lines.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("the gateway does not start: {}", log.lock().expect("nobody panics with the log"))
        });
        let address =
            first.strip_prefix("listening on http://").unwrap_or_else(|| panic!("the first line is `{first}`"));
        Self { address: address.parse().expect("an address and a port"), child, lines: Mutex::new(lines), log }
    }

    /// A client with a connection of its own.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// A client of the admin listener. Takes the lines on stdout up to the one that tells where that is.
    pub fn admin(&self) -> Client {
        let address = std::iter::repeat_with(|| self.line())
            .find_map(|line| Some(line.strip_prefix("admin on http://")?.parse().expect("an address and a port")));
        Client::new(address.expect("lines come until patience ends"))
    }

    /// The next line on stdout.
    pub fn line(&self) -> String {
        self.lines.lock().expect("one reader at a time").recv_timeout(PATIENCE).expect("one more line on stdout")
    }

    /// What was logged so far.
    pub fn log(&self) -> String {
        // Lines of the access log are written together, a moment later.
        std::thread::sleep(Duration::from_millis(150));
        self.log_now()
    }

    fn log_now(&self) -> String {
        self.log.lock().expect("nobody panics with the log").clone()
    }

    /// Waits until these words are in the log, behind its first `after` bytes.
    pub fn logs(&self, after: usize, words: &str) {
        let begun = Instant::now();
        while !self.log_now()[after..].contains(words) {
            assert!(begun.elapsed() < PATIENCE, "`{words}` is not logged: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether the process is still there.
    pub fn alive(&mut self) -> bool {
        self.child.try_wait().expect("our own child").is_none()
    }

    /// How much memory it holds, in bytes.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("our own child");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kilobytes * 1024
    }

    /// For how long it has been computing since it was started, in all its threads. Unlike the time by the clock this is
    /// not longer because others compute too. In steps of 10 ms: Linux tells it in hundredths of a second on every machine.
    #[cfg(target_os = "linux")]
    pub fn computed(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("our own child");
        // Behind the name in brackets, which may hold anything, the third field comes first; the times are 14 and 15.
        let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
        let hundredths =
            fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().expect("a number"));
        Duration::from_millis(10 * hundredths.sum::<u64>())
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let line = format!("kill -s {name} {}", self.child.id());
        assert!(Command::new("/bin/sh").args(["-c", &line]).status().expect("a shell").success());
    }

    /// Waits for the end.
    pub fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                return status;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the gateway does not end");
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file of this project.
pub fn project_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The text of a file of this project.
pub fn project_text(path: &str) -> String {
    let mut text = String::new();
    let mut file = std::fs::File::open(project_file(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    file.read_to_string(&mut text).expect("UTF-8");
    text
}
