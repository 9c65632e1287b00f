//! TLS: where it is spoken, and the certificate and key, which can be read anew while connections are open.

use super::address;
use crate::settings;
use anyhow::{Context, anyhow, bail};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, ServerConfig};
use std::fs::File;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Where TLS is spoken, and with what.
pub struct Tls {
    /// Where.
    pub address: SocketAddr,
    /// With what.
    pub certificates: Arc<Certificates>,
}

impl Tls {
    /// What the settings say, with certificate and key read from their files; none when they say nothing of TLS. The
    /// three settings go together.
    pub fn of(settings: &settings::Server) -> anyhow::Result<Option<Self>> {
        let (cert, key) = (&settings.tls_cert, &settings.tls_key);
        let parts = [
            ("server.tls_listen (--tls-listen)", settings.tls_listen.is_empty()),
            ("server.tls_cert (--tls-cert)", cert.as_os_str().is_empty()),
            ("server.tls_key (--tls-key)", key.as_os_str().is_empty()),
        ];
        let those = |missing| {
            let names = parts.iter().filter(|(_, is)| *is == missing).map(|(name, _)| *name);
            names.collect::<Vec<_>>().join(" and ")
        };
        let (missing, given) = (those(true), those(false));
        if given.is_empty() {
            return Ok(None);
        }
        if !missing.is_empty() {
            bail!("TLS takes an address, a certificate and a key: {given} is set, but not {missing}");
        }
        let address = address(&settings.tls_listen)?;
        Ok(Some(Self { address, certificates: Arc::new(Certificates::read(cert, key)?) }))
    }

    /// What the web server needs to know. HTTP/1.1 alone is offered: the web server is built without HTTP/2, whose
    /// streams would need time limits of their own.
    pub(super) fn config(&self) -> anyhow::Result<ServerConfig> {
        let certificates = Arc::clone(&self.certificates);
        let config = ServerConfig::builder_with_provider(Arc::clone(&certificates.provider))
            .with_safe_default_protocol_versions()
            .context("TLS cannot be set up")?;
        Ok(config.with_no_client_auth().with_cert_resolver(certificates))
    }
}

/// A certificate (with those that lead to its authority) and its key, from two files.
#[derive(Debug)]
pub struct Certificates {
    cert: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads both files (PEM). Errors name the file and say what is wrong with it.
    pub fn read(cert: &Path, key: &Path) -> anyhow::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let current = RwLock::new(Arc::new(certified(cert, key, &provider)?));
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), provider, current })
    }

    /// Reads both files again, for the connections from now on. When they are bad, what was read before stays.
    pub fn read_again(&self) -> anyhow::Result<()> {
        let fresh = Arc::new(certified(&self.cert, &self.key, &self.provider)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Where the certificate is read from.
    pub fn path(&self) -> &Path {
        &self.cert
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn certified(cert: &Path, key: &Path, provider: &CryptoProvider) -> anyhow::Result<CertifiedKey> {
    let chain = chain(cert)?;
    let secret = private_key(key)?;
    let signing = provider.key_provider.load_private_key(secret).map_err(|_| {
        anyhow!("the key in {} is of no kind that can be used: ECDSA (P-256, P-384), Ed25519 or RSA", key.display())
    })?;
    let certified = CertifiedKey::new(chain, signing);
    match certified.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(Error::InconsistentKeys(_)) => bail!(
            "the key in {} does not belong to the certificate in {}, of which the first counts",
            key.display(),
            cert.display()
        ),
        Err(error) => Err(error).with_context(|| format!("the first certificate in {} is damaged", cert.display())),
    }
}

fn chain(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let text = text(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|_| anyhow!("{} is not well-formed PEM", path.display()))?;
    if chain.is_empty() {
        bail!("{} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", path.display());
    }
    Ok(chain)
}

/// What the library says of a key is left out, since it may quote it.
fn private_key(path: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    let text = text(path)?;
    let holds = |words: &[u8]| text.windows(words.len()).any(|at| at == words);
    if holds(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || holds(b"Proc-Type: 4,ENCRYPTED") {
        bail!("the key in {} is encrypted; write it without a passphrase (openssl pkey -in … -out …)", path.display());
    }
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            anyhow!("{} holds no private key in PEM (-----BEGIN PRIVATE KEY-----)", path.display())
        }
        _ => anyhow!("{} is not well-formed PEM", path.display()),
    })
}

/// The longest file that is read, in bytes: far more than any chain of certificates.
const LONGEST: u64 = 1 << 20;

fn text(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text));
    read.with_context(|| format!("cannot read {}", path.display()))?;
    if text.len() as u64 > LONGEST {
        bail!("{} is longer than {LONGEST} bytes, so it is no file of certificates or keys", path.display());
    }
    Ok(text)
}
