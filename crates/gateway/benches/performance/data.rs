//! The data: files that the program generates, and who may ask for it.

use crate::figures::literals::Literals;
use crate::http::{Connection, with_body};
use crate::program::{Gateway, generate, run};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// How many persons are looked at to choose what filters look for.
const SAMPLE: usize = 20_000;

/// The identifiers of the large group.
pub struct Group {
    pub number: i64,
    pub id: String,
    pub guid: String,
}

/// A file with one group, and what was read in it.
pub struct Data {
    pub file: PathBuf,
    pub members: u64,
    pub group: Group,
    pub literals: Literals,
    /// An active person, who asks in the Elance dialect.
    login: String,
    /// Members whose scope is changed again and again. None of them is the owner.
    pub writable: Vec<String>,
}

impl Data {
    /// Generates a group with so many members.
    pub fn make(directory: &Path, members: u64, seed: u64) -> Self {
        let file = directory.join(format!("group-{members}-{seed}.ndjson"));
        generate(1, members, seed, &file);
        let lines = BufReader::new(std::fs::File::open(&file).expect("a file")).lines();
        let mut lines =
            lines.map(|line| serde_json::from_str::<serde_json::Value>(&line.expect("a line")).expect("JSON"));
        let text = |value: &serde_json::Value, name: &str| value[name].as_str().expect(name).to_owned();
        let group = lines.next().expect("a group");
        let group = Group {
            number: group["number"].as_i64().expect("a number"),
            id: text(&group, "id"),
            guid: text(&group, "guid"),
        };
        let persons: Vec<_> = lines.take_while(|line| line["kind"] == "person").take(SAMPLE).collect();
        let active = persons.iter().find(|person| person["account_status"].as_str().is_none_or(|s| s == "active"));
        let names: Vec<String> = persons.iter().map(|person| text(person, "name")).collect();
        Self {
            file,
            members,
            group,
            literals: Literals::of(&names),
            login: text(active.expect("an active person"), "login"),
            writable: persons.iter().skip(1).take(8).map(|person| text(person, "uid")).collect(),
        }
    }

    /// A file in which every person has another category than before.
    pub fn changed(&self) -> PathBuf {
        let file = self.file.with_extension("changed.ndjson");
        let from = BufReader::new(std::fs::File::open(&self.file).expect("a file"));
        let mut to = BufWriter::new(std::fs::File::create(&file).expect("a file"));
        for line in from.lines() {
            let line = line.expect("a line");
            writeln!(to, "{}", line.replacen("\"category\":\"", "\"category\":\"New ", 1)).expect("writes");
        }
        to.flush().expect("writes");
        file
    }
}

/// Imports a file.
pub fn import(database: &str, file: &Path) {
    run(&["import", "--database", database, file.to_str().expect("UTF-8")]);
}

/// One credential a dialect.
pub struct Credentials {
    elance: String,
    rm: (String, String),
    cometchat: String,
}

impl Credentials {
    pub fn make(database: &str, data: &Data) -> Self {
        let make = |arguments: &[&str]| -> serde_json::Value {
            let all = [&["credential", "create", "--database", database], arguments].concat();
            serde_json::from_str(&run(&all)).expect("JSON")
        };
        let text = |value: &serde_json::Value, name: &str| value[name].as_str().expect(name).to_owned();
        let client = make(&["rm"]);
        Self {
            elance: text(&make(&["elance", "--login", &data.login]), "access_token"),
            rm: (text(&client, "client_id"), text(&client, "client_secret")),
            cometchat: text(&make(&["cometchat"]), "apikey"),
        }
    }

    /// The lines of the header by which each dialect lets in.
    pub fn present(&self, gateway: &Gateway) -> Presented {
        Presented {
            elance: format!("Authorization: Bearer {}\r\n", self.elance),
            rm: format!("Authorization: OAuth2 {}\r\n", token(gateway.address(), &self.rm)),
            cometchat: format!("apikey: {}\r\n", self.cometchat),
        }
    }
}

/// Lines of a header, each ended by CR LF.
pub struct Presented {
    pub elance: String,
    pub rm: String,
    pub cometchat: String,
}

/// Exchanges an RM client's secret for a token.
fn token(address: SocketAddr, (id, secret): &(String, String)) -> String {
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let header = "Content-Type: application/x-www-form-urlencoded\r\n";
    let reply = Connection::open(address).ask(&with_body("POST", "/APIIntegration/Token", header, &form));
    reply.json()["access_token"].as_str().expect("a token").to_owned()
}
