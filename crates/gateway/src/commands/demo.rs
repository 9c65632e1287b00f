//! What `serve --demo` does beside serving: the sample data, fresh credentials, and lines to try them with.

use super::credential::{every, fresh_password, make, person};
use crate::cli::KeyScope;
use crate::issue::{Client, Wanted};
use crate::settings::Dialects;
use access::{CredentialKind, CredentialQuery, Vault};
use anyhow::{Context, bail};
use membership::By;
use membership::sample::{GROUP_GUID, GROUP_ID, GROUP_NUMBER, NDJSON};
use std::net::SocketAddr;
use store::Store;
use store::import::{Format, ImportOptions, Spool};

/// Noted with every credential that the demo makes, so that the next start finds and revokes it.
const MARK: &str = "rollcall-demo";
/// What the clients are called to which one can consent.
const CLIENT_NAME: &str = "The demo of rollcall";
/// Whose token the Elance line bears, and who signs in.
const ELANCE_LOGIN: &str = "synapseindia";
/// Through whose eyes the CometChat line sees.
const COMETCHAT_VIEWER: &str = "superhero4";

/// The demo prints credentials, so nobody else may reach it.
pub(super) fn check_address(address: SocketAddr) -> anyhow::Result<()> {
    if !address.ip().is_loopback() {
        bail!("--demo prints its credentials, so it listens on a loopback address only, not on {address}");
    }
    Ok(())
}

/// Loads the sample data. Refused on a store that holds anything but an earlier demo.
pub(super) fn load(store: &Store) -> anyhow::Result<()> {
    if !store.is_demo()? {
        if !store.is_empty()? {
            bail!("--demo works on an empty store or one that it has made itself; {} holds other data", store.url());
        }
        // Marked first: a demo that was interrupted while it loaded can be started again.
        store.mark_demo()?;
    }
    let mut spool = Spool::new()?;
    spool.read("sample", &mut NDJSON.as_bytes(), Format::Ndjson, &mut |_| ())?;
    let options = ImportOptions { dry_run: false, skip_bad: false, by: By::system(super::now()) };
    let report = store.import(&mut spool, &options, &mut |_| ())?;
    if let Some(bad) = report.bad.first() {
        bail!("the sample data cannot be loaded: line {}, column {}: {}", bad.line, bad.column, bad.problem);
    }
    Ok(())
}

/// Revokes the credentials of the demo before, makes new ones and gives one line for the shell for each enabled
/// dialect, then one for the admin listener, if there is one, and at last one for each dialect that tells how to sign in
/// and consent to a client.
pub(super) fn lines(
    store: &Store,
    dialects: &Dialects,
    bound: SocketAddr,
    admin: Option<SocketAddr>,
) -> anyhow::Result<Vec<String>> {
    for old in every(store, CredentialQuery::all(super::now())) {
        let old = old?;
        let is_ours = old.client_id == MARK || old.kind == CredentialKind::Client && old.agreed.name == CLIENT_NAME;
        if is_ours && old.revoked_at.is_none() {
            store
                .revoke(&By::system(super::now()), old.id)
                .context("a credential of the demo before cannot be revoked")?;
        }
    }
    let base = format!("http://{bound}");
    let mut lines = Vec::new();
    if dialects.elance.enabled {
        let token = make(store, Wanted::Elance(person(store, ELANCE_LOGIN)?), MARK)?;
        let path = format!("{}/api2/groups/{GROUP_NUMBER}/members", dialects.elance.prefix);
        lines.push(curl(&[], &format!("{base}{path}?access_token={}&rpp=3", token.secret())));
    }
    if dialects.rm.enabled {
        let token = make(store, Wanted::RmToken, MARK)?;
        let path = format!("{}/api/Organization/groups/{GROUP_ID}/members", dialects.rm.prefix);
        let header = format!("Authorization: OAuth2 {}", token.secret());
        lines.push(curl(&[header], &format!("{base}{path}?page_size=3&$filter=startswith(Name,%27J%27)")));
    }
    if dialects.cometchat.enabled {
        let key = make(store, Wanted::Cometchat(KeyScope::FullAccess), MARK)?;
        let path = format!("{}/v3/groups/{GROUP_GUID}/members", dialects.cometchat.prefix);
        let headers = [format!("apikey: {}", key.secret()), format!("onBehalfOf: {COMETCHAT_VIEWER}")];
        lines.push(curl(&headers, &format!("{base}{path}?perPage=4&searchKey=superhero")));
    }
    if let Some(admin) = admin {
        let key = make(store, Wanted::Admin, MARK)?;
        let header = format!("Authorization: Bearer {}", key.secret());
        lines.push(curl(&[header], &format!("http://{admin}/admin/v1/groups/guid:{GROUP_GUID}/members?page_size=3")));
    }
    lines.extend(sign_in_lines(store, dialects, bound)?);
    Ok(lines)
}

/// How to sign in as the demo's person, whose password is made up anew, and to consent to a client. The browser is sent
/// back to the gateway itself, which has nothing to show there, but the code stands in the address.
fn sign_in_lines(store: &Store, dialects: &Dialects, bound: SocketAddr) -> anyhow::Result<Vec<String>> {
    let callback = format!("http://{bound}/signed-in");
    let client = || Client {
        name: CLIENT_NAME.to_owned(),
        redirect_uris: vec![callback.clone(), "http://localhost:3000/connect/elance/callback".to_owned()],
    };
    let (elance, rm) = (&dialects.elance, &dialects.rm);
    let mut flows = Vec::new();
    if elance.enabled {
        let below = format!("http://{bound}{}/api2/oauth", elance.prefix);
        flows.push((Wanted::ElanceClient(client()), format!("{below}/authorize"), format!("{below}/token")));
    }
    if rm.enabled {
        let below = format!("http://{bound}{}/APIIntegration", rm.prefix);
        flows.push((Wanted::Rm(client()), format!("{below}/AuthorizeFeatures"), format!("{below}/Token")));
    }
    if flows.is_empty() {
        return Ok(Vec::new());
    }
    let password = fresh_password(store, person(store, ELANCE_LOGIN)?)?;
    let line = |(wanted, authorize, token): (Wanted, String, String)| {
        let made = make(store, wanted, MARK)?;
        let id = made.credential.client_id.as_str();
        let form = ["grant_type=authorization_code", &format!("client_id={id}"), "code=CODE"];
        let form = form.map(|field| format!(" -d {field}")).concat();
        anyhow::Ok(format!(
            "to sign in, open {authorize}?client_id={id}&response_type=code as {ELANCE_LOGIN} with the password {}; take \
             CODE from the address in the end: curl -sg{form} -d client_secret={} {}",
            password.reveal(),
            made.secret(),
            quoted(&token)
        ))
    };
    flows.into_iter().map(line).collect()
}

/// A line for the shell. `-g` keeps curl from reading brackets, as of an IPv6 address, as patterns.
fn curl(headers: &[String], url: &str) -> String {
    let headers: String = headers.iter().map(|header| format!(" -H {}", quoted(header))).collect();
    format!("curl -sg{headers} {}", quoted(url))
}

/// Quoted for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_quoted_for_the_shell() {
        assert_eq!(
            curl(&["apikey: a b".into()], "http://[::1]:1/x?a=1|2&$b"),
            "curl -sg -H 'apikey: a b' 'http://[::1]:1/x?a=1|2&$b'"
        );
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }

    #[test]
    fn only_loopback_will_do() {
        for (address, good) in [
            ("127.0.0.1:0", true),
            ("127.9.9.9:80", true),
            ("[::1]:80", true),
            ("0.0.0.0:80", false),
            ("[::]:80", false),
        ] {
            assert_eq!(check_address(address.parse().expect("an address")).is_ok(), good, "{address}");
        }
    }
}
