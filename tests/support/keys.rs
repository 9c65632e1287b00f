//! Credentials for all three dialects, made on the command line, and requests that bear them.

use super::gateway::{Database, Gateway, succeed};
use super::http::{Client, Response};
use serde_json::Value;

/// One credential of each dialect.
#[derive(Clone)]
pub struct Keys {
    /// Elance access token.
    pub elance: String,
    /// RM access token.
    pub rm: String,
    /// CometChat key with full access.
    pub cometchat: String,
}

impl Keys {
    /// Makes them in the store that `gateway` serves; the Elance one for the person with this login.
    pub fn make(database: &Database, gateway: &Gateway, login: &str) -> Self {
        let elance = create(database, &["elance", "--login", login]);
        let client = create(database, &["rm"]);
        let cometchat = create(database, &["cometchat"]);
        Self {
            elance: word(&elance, "access_token"),
            rm: exchange(&mut gateway.client(), &word(&client, "client_id"), &word(&client, "client_secret")),
            cometchat: word(&cometchat, "apikey"),
        }
    }

    /// The fields of a request of each dialect.
    pub fn headers(&self, dialect: Dialect) -> [(&'static str, String); 1] {
        [match dialect {
            Dialect::Elance => ("Authorization", format!("Bearer {}", self.elance)),
            Dialect::Rm => ("Authorization", format!("OAuth2 {}", self.rm)),
            Dialect::CometChat => ("apikey", self.cometchat.clone()),
        }]
    }

    /// `GET target` with the dialect's credential and these further fields.
    pub fn get(&self, client: &mut Client, dialect: Dialect, target: &str, more: &[(&str, &str)]) -> Response {
        self.send(client, dialect, "GET", target, more)
    }

    /// The same with any method.
    pub fn send(
        &self,
        client: &mut Client,
        dialect: Dialect,
        method: &str,
        target: &str,
        more: &[(&str, &str)],
    ) -> Response {
        let own = self.headers(dialect);
        let mut headers: Vec<(&str, &str)> = own.iter().map(|(n, v)| (*n, v.as_str())).collect();
        headers.extend_from_slice(more);
        client.send(method, target, &headers, b"")
    }
}

/// A dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Elance API v2.
    Elance,
    /// RM Organization.
    Rm,
    /// CometChat v3.
    CometChat,
}

impl Dialect {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Elance, Self::Rm, Self::CometChat];
}

/// `credential create …` and the object that it prints.
pub fn create(database: &Database, arguments: &[&str]) -> Value {
    let line = succeed(&[&["credential", "create"], arguments, &["--database", &database.url]].concat(), b"");
    assert_eq!(line.matches('\n').count(), 1, "one line: {line}");
    serde_json::from_str(&line).expect("a JSON line")
}

/// Exchanges an RM client's secret for a token.
pub fn exchange(client: &mut Client, id: &str, secret: &str) -> String {
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let response = client.send("POST", "/APIIntegration/Token", &headers, form.as_bytes());
    assert_eq!(response.status, 200, "{}", response.text());
    word(&response.json(), "access_token")
}

/// A text of an object.
pub fn word(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("no text `{name}` in {object}")).to_owned()
}
