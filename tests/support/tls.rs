//! Certificates made by the program, and a TLS client that trusts one of them and no other.

use super::gateway::{Gateway, succeed};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use tempfile::TempDir;

/// A TLS connection.
pub type Secure = StreamOwned<ClientConnection, TcpStream>;

/// A certificate and its key, in files that `rollcall certificate` wrote.
pub struct Files {
    /// File of the certificate.
    pub cert: String,
    /// File of the key.
    pub key: String,
    directory: TempDir,
}

impl Files {
    /// For the default hosts.
    pub fn make() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let path = |name| directory.path().join(name).to_str().expect("a plain path").to_owned();
        let files = Self { cert: path("cert.pem"), key: path("key.pem"), directory };
        succeed(&["certificate", "--cert", &files.cert, "--key", &files.key], b"");
        files
    }

    /// The path of a further file with this text.
    pub fn with(&self, name: &str, text: &[u8]) -> String {
        let path = self.directory.path().join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("a plain path").to_owned()
    }

    /// Takes over what stands in the files of another.
    pub fn become_like(&self, other: &Self) {
        fs::copy(&other.cert, &self.cert).expect("copied");
        fs::copy(&other.key, &self.key).expect("copied");
    }

    /// A client that trusts this certificate as it is now.
    pub fn trusting(&self) -> Arc<ClientConfig> {
        self.trusting_by(&[&TLS13, &TLS12])
    }

    /// The same, speaking these versions only.
    pub fn trusting_by(&self, versions: &[&'static rustls::SupportedProtocolVersion]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.cert).expect("a certificate")).expect("fit to be trusted");
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(versions)
            .expect("known versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }

    /// `serve` with https on a free port, and these further arguments and variables. With the address of https.
    pub fn serve(&self, arguments: &[&str], environment: &[(&str, &str)]) -> (Gateway, SocketAddr) {
        let ours = ["--tls-listen", "127.0.0.1:0", "--tls-cert", &self.cert, "--tls-key", &self.key];
        let gateway = Gateway::start(&[&ours[..], arguments].concat(), environment);
        let line = gateway.line();
        let address =
            line.strip_prefix("listening on https://").unwrap_or_else(|| panic!("the second line is `{line}`"));
        let address = address.parse().expect("an address and a port");
        (gateway, address)
    }
}

/// Shakes hands.
pub fn shake(mut stream: TcpStream, host: &str, config: &Arc<ClientConfig>) -> io::Result<Secure> {
    let name = ServerName::try_from(host.to_owned()).expect("a name or an address");
    let mut connection = ClientConnection::new(Arc::clone(config), name).expect("a client");
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}
