//! `rollcall certificate`: the files that it writes. That clients take the certificate is shown in `tls.rs`.

use crate::support::gateway::{fail, succeed};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The text of a path in `directory`.
fn path(directory: &TempDir, name: &str) -> String {
    directory.path().join(name).to_str().expect("a plain path").to_owned()
}

#[cfg(unix)]
fn mode(path: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn two_files_are_written_and_told_of() {
    let directory = TempDir::new().expect("a temporary directory");
    let (cert, key) = (path(&directory, "cert.pem"), path(&directory, "key.pem"));
    let arguments = ["certificate", "--host", "A.test", "--host", "[::1]", "--host", "a.test", "--days", "7"];
    let before = chrono::Utc::now().timestamp();
    let told = succeed(&[&arguments[..], &["--cert", &cert, "--key", &key]].concat(), b"");
    let told: Value = serde_json::from_str(&told).expect("one JSON line");
    assert_eq!((told["cert"].as_str(), told["key"].as_str()), (Some(&*cert), Some(&*key)));
    assert_eq!(told["hosts"], serde_json::json!(["a.test", "::1"]), "each once");
    let days = (told["expires_at"].as_i64().expect("a time") - before) / 86_400;
    assert_eq!(days, 7);
    let certificate = CertificateDer::from_pem_file(&cert).expect("a certificate");
    assert!(certificate.windows(6).any(|at| at == b"a.test"));
    PrivateKeyDer::from_pem_file(&key).expect("a key");
    #[cfg(unix)]
    assert_eq!((mode(&key), mode(&cert) & 0o700), (0o600, 0o600));
}

#[test]
fn nothing_is_replaced_unless_asked() {
    let directory = TempDir::new().expect("a temporary directory");
    let (cert, key) = (path(&directory, "cert.pem"), path(&directory, "key.pem"));
    for (there, other) in [(&cert, &key), (&key, &cert)] {
        fs::write(there, "precious").expect("written");
        let said = fail(1, &["certificate", "--cert", &cert, "--key", &key], b"");
        assert!(said.contains(there.as_str()) && said.contains("--force"), "{said}");
        assert_eq!(fs::read_to_string(there).expect("still there"), "precious");
        assert!(!Path::new(other).exists(), "nothing is written by halves");
        fs::remove_file(there).expect("removed");
    }
    // The mode of the new key is not that of what was there.
    fs::write(&key, "precious").expect("written");
    succeed(&["certificate", "--force", "--cert", &cert, "--key", &key], b"");
    let first = fs::read_to_string(&key).expect("written");
    #[cfg(unix)]
    assert_eq!(mode(&key), 0o600);
    succeed(&["certificate", "--force", "--cert", &cert, "--key", &key], b"");
    assert_ne!(fs::read_to_string(&key).expect("written"), first);
    assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 2, "no temporary file is left");
}

#[test]
fn what_cannot_be_written_is_said_in_words() {
    let directory = TempDir::new().expect("a temporary directory");
    let (one, missing) = (path(&directory, "one.pem"), path(&directory, "missing/cert.pem"));
    let dotted = path(&directory, "./one.pem");
    let said = fail(1, &["certificate", "--cert", &one, "--key", &dotted], b"");
    assert!(said.contains("two files"), "{said}");
    let said = fail(1, &["certificate", "--cert", &missing, "--key", &one], b"");
    assert!(said.contains("there is no directory"), "{said}");
    let said = fail(1, &["certificate", "--cert", "/", "--key", &one], b"");
    assert!(said.contains("names no file"), "{said}");
    // Replacing a directory fails when the key is written already.
    let occupied = path(&directory, "occupied");
    fs::create_dir(&occupied).expect("made");
    let said = fail(1, &["certificate", "--force", "--cert", &occupied, "--key", &one], b"");
    assert!(said.contains("cannot write") && said.contains("occupied"), "{said}");
    assert_eq!(
        fail(2, &["certificate", "--host", "a b", "--cert", &one, "--key", "x"], b"").matches("must be").count(),
        1
    );
}
