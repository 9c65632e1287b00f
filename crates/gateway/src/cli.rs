//! The command line.

mod certificate;
mod credential;

pub use certificate::{CertificateArgs, Host};
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use credential::{CLIENT_NAME, REDIRECT_URIS, client_name};
pub use credential::{ClientArgs, CreateCommand, CredentialCommand, ElanceArgs, KeyScope, LimitArgs, ListArgs, Scope};
use membership::{GroupKey, limits};
use std::path::PathBuf;
use uuid::Uuid;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "rollcall",
    version,
    about = "One member store, several HTTP dialects: serve, fill and look after it",
    after_help = "Examples:\n  \
        rollcall serve --demo                          try it: sample data, ready-made curl lines\n  \
        rollcall import --database sqlite:///var/lib/rollcall.db people.ndjson\n  \
        rollcall credential create rm --database sqlite:///var/lib/rollcall.db\n  \
        rollcall serve --database sqlite:///var/lib/rollcall.db --listen 0.0.0.0:8080\n\n\
        Every setting, its default and its meaning stand in config/rollcall.toml. A setting in the environment \
        (ROLLCALL__SECTION__KEY, for example ROLLCALL__DATABASE__URL) wins over the file, a flag over both."
)]
pub struct Cli {
    /// Where the configuration and the database are.
    #[command(flatten)]
    pub place: Place,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Answer requests
    Serve(ServeArgs),
    /// Bring the database's schema up to date
    Migrate,
    /// Check the configuration and the integrity of the store
    Check,
    /// Read groups, persons and memberships into the store
    Import(ImportArgs),
    /// Write groups, persons and memberships out of the store
    Export(ExportArgs),
    /// Make up plausible groups and members, as import lines
    Generate(GenerateArgs),
    /// Make, list and revoke credentials, and set passwords
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// Make a self-signed certificate for development
    Certificate(CertificateArgs),
}

impl Command {
    /// Whether it does nothing but write to stdout, so that all is well when the reader has read enough. What makes or
    /// changes something must tell how that ended.
    pub(crate) const fn only_writes(&self) -> bool {
        match self {
            Self::Export(_) | Self::Generate(_) | Self::Credential(CredentialCommand::List(_)) => true,
            Self::Serve(_)
            | Self::Migrate
            | Self::Check
            | Self::Import(_)
            | Self::Credential(_)
            | Self::Certificate(_) => false,
        }
    }
}

/// Where the configuration and the database are.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// Configuration file (TOML); without it the defaults and the environment apply
    #[arg(long, global = true, value_name = "FILE", env = "ROLLCALL_CONFIG")]
    pub config: Option<PathBuf>,
    /// Database: sqlite:///path/file.db, sqlite::memory: or postgres://user@host/name
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
}

/// Arguments of `serve`.
#[derive(Args, Debug)]
#[command(after_help = "The first line on stdout is `listening on http://HOST:PORT`, with https a second one \
    `listening on https://HOST:PORT`, then `admin on http://HOST:PORT`; logs go to stderr. SIGTERM and SIGINT let the requests under way finish. With \
    https, SIGHUP reads certificate and key again.\n\nExamples:\n  \
    rollcall serve --demo --listen 127.0.0.1:0\n  \
    rollcall serve --demo --tls-listen 127.0.0.1:8443 --tls-cert cert.pem --tls-key key.pem\n  \
    rollcall serve --config /etc/rollcall.toml\n  \
    ROLLCALL__DATABASE__URL=postgres://rollcall@db/rollcall rollcall serve --listen '[::]:8080'")]
pub struct ServeArgs {
    /// Address and port; port 0 takes any free one
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Address and port for https beside http; takes --tls-cert and --tls-key too
    #[arg(long, value_name = "ADDR")]
    pub tls_listen: Option<String>,
    /// File with the certificate for https, then those that lead to its authority (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// File with the certificate's private key (PEM, not encrypted)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Address and port of the admin listener (/admin/v1, /livez, /readyz); without it 127.0.0.1:8081 where that is free
    #[arg(long, value_name = "ADDR")]
    pub admin_listen: Option<String>,
    /// Load the sample data, make fresh demo credentials and print ready-made curl lines. Only on an empty store or
    /// one made by --demo, and on a loopback address; without --database in a temporary database
    #[arg(long)]
    pub demo: bool,
}

/// Arguments of `import`.
#[derive(Args, Debug)]
#[command(after_help = "The whole input is read and checked first; if a row is bad, nothing is applied (but see \
    --skip-bad), and each bad row is named on stderr as FILE:LINE:COLUMN. Importing the same file twice changes \
    nothing. The report is one JSON line on stdout.\n\nExamples:\n  \
    rollcall import --database sqlite://members.db groups.csv persons.csv memberships.csv\n  \
    rollcall generate --groups 3 --members 1000 | rollcall import --database sqlite://members.db -\n  \
    rollcall import --database sqlite://members.db --dry-run people.ndjson")]
pub struct ImportArgs {
    /// Files to read, in this order; - is stdin
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Format; without it the file's name (.ndjson, .jsonl, .json, .csv) decides, or else its beginning
    #[arg(long, value_enum)]
    pub format: Option<FileFormat>,
    /// Check everything and report what would happen, but change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Apply the good rows though there are bad ones
    #[arg(long)]
    pub skip_bad: bool,
}

/// Arguments of `export`.
#[derive(Args, Debug)]
#[command(after_help = "An export, imported into an empty store, exports the same again to the byte. Secrets and the \
    change log are not exported.\n\nExamples:\n  \
    rollcall export --database sqlite://members.db --output backup.ndjson\n  \
    rollcall export --database sqlite://members.db --group supergroup\n  \
    rollcall export --database sqlite://members.db --format csv --kind persons > persons.csv")]
pub struct ExportArgs {
    /// Only this group and what belongs to it: its number, its id (a UUID) or its guid; a guid that looks like one of the
    /// others as guid:1116. number: and id: may be said too
    #[arg(long, value_name = "KEY", value_parser = group_key)]
    pub group: Option<GroupKey>,
    /// Format
    #[arg(long, value_enum, default_value_t = FileFormat::Ndjson)]
    pub format: FileFormat,
    /// Which records; CSV holds one kind a file
    #[arg(long, value_enum, required_if_eq("format", "csv"))]
    pub kind: Option<Kind>,
    /// Where to write; a file appears only when it is complete. Without it stdout
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `generate`.
#[derive(Args, Debug)]
#[command(after_help = "There are M persons in all, spread over the N groups: each belongs to one of them, some to a \
    second one too (where pending and banned memberships occur). `--groups 1 --members 1000000` is one group of a \
    million members. The same arguments give the same lines; what different seeds give can live in one store.\n\nExamples:\n  \
    rollcall generate --groups 5 --members 200 --seed 7 > made-up.ndjson\n  \
    rollcall generate --groups 1 --members 1000000 | rollcall import --database sqlite://big.db -")]
pub struct GenerateArgs {
    /// Number of groups
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub groups: u64,
    /// Number of persons in all
    #[arg(long, value_name = "M", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(0..=100_000_000))]
    pub members: u64,
    /// The same seed gives the same lines
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

/// Formats of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FileFormat {
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
}

/// Kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Groups
    Groups,
    /// Persons
    Persons,
    /// Memberships
    Memberships,
}

/// Reads a group's key. It may say what it is: `number:1116`, `id:…`, `guid:1116`. Where it does not, all digits are a
/// number, a UUID is an id, and anything else must be a guid.
fn group_key(text: &str) -> Result<GroupKey, String> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().map(GroupKey::Number).map_err(|_| "the number is too large".to_owned()))
    };
    let id = |text: &str| Uuid::try_parse(text).ok().map(GroupKey::Id);
    let guid = |text: &str| limits::check_uid("guid", text).ok().map(GroupKey::Guid);
    match text.split_once(':') {
        Some(("number", text)) => number(text).unwrap_or_else(|| Err("number: goes before digits".to_owned())),
        Some(("id", text)) => id(text).ok_or_else(|| "id: goes before a UUID".to_owned()),
        Some(("guid", text)) => guid(text)
            .ok_or_else(|| "guid: goes before letters a to z, digits, hyphens and underscores, at most 100".to_owned()),
        _ => number(text).or_else(|| id(text).or_else(|| guid(text)).map(Ok)).unwrap_or_else(|| {
            Err("must be a number, a UUID, or a guid of letters a to z, digits, hyphens and underscores; or say which \
                 it is: number:…, id:…, guid:…"
                .to_owned())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn command_lines_are_read() {
        for line in [
            "rollcall serve --config a.toml --listen 127.0.0.1:0 --database sqlite::memory: --demo",
            "rollcall serve --admin-listen 127.0.0.1:0",
            "rollcall serve --tls-listen 127.0.0.1:0 --tls-cert cert.pem --tls-key key.pem",
            "rollcall migrate --database sqlite:///a.db",
            "rollcall check",
            "rollcall import --dry-run --skip-bad a.csv - b.ndjson",
            "rollcall export --group supergroup",
            "rollcall export --group guid:1116",
            "rollcall export --format csv --kind groups --output a.csv",
            "rollcall generate --groups 1 --members 1000000 --seed 18446744073709551615",
            "rollcall credential create elance --login synapseindia",
            "rollcall credential create cometchat --scope authOnly",
            "rollcall credential create rm --database sqlite:///a.db",
            "rollcall credential create admin",
            "rollcall credential create admin --scope read",
            "rollcall credential create admin --scope full",
            "rollcall credential create admin --scope write --group 1116 --group guid --expires 30",
            "rollcall credential create cometchat --scope read --expires-at 2030-01-01T00:00:00Z",
            "rollcall credential create elance --login a --scope admin --expires-at 1900000000",
            "rollcall credential create elance --client --name App --redirect-uri https://a.example/cb",
            "rollcall credential create rm --name App --redirect-uri http://a.example/ --redirect-uri http://b.example/",
            "rollcall credential password synapseindia",
            "rollcall credential password synapseindia --generate",
            "rollcall credential password synapseindia --remove",
            "rollcall credential list",
            "rollcall credential revoke 3",
            "rollcall --database sqlite:///a.db credential create rm",
            "rollcall credential create --database sqlite:///a.db rm",
            "rollcall certificate --cert a.pem --key b.pem",
            "rollcall certificate --host a.test --host ::1 --days 825 --cert a.pem --key b.pem --force",
        ] {
            assert!(parse(line).is_ok(), "{line}: {:?}", parse(line).err());
        }
    }

    #[test]
    fn usage_errors_end_with_code_2() {
        for line in [
            "rollcall",
            "rollcall serve --port 80",
            "rollcall import",
            "rollcall export --format csv",
            "rollcall export --group no/guid",
            "rollcall export --group number:supergroup",
            "rollcall generate --groups 0",
            "rollcall credential create elance",
            "rollcall credential create cometchat --scope all",
            "rollcall credential create admin --scope mint",
            "rollcall credential create admin --expires 0",
            "rollcall credential create admin --expires 1 --expires-at 1900000000",
            "rollcall credential create admin --expires-at tomorrow",
            "rollcall credential create admin --group no/guid",
            "rollcall credential create rm --redirect-uri /callback",
            "rollcall credential create rm --redirect-uri https://a.example/#x",
            "rollcall credential create rm --login a",
            "rollcall credential create elance --client --name App",
            "rollcall credential create elance --client --redirect-uri https://a.example/",
            "rollcall credential create elance --login a --name App --redirect-uri https://a.example/",
            "rollcall credential create elance --client --login a --name App --redirect-uri https://a.example/",
            "rollcall credential password",
            "rollcall credential password a --generate --remove",
            "rollcall credential revoke x",
            "rollcall certificate --cert a.pem",
            "rollcall certificate --days 0 --cert a.pem --key b.pem",
            "rollcall certificate --host http://a --cert a.pem --key b.pem",
        ] {
            assert_eq!(parse(line).expect_err(line).exit_code(), 2, "{line}");
        }
    }

    #[test]
    fn group_keys_have_three_forms_and_may_say_which() {
        let id = "6fe49ce4-56d4-475f-9483-1adca6b2976c";
        assert_eq!(group_key("1116"), Ok(GroupKey::Number(1116)));
        assert_eq!(group_key(id), Ok(GroupKey::Id(Uuid::try_parse(id).expect("a UUID"))));
        assert_eq!(group_key("SuperGroup"), Ok(GroupKey::Guid("supergroup".into())));
        let digits = "6fe49ce456d4475f94831adca6b2976c";
        assert_eq!(group_key(digits), group_key(id), "a UUID may be written without hyphens");
        for guid in ["1116", id, digits, "supergroup", "number"] {
            assert_eq!(group_key(&format!("guid:{guid}")), Ok(GroupKey::Guid(guid.into())));
        }
        assert_eq!(group_key("number:1116"), group_key("1116"));
        assert_eq!(group_key(&format!("id:{digits}")), group_key(id));
        for text in [
            "",
            "99999999999999999999",
            "number:99999999999999999999",
            "number:",
            "number:-1",
            "number:supergroup",
            "id:1116",
            "id:",
            "guid:",
            "guid:a b",
            "guid:guid:a",
            "Guid:a",
            "uid:a",
            ":a",
        ] {
            assert!(group_key(text).is_err(), "{text:?}");
        }
    }
}
