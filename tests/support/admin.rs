//! A client of the admin API, with a key made on the command line.

use super::gateway::{Database, Gateway, succeed};
use super::http::{Client, Response};
use serde_json::Value;
use std::net::SocketAddr;

/// Below which all addresses lie.
pub const PREFIX: &str = "/admin/v1";

/// One connection to the admin listener.
pub struct Admin {
    client: Client,
    key: String,
}

impl Admin {
    /// A client with a fresh key that may do everything.
    pub fn of(gateway: &Gateway, database: &Database) -> Self {
        Self::with(gateway.admin().address(), &key(database, "full"))
    }

    /// A client with this key.
    pub fn with(address: SocketAddr, key: &str) -> Self {
        Self { client: Client::new(address), key: key.to_owned() }
    }

    /// Another connection with the same key.
    pub fn another(&self) -> Self {
        Self::with(self.client.address(), &self.key)
    }

    /// Where it connects to.
    pub const fn address(&self) -> SocketAddr {
        self.client.address()
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// `GET` of an address below the prefix.
    pub fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, &[], b"")
    }

    /// A request with a JSON body; null for none.
    pub fn ask(&mut self, method: &str, path: &str, body: &Value) -> Response {
        if body.is_null() {
            return self.send(method, path, &[], b"");
        }
        self.send(method, path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// A request with these further fields.
    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let key = format!("Bearer {}", self.key);
        let headers = [&[("Authorization", key.as_str())], headers].concat();
        self.client.send(method, &format!("{PREFIX}{path}"), &headers, body)
    }
}

/// A key of the admin API.
pub fn key(database: &Database, scope: &str) -> String {
    let arguments = ["credential", "create", "admin", "--scope", scope, "--database", &database.url];
    let line: Value = serde_json::from_str(&succeed(&arguments, b"")).expect("one line of JSON");
    line["admin_key"].as_str().expect("a key").to_owned()
}
