//! The real program, and what is asked of it.

use crate::load::Target;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const ROLLCALL: &str = env!("CARGO_BIN_EXE_rollcall");

pub fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Runs a command of the program to its end.
pub fn run(arguments: &[&str]) -> String {
    let output = Command::new(ROLLCALL).args(arguments).output().expect("starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Writes one group with so many members into a file.
pub fn generate(members: u64, seed: u64, file: &Path) {
    let out = std::fs::File::create(file).expect("a file");
    let (members, seed) = (members.to_string(), seed.to_string());
    let status = Command::new(ROLLCALL)
        .args(["generate", "--groups", "1", "--members", &members, "--seed", &seed])
        .stdout(out)
        .status()
        .expect("starts");
    assert!(status.success());
}

/// The identifiers of a group.
pub struct Group {
    pub number: i64,
    pub id: String,
    pub guid: String,
}

fn first_of_kind(file: &Path, kind: &str) -> serde_json::Value {
    let lines = BufReader::new(std::fs::File::open(file).expect("a file")).lines();
    lines
        .map(|line| serde_json::from_str::<serde_json::Value>(&line.expect("a line")).expect("JSON"))
        .find(|line| line["kind"] == kind)
        .expect("a line of the kind")
}

pub fn group_of(file: &Path) -> Group {
    let group = first_of_kind(file, "group");
    let text = |name: &str| group[name].as_str().expect(name).to_owned();
    Group { number: group["number"].as_i64().expect("a number"), id: text("id"), guid: text("guid") }
}

/// One credential a dialect.
pub struct Credentials {
    elance: String,
    rm: (String, String),
    cometchat: String,
    database: String,
}

impl Credentials {
    pub fn make(database: &str, file: &Path) -> Self {
        // Whoever is active will do; the first person may be blocked.
        let lines = BufReader::new(std::fs::File::open(file).expect("a file")).lines();
        let active = lines
            .map(|line| serde_json::from_str::<serde_json::Value>(&line.expect("a line")).expect("JSON"))
            .find(|p| p["kind"] == "person" && p["account_status"].as_str().is_none_or(|s| s == "active"))
            .expect("an active person");
        let login = active["login"].as_str().expect("a login");
        let make = |arguments: &[&str]| -> serde_json::Value {
            let all = [&["credential", "create", "--database", database], arguments].concat();
            serde_json::from_str(&run(&all)).expect("JSON")
        };
        let text = |value: &serde_json::Value, name: &str| value[name].as_str().expect(name).to_owned();
        let client = make(&["rm"]);
        Self {
            elance: text(&make(&["elance", "--login", login]), "access_token"),
            rm: (text(&client, "client_id"), text(&client, "client_secret")),
            cometchat: text(&make(&["cometchat"]), "apikey"),
            database: database.to_owned(),
        }
    }

    /// What is measured.
    pub fn targets(&self, big: &Group, small: &Group, members: u64) -> Vec<(&'static str, Target)> {
        let gateway = Gateway::start(&self.database);
        let token = token(&gateway, &self.rm);
        let elance = |path: String| Target { path, headers: format!("Authorization: Bearer {}\r\n", self.elance) };
        let rm = |path: String| Target { path, headers: format!("Authorization: OAuth2 {token}\r\n") };
        let comet = |path: String| Target { path, headers: format!("apikey: {}\r\n", self.cometchat) };
        let far = members / 10 * 9 / 10;
        vec![
            ("Elance, first page of 8", elance(format!("/api2/groups/{}/members", big.number))),
            ("Elance, first page of 8, group of 1,000", elance(format!("/api2/groups/{}/members", small.number))),
            ("RM, first page of 10", rm(format!("/api/Organization/groups/{}/members", big.id))),
            ("CometChat, first page of 10", comet(format!("/v3/groups/{}/members?perPage=10", big.guid))),
            ("RM, page of 1,000", rm(format!("/api/Organization/groups/{}/members?page_size=1000", big.id))),
            ("CometChat, page of 1,000", comet(format!("/v3/groups/{}/members?perPage=1000", big.guid))),
            ("RM, count", rm(format!("/api/Organization/groups/{}/members/count", big.id))),
            (
                "RM, page at nine tenths of the group",
                rm(format!("/api/Organization/groups/{}/members?page={far}", big.id)),
            ),
        ]
    }
}

/// Exchanges an RM client's secret for a token.
fn token(gateway: &Gateway, (id, secret): &(String, String)) -> String {
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let mut stream = std::net::TcpStream::connect(gateway.address()).expect("connects");
    write!(
        stream,
        "POST /APIIntegration/Token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .expect("writes");
    let mut reply = String::new();
    std::io::Read::read_to_string(&mut stream, &mut reply).expect("a reply");
    let body = reply.split_once("\r\n\r\n").expect("a body").1;
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    body["access_token"].as_str().expect("a token").to_owned()
}

/// A process that serves and is killed in the end.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("stdout")).read_line(&mut line).expect("a line");
        let address =
            line.trim().strip_prefix("listening on http://").expect("an address").parse().expect("an address");
        Self { process, address }
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

/// The gateway, as it is configured by default, but for the rates of its clients.
pub struct Gateway(Server);

impl Gateway {
    pub fn start(database: &str) -> Self {
        let listen = ["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        Self(Server::start(Command::new(ROLLCALL).args(listen).args(["--database", database]).envs(RATES)))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }
}

/// The constant handler.
pub struct Constant {
    server: Server,
    _body: tempfile::NamedTempFile,
}

impl Constant {
    pub fn start(body: &[u8], content_type: &str) -> Self {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(body).expect("writes");
        let path = file.path().to_str().expect("UTF-8").to_owned();
        let own = std::env::current_exe().expect("this program");
        let server = Server::start(Command::new(own).args(["--constant", &path, content_type]));
        Self { server, _body: file }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }
}
