//! Credentials of lesser rights and of few groups in every dialect, passwords, and that no secret is at rest anywhere.

use crate::support::admin::Admin;
use crate::support::gateway::{Database, Gateway, fail, succeed};
use crate::support::http::{Client, Response};
use crate::support::keys::{Dialect, Keys, create, exchange, word};
use crate::support::postgres::Server;
use access::{Consent, Exchange, ExchangeError, PasswordHash, Proof, RedirectRule, Rights, Secret, Vault};
use membership::sample::NDJSON;
use membership::{Directory, PersonKey};
use std::fs;
use std::path::Path;
use store::Store;

const GROUP: &str = "/api/Organization/groups/6fe49ce4-56d4-475f-9483-1adca6b2976c";
const OTHER: &str = "/api/Organization/groups/00000000-0000-4000-8000-0000000000c5";

/// A second group of whose members nobody else knows, and two persons.
const MORE: &str = r#"{"kind":"person","number":9001,"id":"00000000-0000-4000-8000-000000009001","login":"hidden","name":"Hidden"}
{"kind":"group","number":77,"id":"00000000-0000-4000-8000-0000000000c5","guid":"chess","name":"Chess"}
{"kind":"membership","group":{"number":77},"person":{"number":9001}}
"#;

/// Keys for all dialects with this scope, limited to these groups.
fn keys(database: &Database, gateway: &Gateway, more: &[&str]) -> Keys {
    let made = |first: &[&str]| create(database, &[first, more].concat());
    let client = made(&["rm"]);
    Keys {
        elance: word(&made(&["elance", "--login", "synapseindia"]), "access_token"),
        rm: exchange(&mut gateway.client(), &word(&client, "client_id"), &word(&client, "client_secret")),
        cometchat: word(&made(&["cometchat"]), "apikey"),
    }
}

/// The word that stands for the error, in each dialect's own shape.
fn code(dialect: Dialect, response: &Response) -> String {
    let json = response.json();
    let code = match dialect {
        Dialect::Elance => &json["errors"][0]["code"],
        Dialect::Rm => &json["error"],
        Dialect::CometChat => &json["error"]["code"],
    };
    code.as_str().unwrap_or_else(|| panic!("no code: {}", response.text())).to_owned()
}

const DENIED: [(Dialect, &str); 3] = [
    (Dialect::Elance, "E_API_NOT_AUTHORIZED"),
    (Dialect::Rm, "access_denied"),
    (Dialect::CometChat, "AUTH_ERR_NO_ACCESS"),
];

fn is_denied(dialect: Dialect, response: &Response, what: &str) {
    assert_eq!(response.status, 403, "{what}: {}", response.text());
    let expected = DENIED.iter().find(|(of, _)| *of == dialect).expect("all three").1;
    assert_eq!(code(dialect, response), expected, "{what}");
}

fn send(keys: &Keys, client: &mut Client, (dialect, method, path, body): (Dialect, &str, &str, &str)) -> Response {
    let own = keys.headers(dialect);
    let mut headers: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if !body.is_empty() {
        headers.push(("Content-Type", "application/json"));
    }
    client.send(method, path, &headers, body.as_bytes())
}

#[test]
fn a_key_that_may_only_read_changes_nothing() {
    use Dialect::{CometChat, Elance, Rm};
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Gateway::serve(&database);
        let mut client = gateway.client();
        let keys = keys(&database, &gateway, &["--scope", "read"]);
        for (dialect, path) in [
            (Elance, "/api2/groups/1116/members".to_owned()),
            (Elance, "/api2/groups".to_owned()),
            (Rm, format!("{GROUP}/members")),
            (Rm, "/api/Organization/people".to_owned()),
            (CometChat, "/v3/groups/supergroup/members".to_owned()),
            (CometChat, "/v3/users".to_owned()),
        ] {
            assert_eq!(send(&keys, &mut client, (dialect, "GET", &path, "")).status, 200, "{path}");
        }
        let before = succeed(&["export", "--database", &database.url], b"");
        for (dialect, method, path, body) in [
            (Elance, "POST", "/api2/groups/1116/members/me", ""),
            (Elance, "DELETE", "/api2/groups/1116/members/me", ""),
            (Rm, "POST", "/api/Organization/groups", r#"{"Name":"x"}"#),
            (Rm, "PUT", GROUP, r#"{"Name":"x"}"#),
            (Rm, "DELETE", GROUP, ""),
            (Rm, "POST", "/api/Organization/people", r#"{"Name":"x","Email":"x@example.com"}"#),
            (CometChat, "POST", "/v3/groups", r#"{"guid":"x","name":"x","type":"public"}"#),
            (CometChat, "DELETE", "/v3/groups/supergroup", ""),
            (CometChat, "DELETE", "/v3/groups/supergroup/members/superhero4", ""),
            (CometChat, "POST", "/v3/users", r#"{"uid":"x","name":"x"}"#),
            (CometChat, "POST", "/v3/users/superhero4/auth_tokens", "{}"),
        ] {
            is_denied(dialect, &send(&keys, &mut client, (dialect, method, path, body)), path);
        }
        assert_eq!(succeed(&["export", "--database", &database.url], b""), before);
    }
}

#[test]
fn a_key_of_one_group_sees_no_other() {
    use Dialect::{CometChat, Elance, Rm};
    for database in Database::both() {
        database.import(NDJSON);
        database.import(MORE);
        let gateway = Gateway::serve(&database);
        let mut client = gateway.client();
        let keys = keys(&database, &gateway, &["--scope", "write", "--group", "supergroup"]);
        for (dialect, path) in [
            (Elance, "/api2/groups/1116/members".to_owned()),
            (Elance, "/api2/groups".to_owned()),
            (Elance, "/api2/groups/1116".to_owned()),
            (Rm, "/api/Organization/groups".to_owned()),
            (Rm, format!("{GROUP}/members")),
            (Rm, format!("{GROUP}/members/count")),
            (CometChat, "/v3/groups".to_owned()),
            (CometChat, "/v3/groups/supergroup/members".to_owned()),
            (CometChat, "/v3/users/superhero4".to_owned()),
        ] {
            let response = send(&keys, &mut client, (dialect, "GET", &path, ""));
            assert_eq!(response.status, 200, "{path}: {}", response.text());
            assert!(!response.text().contains("Chess") && !response.text().contains("Hidden"), "{path}");
        }
        let members = format!("{OTHER}/members");
        for (dialect, method, path, body) in [
            (Elance, "GET", "/api2/groups/77/members", ""),
            (Elance, "GET", "/api2/groups/77", ""),
            (Elance, "GET", "/api2/groups/78", ""),
            (Elance, "GET", "/api2/groups/77/jobs", ""),
            (Elance, "POST", "/api2/groups/77/members/me", ""),
            (Rm, "GET", OTHER, ""),
            (Rm, "GET", &members, ""),
            (Rm, "DELETE", OTHER, ""),
            (Rm, "GET", "/api/Organization/people", ""),
            (Rm, "GET", "/api/Organization/people/00000000-0000-4000-8000-000000009001", ""),
            (Rm, "POST", "/api/Organization/groups", r#"{"Name":"x"}"#),
            (CometChat, "GET", "/v3/groups/chess", ""),
            (CometChat, "GET", "/v3/groups/none", ""),
            (CometChat, "GET", "/v3/groups/chess/members", ""),
            (CometChat, "GET", "/v3/users", ""),
            (CometChat, "GET", "/v3/users/hidden", ""),
            (CometChat, "DELETE", "/v3/groups/chess", ""),
        ] {
            is_denied(dialect, &send(&keys, &mut client, (dialect, method, path, body)), path);
        }
        // What it makes reaches no farther than itself.
        let full = ["cometchat", "--group", "supergroup"];
        let full = Keys { cometchat: word(&create(&database, &full), "apikey"), ..keys.clone() };
        let minted = send(&full, &mut client, (CometChat, "POST", "/v3/users/superhero4/auth_tokens", "{}"));
        assert_eq!(minted.status, 200, "{}", minted.text());
        let token = word(&minted.json()["data"], "authToken");
        let headers = [("authtoken", token.as_str())];
        assert_eq!(client.get("/v3/groups/supergroup/members", &headers).status, 200);
        assert_eq!(client.get("/v3/groups/chess/members", &headers).status, 403);
    }
}

#[test]
fn a_credential_ends_when_it_was_said() {
    let database = Database::sqlite();
    database.import(NDJSON);
    let listed = || succeed(&["credential", "list", "--database", &database.url], b"");
    create(&database, &["admin", "--expires", "30"]);
    let line: serde_json::Value = serde_json::from_str(&listed()).expect("one line");
    let lifetime = line["expires_at"].as_i64().expect("an end") - line["created_at"].as_i64().expect("a time");
    assert_eq!(lifetime, 30 * 86_400);
    create(&database, &["rm", "--expires-at", "2100-01-01T00:00:00Z"]);
    assert!(listed().contains("\"expires_at\":4102444800"));
    let said = fail(1, &["credential", "create", "admin", "--expires-at", "1000", "--database", &database.url], b"");
    assert!(said.contains("to come"), "{said}");
    let said = fail(1, &["credential", "create", "admin", "--group", "none", "--database", &database.url], b"");
    assert!(said.contains("no group"), "{said}");
}

/// Stored in the files of the database, and what a dump of it shows.
fn at_rest(database: &Database) -> Vec<u8> {
    let Some(path) = database.url.strip_prefix("sqlite://") else {
        return Server::shared().dump(&database.url);
    };
    let directory = Path::new(path).parent().expect("a directory");
    let files = fs::read_dir(directory).expect("a directory").map(|file| file.expect("a file").path());
    files.flat_map(|file| fs::read(file).expect("readable")).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_secret_is_at_rest() {
    for database in Database::both() {
        database.import(NDJSON);
        let gateway = Gateway::serve(&database);
        let mut secrets = Vec::new();
        let everything = Keys::make(&database, &gateway, "synapseindia");
        secrets.extend([everything.elance.clone(), everything.rm, everything.cometchat]);
        secrets.push(word(&create(&database, &["rm"]), "client_secret"));
        secrets.push(word(&create(&database, &["admin"]), "admin_key"));
        let address = "https://app.example/callback";
        let made = create(&database, &["elance", "--client", "--name", "App", "--redirect-uri", address]);
        let secret = word(&made, "client_secret");
        secrets.push(secret.clone());
        for (arguments, input) in [(&[][..], "a password of many letters\n"), (&["--generate"], "")] {
            let password = ["credential", "password", "synapseindia", "--database", &database.url];
            let told = succeed(&[&password, arguments].concat(), input.as_bytes());
            if input.is_empty() {
                secrets.push(word(&serde_json::from_str(&told).expect("JSON"), "password"));
            } else {
                assert_eq!(told, "", "nothing is told");
                secrets.push(input.trim_end().to_owned());
            }
        }
        // A token in a query, and one in the header, and a wrong one.
        let target = format!("/api2/groups/1116/members?access_token={}", everything.elance);
        assert_eq!(gateway.client().get(&target, &[]).status, 200);
        secrets.push("f".repeat(24) + "|1|aSecretOfNobodyAtAllXX");
        let target = format!("/api2/groups/1116/members?access_token={}", secrets[secrets.len() - 1]);
        assert_eq!(gateway.client().get(&target, &[]).status, 401);

        let store = Store::open(&store::Settings::new(database.url.parse().expect("a URL"))).expect("opens");
        let (client, hash) = store.client("elance", &word(&made, "client_id")).expect("asked").expect("found");
        assert_eq!(hash, Secret::presented(secret).hash());
        let person = store.person(&PersonKey::Login("synapseindia".into())).expect("asked").expect("found").number;
        let now = client.created_at;
        let fresh = || Secret::alphanumeric().expect("random bits");
        let [code, access, refresh, verifier] = [fresh(), fresh(), fresh(), fresh()];
        let consent = Consent {
            client: &client,
            person,
            rights: Rights::USER,
            scope: "basicInfo",
            redirect_uri: Some(address),
            code_challenge: Some(verifier.hash()),
            code: code.hash(),
            now,
        };
        store.consent(&membership::By::system(1_000), &consent).expect("kept");
        let exchange = Exchange {
            client: &client,
            proof: Proof::Code {
                code: code.hash(),
                redirect_uri: Some(address),
                rule: RedirectRule::Repeated,
                verifier: Some(&verifier),
            },
            access: access.hash(),
            access_expires_at: Some(now + 60),
            refresh: refresh.hash(),
            refresh_expires_at: None,
            now,
        };
        store.exchange(&exchange).expect("exchanged");
        let again = store.exchange(&exchange).expect_err("reused");
        assert!(matches!(again, ExchangeError::Refused(_)), "{again}");
        let shown = format!("{consent:?} {exchange:?} {again:?} {again} {client:?}");
        secrets.extend([&code, &access, &refresh, &verifier].map(|secret| secret.reveal().to_owned()));

        let dump = at_rest(&database);
        assert!(holds(&dump, "SynapseIndia") || holds(&dump, "synapseindia"), "there is something to look through");
        assert!(holds(&dump, &access.hash().to_hex()), "and the hashes are there");
        let exported = succeed(&["export", "--database", &database.url], b"");
        let listed = succeed(&["credential", "list", "--database", &database.url], b"");
        assert!(!exported.contains("argon2") && !listed.contains("argon2"));
        assert!(holds(&dump, "$argon2id$"), "passwords are there as slow hashes");
        for secret in &secrets {
            // Of a token with a public beginning it is the end that is secret.
            let secret = secret.rsplit('|').next().expect("an end");
            for (place, text) in [
                ("database", &dump[..]),
                ("export", exported.as_bytes()),
                ("list", listed.as_bytes()),
                ("log", gateway.log().as_bytes()),
                ("debug", shown.as_bytes()),
            ] {
                assert!(!holds(text, secret), "{}: {secret} is in the {place}", database.name);
            }
        }
    }
}

#[test]
fn no_token_in_a_misspelt_path_is_logged() {
    let database = Database::sqlite();
    let gateway = Gateway::serve(&database);
    for path in
        ["/v3/users/u/%61uth_tokens/TOKEN", "/v3/users/u/Auth_Tokens/TOKEN", "/chat/v3/users/u/auth_tokens/TOKEN"]
    {
        assert_eq!(gateway.client().get(path, &[("apikey", "x")]).status, 404, "{path}");
    }
    assert_eq!(Admin::of(&gateway, &database).get("/x/TOKEN").status, 404);
    gateway.logs(0, "path=/admin/… status=404");
    gateway.logs(0, "path=/chat/… status=404");
    assert!(!gateway.log().contains("TOKEN"), "{}", gateway.log());
}

#[test]
fn a_password_is_set_and_forgotten_on_the_command_line() {
    for database in Database::both() {
        database.import(NDJSON);
        let store = Store::open(&store::Settings::new(database.url.parse().expect("a URL"))).expect("opens");
        let kept = || -> Option<PasswordHash> {
            store.password_of("SYNAPSEINDIA").expect("asked").expect("a person").password
        };
        let of = |login| ["credential", "password", login, "--database", &database.url];
        let set = of("synapseindia");
        succeed(&set, "sésame 8\r\n".as_bytes());
        assert!(kept().is_some_and(|hash| hash.is_of("sésame 8")));
        for (input, told) in [
            (&b"short"[..], "at least 8"),
            (b"", "at least 8"),
            (b"two lines\nof it", "control"),
            (&[b'x'; 1_025], "at most 1024"),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", "cannot read"),
        ] {
            let said = fail(1, &set, input);
            assert!(said.contains(told), "{said}");
            assert!(kept().is_some_and(|hash| hash.is_of("sésame 8")), "it stays");
        }
        let said = fail(1, &of("nobody"), b"a password");
        assert!(said.contains("nobody"), "{said}");
        succeed(&[&set[..], &["--remove"]].concat(), b"");
        assert_eq!(kept(), None);
    }
}
