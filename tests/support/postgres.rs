//! A throw-away PostgreSQL server: its own data directory in the temporary directory, its own port on loopback, no
//! `fsync`. It needs nothing but the binaries, and never skips: without them a test fails with the line to run.
//!
//! The server is watched by a small shell script that reads from a pipe. When the test process is gone, however it
//! went, the pipe closes, the server stops and the directory is removed.
//!
//! Other crates include this file (`#[path = "../../../tests/support/postgres.rs"] mod postgres;`), so it uses the
//! standard library only.
//!
//! ```ignore
//! let url = postgres::Server::shared().fresh_database();
//! ```

#![allow(dead_code, reason = "every test binary uses its own part of this")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "only tests include this file")]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The role that owns everything. It logs in without a password, from loopback only.
const USER: &str = "rollcall";
/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the server in the background, waits for a line or the end of the pipe, stops it, and removes everything
/// unless the line was `keep`. The pid is read from the server's own file, since the child may be `su` or the like;
/// it is asked again and again, since a server that is just starting has not written it yet.
const WATCH: &str = r#"
trap '' HUP INT TERM
home=$1
shift
{ "$@" >"$home/log" 2>&1 </dev/null; : >"$home/ended"; } &
word=
read -r word
signal=QUIT
[ "$word" = keep ] && signal=INT
until [ -e "$home/ended" ]; do
    pid=$(head -n 1 "$home/data/postmaster.pid" 2>/dev/null) && kill -s "$signal" "$pid" 2>/dev/null
    sleep 0.05
done
wait
[ "$word" = keep ] || rm -rf "$home"
"#;

/// A running server. Stops, and takes its data with it, when dropped.
pub struct Server {
    binaries: PathBuf,
    home: PathBuf,
    switch: Vec<String>,
    port: u16,
    databases: AtomicU32,
    watch: Mutex<Option<Child>>,
}

impl Server {
    /// The one server of this test process, started when first asked for.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// A server of its own, for tests that stop it.
    pub fn start() -> Self {
        let binaries = find_binaries();
        let (home, switch) = prepare_home();
        let mut server =
            Self { binaries, home, switch, port: 0, databases: AtomicU32::new(0), watch: Mutex::new(None) };
        server.initialise();
        // Somebody else may take the port between our asking for a free one and the server's taking it.
        for _ in 0..5 {
            server.port = free_port();
            if server.launch() {
                return server;
            }
        }
        panic!("PostgreSQL does not start:\n{}", server.log());
    }

    /// Makes an empty database and gives its URL.
    pub fn fresh_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.execute("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The URL of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL by which whoever has this name (and password) comes to a database over the server's socket.
    pub fn socket_url(&self, who: &str, database: &str) -> String {
        let directory = self.home.display().to_string().replace('/', "%2F");
        format!("postgres://{who}@{directory}:{}/{database}", self.port)
    }

    /// Lets in whom these lines of `pg_hba.conf` let in, before those whom it lets in anyway.
    pub fn let_in(&self, lines: &[&str]) {
        let file = self.home.join("data/pg_hba.conf");
        let usual = fs::read_to_string(&file).expect("it is there");
        fs::write(&file, format!("{}\n{usual}", lines.join("\n"))).expect("it is ours");
        self.execute("postgres", "SELECT pg_reload_conf()");
        // The first process hears of it by a signal.
        std::thread::sleep(Duration::from_millis(500));
    }

    /// Stops the server at once, ending every connection. Its data stays.
    pub fn stop(&self) {
        let Some(mut watch) = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let mut pipe = watch.stdin.take().expect("the watch has a pipe");
        pipe.write_all(b"keep\n").expect("the watch reads");
        drop(pipe);
        watch.wait().expect("the watch ends");
    }

    /// Stops all its processes where they are (SIGSTOP), so that it takes connections and says nothing, or lets them go
    /// on (SIGCONT).
    pub fn pause(&self, pause: bool) {
        let first = fs::read_to_string(self.home.join("data/postmaster.pid")).expect("it runs");
        let first = first.lines().next().expect("a number").trim().to_owned();
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &first]).output().expect("ps starts");
        let children = String::from_utf8(children.stdout).expect("numbers");
        let signal = if pause { "STOP" } else { "CONT" };
        // The first before the others, so that it makes no more of them.
        for pid in std::iter::once(first.as_str()).chain(children.split_whitespace()) {
            let _ =
                Command::new("/bin/sh").args(["-c", &format!("kill -s {signal} {pid}")]).stderr(Stdio::null()).status();
        }
    }

    /// Starts the server again on the same port with the same data.
    pub fn start_again(&self) {
        assert!(self.launch(), "PostgreSQL does not start again:\n{}", self.log());
    }

    /// Runs one statement in `database` and gives the first column of its rows as text.
    pub fn execute(&self, database: &str, statement: &str) -> Vec<String> {
        match talk(self.port, database, statement) {
            Ok(Ok(rows)) => rows,
            Ok(Err(message)) => panic!("PostgreSQL refuses `{statement}`: {message}"),
            Err(error) => panic!("PostgreSQL does not answer: {error}\n{}", self.log()),
        }
    }

    /// What `pg_dump` writes of the database with this URL.
    pub fn dump(&self, url: &str) -> Vec<u8> {
        // Debian has the servers' programs in a directory of their own, and this one on the path.
        let beside = self.binaries.join("pg_dump");
        let program = if beside.exists() { beside } else { PathBuf::from("pg_dump") };
        let dumped = Command::new(program).arg(url).output().expect("pg_dump starts");
        assert!(dumped.status.success(), "pg_dump: {}", String::from_utf8_lossy(&dumped.stderr));
        dumped.stdout
    }

    /// What the server has logged since its last start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }

    /// A command run as the user that the server runs as.
    fn command(&self, program: &str) -> Vec<String> {
        let mut command = self.switch.clone();
        command.push(self.binaries.join(program).display().to_string());
        command
    }

    fn initialise(&self) {
        let data = self.home.join("data").display().to_string();
        let common = ["--pgdata", &data, "--username", USER, "--auth=trust", "--encoding=UTF8", "--no-sync"];
        // An order by a human language wherever the server can (15 on, built with ICU): a query that leaves the order
        // of texts to the database is then seen to be wrong.
        let human = ["--locale=C", "--locale-provider=icu", "--icu-locale=en"];
        let attempts: [&[&str]; 2] = [&human, &["--locale=C"]];
        let mut said = String::new();
        for locale in attempts {
            let command = self.command("initdb");
            let output = run(&command, &self.home).args(common).args(locale).output().expect("initdb starts");
            if output.status.success() {
                return;
            }
            said = String::from_utf8_lossy(&output.stderr).into_owned();
            let _ = fs::remove_dir_all(&data);
        }
        let _ = fs::remove_dir_all(&self.home);
        panic!("initdb fails:\n{said}");
    }

    /// Starts the server; false when it ended instead.
    fn launch(&self) -> bool {
        let mut command = self.command("postgres");
        command.extend(["-D".to_owned(), self.home.join("data").display().to_string()]);
        let sockets = format!("unix_socket_directories={}", self.home.display());
        let port = format!("port={}", self.port);
        for setting in [
            sockets.as_str(),
            port.as_str(),
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "max_connections=300",
            "shared_buffers=64MB",
            "timezone=UTC",
            "logging_collector=off",
        ] {
            command.extend(["-c".to_owned(), setting.to_owned()]);
        }
        let _ = fs::remove_file(self.home.join("ended"));
        let shell = ["/bin/sh", "-c", WATCH, "watch"].map(str::to_owned);
        let home = self.home.display().to_string();
        let words: Vec<String> = shell.into_iter().chain([home]).chain(command).collect();
        let child = run(&words, &self.home)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the shell starts");
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if self.ready() {
                return true;
            }
            if self.home.join("ended").exists() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.stop();
        false
    }

    /// Line 8 of the server's own file tells how it is; and it must really answer.
    fn ready(&self) -> bool {
        let status = fs::read_to_string(self.home.join("data/postmaster.pid")).unwrap_or_default();
        status.lines().nth(7).is_some_and(|line| line.trim() == "ready")
            && matches!(talk(self.port, "postgres", "SELECT 1"), Ok(Ok(_)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that was paused could not stop.
        if self.home.join("data/postmaster.pid").exists() {
            self.pause(false);
        }
        if let Some(mut watch) = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(watch.stdin.take());
            let _ = watch.wait();
        } else {
            let _ = fs::remove_dir_all(&self.home);
        }
    }
}

/// A command without the surroundings that PostgreSQL's programs listen to.
fn run(words: &[String], directory: &Path) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir(directory).env("LC_ALL", "C");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    command
}

/// A new directory for the server, and the words to put before a command to run it as the user that owns it. The
/// server refuses to run as root, so for root that is somebody else.
fn prepare_home() -> (PathBuf, Vec<String>) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("rollcall-pg-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let root = id(&["-u"]) == Some(0);
    let mut tried = String::new();
    for parent in [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")] {
        let home = parent.join(&name);
        let _ = fs::remove_dir_all(&home);
        if let Err(error) = fs::create_dir_all(&home) {
            tried = format!("{}: {error}", home.display());
            continue;
        }
        if !root {
            return (home, Vec::new());
        }
        for user in ["postgres", "nobody"] {
            let (Some(uid), Some(gid)) = (id(&["-u", user]), id(&["-g", user])) else { continue };
            std::os::unix::fs::chown(&home, Some(uid), Some(gid)).expect("root may give a directory away");
            for switch in switches(user, uid, gid) {
                let probe: Vec<String> =
                    switch.iter().cloned().chain(["/bin/sh", "-c", "cd . && test -w ."].map(str::to_owned)).collect();
                if run(&probe, &home).output().is_ok_and(|output| output.status.success()) {
                    return (home, switch);
                }
            }
        }
        tried = format!("{}: no other user may write there", home.display());
        let _ = fs::remove_dir_all(&home);
    }
    panic!("found no directory for PostgreSQL to live in; {tried}");
}

/// The ways to run a command as somebody else.
fn switches(user: &str, uid: u32, gid: u32) -> [Vec<String>; 3] {
    let (uid, gid) = (format!("--reuid={uid}"), format!("--regid={gid}"));
    [
        ["setpriv", &uid, &gid, "--clear-groups"].map(str::to_owned).to_vec(),
        ["runuser", "-u", user, "--"].map(str::to_owned).to_vec(),
        ["su", "-s", "/bin/sh", user, "-c", r#"exec "$0" "$@""#, "--"].map(str::to_owned).to_vec(),
    ]
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// The directory of `initdb` and `postgres`: the one named by `ROLLCALL_POSTGRES_BIN`, one in `PATH`, the one
/// `pg_config` names, or the newest where packages put them.
fn find_binaries() -> PathBuf {
    let mut places: Vec<PathBuf> = std::env::var_os("ROLLCALL_POSTGRES_BIN").map(PathBuf::from).into_iter().collect();
    places.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    if let Ok(output) = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output() {
        places.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    for (parent, start) in [
        ("/usr/lib/postgresql", ""),
        ("/usr", "pgsql-"),
        ("/usr/libexec", "postgresql"),
        ("/opt/homebrew/opt", "postgresql"),
        ("/usr/local/opt", "postgresql"),
        ("/usr/local", "pgsql"),
    ] {
        let mut found: Vec<PathBuf> = fs::read_dir(parent).into_iter().flatten().flatten().map(|e| e.path()).collect();
        found.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start)));
        found.sort_by_key(|path| std::cmp::Reverse(version(path)));
        places.extend(found.iter().map(|path| path.join("bin")));
        places.extend(found);
    }
    let there = |place: &PathBuf| place.join("initdb").is_file() && place.join("postgres").is_file();
    places.into_iter().find(there).unwrap_or_else(|| {
        panic!(
            "this test needs the PostgreSQL server programs (initdb, postgres). Run one of\n\
             \x20   apt-get install -y postgresql\n\
             \x20   dnf install -y postgresql-server\n\
             \x20   apk add postgresql\n\
             \x20   brew install postgresql@17\n\
             or name their directory in ROLLCALL_POSTGRES_BIN"
        )
    })
}

/// The number at the end of a directory's name.
fn version(path: &Path) -> u32 {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// Runs one statement by PostgreSQL's own protocol (version 3, simple query) and gives the first column of its rows,
/// or the server's refusal.
fn talk(port: u16, database: &str, statement: &str) -> std::io::Result<Result<Vec<String>, String>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut start = Vec::from(196_608_u32.to_be_bytes());
    start.extend(format!("user\0{USER}\0database\0{database}\0\0").bytes());
    stream.write_all(&with_length(None, &start))?;
    if let Err(refusal) = replies(&mut stream)? {
        return Ok(Err(refusal));
    }
    stream.write_all(&with_length(Some(b'Q'), format!("{statement}\0").as_bytes()))?;
    let answer = replies(&mut stream)?;
    stream.write_all(&with_length(Some(b'X'), b""))?;
    Ok(answer)
}

fn with_length(kind: Option<u8>, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).expect("a short message");
    kind.into_iter().chain(length.to_be_bytes()).chain(body.iter().copied()).collect()
}

/// Reads messages until the server is ready for the next query, or has refused.
fn replies(stream: &mut TcpStream) -> std::io::Result<Result<Vec<String>, String>> {
    let (mut rows, mut refusal) = (Vec::new(), None);
    loop {
        let mut head = [0; 5];
        if let Err(error) = stream.read_exact(&mut head) {
            // A refused start is followed by the end of the connection.
            return refusal.map_or(Err(error), |refusal| Ok(Err(refusal)));
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length.saturating_sub(4)];
        stream.read_exact(&mut body)?;
        match head[0] {
            b'D' if body.len() >= 6 => {
                // Two bytes with the number of columns, four with the length of the first; -1 is null.
                let size = i32::from_be_bytes([body[2], body[3], body[4], body[5]]);
                let end = 6 + usize::try_from(size).unwrap_or(0);
                rows.push(String::from_utf8_lossy(&body[6..end]).into_owned());
            }
            b'E' => refusal = Some(String::from_utf8_lossy(&body).replace('\0', " ")),
            b'Z' => return Ok(refusal.map_or(Ok(rows), Err)),
            _ => {}
        }
    }
}
