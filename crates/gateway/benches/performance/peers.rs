//! `make bench-peers`: the same data and the same questions to two services of others, under `benches/peers`.

use crate::data::{Credentials, Data, import};
use crate::figures::spread::count;
use crate::growth::sqlite;
use crate::http::{Reply, Target};
use crate::measure::{Measured, good, measure, warm};
use crate::program::{Gateway, Server, run as run_rollcall, timed};
use crate::settings::Settings;
use crate::targets::{Hits, Kind, filters, pages};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What one of the services is asked, in the order of `QUESTIONS`.
pub const QUESTIONS: [&str; 5] = [
    "first page of 10",
    "page of 10 at nine tenths",
    "page of 1,000",
    "first 10 of a filter",
    "first 10 by Name, descending",
];

/// What came of one service.
pub struct Outcome {
    pub name: &'static str,
    /// How long filling its database took.
    pub load: Duration,
    /// One a question.
    pub measured: Vec<Measured>,
}

/// rollcall and its peers, one after the other.
pub fn run(settings: &Settings) -> (Vec<Outcome>, Data) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let data = Data::make(directory.path(), settings.members, 1);
    let (ours, samples) = rollcall(&data, directory.path(), settings);
    let peers = settings.top.join("benches/peers");
    let cap = Peer {
        name: "SAP CAP",
        directory: peers.join("cap"),
        program: "node".to_owned(),
        files: ["load.mjs", "serve.mjs"],
        rows: "value",
        total: "@odata.count",
    };
    let python = peers.join("fastapi/.venv/bin/python");
    let fastapi = Peer {
        name: "FastAPI",
        directory: peers.join("fastapi"),
        program: python.to_str().expect("UTF-8").to_owned(),
        files: ["load.py", "serve.py"],
        rows: "items",
        total: "total",
    };
    let theirs = [
        fastapi.measure(&fastapi_targets(&data), &samples, &data, directory.path(), settings),
        cap.measure(&cap_targets(&data), &samples, &data, directory.path(), settings),
    ];
    (std::iter::once(ours).chain(theirs).collect(), data)
}

/// RM's members, which have the fields that the peers have.
fn rollcall(data: &Data, directory: &Path, settings: &Settings) -> (Outcome, Vec<Reply>) {
    println!("\n# rollcall");
    let url = sqlite(directory);
    run_rollcall(&["migrate", "--database", &url]);
    let ((), load) = timed(|| import(&url, &data.file));
    let gateway = Gateway::start(&url);
    let presented = Credentials::make(&url, data).present(&gateway);
    let pages = pages(data, &presented);
    let page = |kind: Kind| {
        let page = pages.iter().find(|page| page.dialect == "RM" && page.kind == kind);
        page.expect("RM has it").target.clone()
    };
    let filter = filters(data, &presented).into_iter().find(|f| f.dialect == "RM" && f.hits == Hits::Few);
    let filter = filter.expect("RM has it").target;
    let targets = [page(Kind::First), page(Kind::Far), page(Kind::Thousand), filter, page(Kind::Ordered)];
    let mut samples = Vec::new();
    let measured = QUESTIONS.iter().zip(&targets).map(|(question, target)| {
        warm(&gateway, target);
        samples.push(good(question, gateway.address(), target));
        measure(question, gateway.address(), target, settings)
    });
    let measured = measured.collect();
    (Outcome { name: "rollcall", load, measured }, samples)
}

/// A service of others.
struct Peer {
    name: &'static str,
    directory: std::path::PathBuf,
    program: String,
    /// The script that fills its database, the one that serves.
    files: [&'static str; 2],
    /// Where its replies have the rows, and the total.
    rows: &'static str,
    total: &'static str,
}

impl Peer {
    fn command(&self, file: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(file).current_dir(&self.directory).env("NODE_ENV", "production");
        command
    }

    fn measure(
        &self,
        targets: &[Target],
        ours: &[Reply],
        data: &Data,
        directory: &Path,
        settings: &Settings,
    ) -> Outcome {
        println!("\n# {}", self.name);
        let database = directory.join(format!("{}.db", self.files[0]));
        let (status, load) =
            timed(|| self.command(self.files[0]).arg(&data.file).arg(&database).status().expect("make bench-peers"));
        assert!(status.success(), "{} cannot fill its database", self.name);
        let server = Server::start(self.command(self.files[1]).arg(&database));
        let measured = QUESTIONS.iter().zip(targets).zip(ours).map(|((question, target), ours)| {
            self.check(question, server.address(), target, ours);
            measure(question, server.address(), target, settings)
        });
        let measured = measured.collect();
        server.end();
        Outcome { name: self.name, load, measured }
    }

    /// It must answer what rollcall answers: the same members and total. The two last questions depend on how texts are
    /// compared, so there only as many.
    fn check(&self, question: &str, address: SocketAddr, target: &Target, ours: &Reply) {
        let reply = good(question, address, target).json();
        let (ours_rows, total) = (ours.json(), ours.total.expect("a total"));
        let ids = |rows: &serde_json::Value| -> Vec<String> {
            rows.as_array().expect("rows").iter().map(|row| row["Id"].as_str().expect("an Id").to_owned()).collect()
        };
        let (theirs, ours) = (ids(&reply[self.rows]), ids(&ours_rows));
        let their_total = reply[self.total].as_u64().expect("a total");
        assert_eq!(theirs.len(), ours.len(), "{}, {question}", self.name);
        if QUESTIONS[3..].contains(&question) {
            println!("{}, {question}: {} of {}", self.name, count(their_total as f64), count(total as f64));
        } else {
            assert_eq!((theirs, their_total), (ours, total), "{}, {question}", self.name);
        }
    }
}

fn fastapi_targets(data: &Data) -> Vec<Target> {
    let page = data.members / 10 * 9 / 10;
    let literal = &data.literals.few[0];
    ["", &format!("?page={page}"), "?page_size=1000", &format!("?search={literal}"), "?order=-Name"]
        .map(|query| plain(format!("/groups/{}/members{query}", data.group.guid)))
        .into()
}

fn cap_targets(data: &Data) -> Vec<Target> {
    let skip = (data.members / 10 * 9 / 10 - 1) * 10;
    let of = format!("$filter=groupNumber%20eq%20{}", data.group.number);
    let order = "&$orderby=joinedAt,number&$count=true";
    [
        format!("{of}{order}&$top=10"),
        format!("{of}{order}&$top=10&$skip={skip}"),
        format!("{of}{order}&$top=1000"),
        format!("{of}%20and%20contains(Name,'{}'){order}&$top=10", data.literals.few[0]),
        format!("{of}&$orderby=Name%20desc,joinedAt,number&$count=true&$top=10"),
    ]
    // Only the fields that the others have too.
    .map(|query| {
        let fields = "Id,Name,Description,Email,Phone,AdditionalInformation,Login,Status";
        plain(format!("/odata/v4/directory/Members?{query}&$select={fields}"))
    })
    .into()
}

fn plain(path: String) -> Target {
    Target { path, headers: String::new(), others: Vec::new() }
}
