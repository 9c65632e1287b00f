//! The command line of `rollcall credential`.

use super::group_key;
use clap::{Args, Subcommand, ValueEnum};
use membership::GroupKey;
use membership::limits;

/// What to do about credentials.
#[derive(Debug, Subcommand)]
#[command(after_help = "A secret is shown once, when it is made; the store keeps only its hash.\n\nExamples:\n  \
    rollcall credential create elance --login synapseindia --database sqlite://members.db\n  \
    rollcall credential create elance --client --name 'My App' --redirect-uri https://app.example/callback\n  \
    rollcall credential create cometchat --scope authOnly --database sqlite://members.db\n  \
    rollcall credential create admin --scope read --group supergroup --expires 30 --database sqlite://members.db\n  \
    rollcall credential list --database sqlite://members.db\n  \
    rollcall credential list --login synapseindia --in-force --database sqlite://members.db\n  \
    rollcall credential revoke 3 --database sqlite://members.db\n  \
    rollcall credential revoke --login synapseindia --database sqlite://members.db\n  \
    rollcall credential password synapseindia --database sqlite://members.db < password.txt")]
pub enum CredentialCommand {
    /// Make one; it is printed as one JSON line
    #[command(subcommand)]
    Create(CreateCommand),
    /// List all, or some, by number, one JSON line each, without their secrets
    List(ListArgs),
    /// Revoke one, or all of a person, and all that were exchanged for them, at once
    Revoke {
        /// Number of the credential, as `credential list` shows it
        #[arg(required_unless_present = "login", conflicts_with = "login")]
        id: Option<i64>,
        /// All of the person with this login, in one step, sign-in sessions too
        #[arg(long, value_name = "LOGIN")]
        login: Option<String>,
    },
    /// Set the password with which a person signs in to consent to clients; it is read from stdin
    Password {
        /// Login of the person
        login: String,
        /// Make one up and print it: {"login":…,"password":…}
        #[arg(long, conflicts_with = "remove")]
        generate: bool,
        /// Forget the password, so that the person cannot sign in any more
        #[arg(long)]
        remove: bool,
    },
}

/// Which credentials to list.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Only those for this dialect, or for `admin`
    #[arg(long, value_name = "DIALECT")]
    pub dialect: Option<String>,
    /// Only those of the person with this login
    #[arg(long, value_name = "LOGIN")]
    pub login: Option<String>,
    /// Only those that are in force
    #[arg(long)]
    pub in_force: bool,
    /// Only those behind this number
    #[arg(long, value_name = "ID", default_value_t = 0)]
    pub after: i64,
    /// At most so many
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<u64>,
}

/// For what to make a credential.
#[derive(Debug, Subcommand)]
pub enum CreateCommand {
    /// An access token of a person: {"access_token":…}; or a client: {"client_id":…,"client_secret":…}
    Elance(ElanceArgs),
    /// A client, which exchanges its secret for tokens: {"client_id":…,"client_secret":…}
    Rm {
        /// The client
        #[command(flatten)]
        client: ClientArgs,
        /// What its tokens may do at the most; everything, when not said
        #[arg(long, value_enum)]
        scope: Option<Scope>,
        /// Its limits
        #[command(flatten)]
        limits: LimitArgs,
    },
    /// A key of the admin API: {"admin_key":…}
    Admin {
        /// What the key may do
        #[arg(long, value_enum, default_value_t = Scope::Admin)]
        scope: Scope,
        /// Its limits
        #[command(flatten)]
        limits: LimitArgs,
    },
    /// A key: {"apikey":…}
    Cometchat {
        /// What the key may do
        #[arg(long, value_enum, default_value_t = KeyScope::FullAccess)]
        scope: KeyScope,
        /// Its limits
        #[command(flatten)]
        limits: LimitArgs,
    },
}

/// Arguments of `credential create elance`.
#[derive(Args, Debug)]
pub struct ElanceArgs {
    /// Login of the person that the token belongs to
    #[arg(long, value_name = "LOGIN", required_unless_present = "client")]
    #[arg(conflicts_with_all = ["client", "name", "redirect_uris"])]
    pub login: Option<String>,
    /// Make a client, to which persons consent; takes --name and --redirect-uri
    #[arg(long, requires = "name", requires = "redirect_uris")]
    pub client: bool,
    /// What the client is
    #[command(flatten)]
    pub about: ClientArgs,
    /// What the token, or those of the client, may do; read and write, when not said
    #[arg(long, value_enum)]
    pub scope: Option<Scope>,
    /// Its limits
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// What is said of a client.
#[derive(Args, Clone, Debug, Default)]
pub struct ClientArgs {
    /// What persons are told who are asked to consent
    #[arg(long, value_name = "NAME", value_parser = client_name)]
    pub name: Option<String>,
    /// Where browsers may be sent after a consent, to the letter; may be said several times. Without one there is no
    /// code flow
    #[arg(long = "redirect-uri", value_name = "URI", value_parser = redirect_uri)]
    pub redirect_uris: Vec<String>,
}

/// How far a credential reaches.
#[derive(Args, Clone, Debug, Default)]
pub struct LimitArgs {
    /// Only this group, by its number, id or guid; may be said several times
    #[arg(long = "group", value_name = "KEY", value_parser = group_key)]
    pub groups: Vec<GroupKey>,
    /// It ends in so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500), conflicts_with = "expires_at")]
    pub expires: Option<u32>,
    /// It ends then: a time as in RFC 3339, or unix seconds
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub expires_at: Option<i64>,
}

/// What a credential may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// Read, and nothing else
    Read,
    /// Read and change
    Write,
    /// Everything
    #[value(alias = "full")]
    Admin,
}

/// What a CometChat key may do, in the vendor's words and two of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyScope {
    /// Everything
    #[value(name = "fullAccess", alias = "admin")]
    FullAccess,
    /// Create users and mint their tokens, nothing else
    #[value(name = "authOnly")]
    AuthOnly,
    /// Read, and nothing else
    Read,
    /// Read and change, but not users
    Write,
}

/// The longest name of a client, in characters.
pub(crate) const CLIENT_NAME: usize = 100;
/// At most how many addresses a client may have.
pub(crate) const REDIRECT_URIS: usize = 20;

/// Judges the name of a client, which is shown to persons.
pub(crate) fn client_name(text: &str) -> Result<String, String> {
    limits::check("name", text, CLIENT_NAME).map_err(|bad| bad.problem)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err("must have a visible character, and no control characters".to_owned());
    }
    Ok(text.to_owned())
}

fn redirect_uri(text: &str) -> Result<String, String> {
    access::check_redirect_uri(text).map_err(|bad| bad.to_string())?;
    Ok(text.to_owned())
}

/// Reads a time as unix seconds.
fn time(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse::<i64>() {
        return if (0..=limits::TIME).contains(&seconds) { Ok(seconds) } else { Err("is out of bounds".to_owned()) };
    }
    let time = chrono::DateTime::parse_from_rfc3339(text);
    time.map(|time| time.timestamp()).map_err(|_| "must be like 2030-01-31T12:00:00Z, or unix seconds".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_two_forms() {
        assert_eq!(time("1900000000"), Ok(1_900_000_000));
        assert_eq!(time("1970-01-01T01:00:05+01:00"), Ok(5));
        for bad in ["", "2030-01-31", "-1", "99999999999999", "tomorrow"] {
            assert!(time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_can_be_shown() {
        assert!(client_name("Ünser App").is_ok());
        for bad in ["", " ", "a\nb", "\u{1b}[31mred", &"x".repeat(101)] {
            assert!(client_name(bad).is_err(), "{bad:?}");
        }
    }
}
