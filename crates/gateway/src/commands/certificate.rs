//! `rollcall certificate`: a self-signed certificate for development, and its key.

use crate::cli::{CertificateArgs, Host};
use anyhow::{Context, bail};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;
use time::{Duration, OffsetDateTime};

/// Clocks differ a little, between machines and between a machine and its containers.
const EARLIER: Duration = Duration::hours(1);

/// Makes both, writes both, and tells on stdout what was made, as one JSON line.
pub(super) fn run(args: &CertificateArgs) -> anyhow::Result<()> {
    // Told before anything is made; what appears meanwhile is not replaced either.
    if place(&args.cert)? == place(&args.key)? {
        bail!("--cert and --key are both {}; they must be two files", args.cert.display());
    }
    if !args.force {
        for path in [&args.cert, &args.key] {
            if fs::symlink_metadata(path).is_ok() {
                bail!("{} is there already; --force replaces it", path.display());
            }
        }
    }
    let mut hosts: Vec<Host> = Vec::new();
    for host in &args.hosts {
        if !hosts.contains(host) {
            hosts.push(host.clone());
        }
    }
    let now = OffsetDateTime::from_unix_timestamp(super::now())?;
    let end = now + Duration::days(args.days.into());
    let (certificate, key) = make(&hosts, now - EARLIER, end).context("cannot make a certificate")?;
    write(&args.key, &key, 0o600, args.force)?;
    if let Err(error) = write(&args.cert, &certificate, 0o644, args.force) {
        if !args.force {
            // A key alone is of no use, and would be in the way of the next try.
            let _ = fs::remove_file(&args.key);
        }
        return Err(error);
    }
    let hosts: Vec<String> = hosts.iter().map(Host::to_string).collect();
    let (cert, key) = (args.cert.display().to_string(), args.key.display().to_string());
    let made = serde_json::json!({ "cert": cert, "key": key, "hosts": hosts, "expires_at": end.unix_timestamp() });
    writeln!(std::io::stdout().lock(), "{made}").context("the certificate is made, but that cannot be told")
}

/// The certificate and its key, in PEM.
///
/// It is no authority (`CA:FALSE`): its key lies on the disk of a developer's machine, and could otherwise make
/// certificates for any host which those who trust it would take. Some verifiers (that of rustls) refuse an authority
/// as a server's certificate, too.
fn make(hosts: &[Host], begin: OffsetDateTime, end: OffsetDateTime) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.subject_alt_names = hosts
        .iter()
        .map(|host| match host {
            Host::Name(name) => Ok(SanType::DnsName(name.as_str().try_into()?)),
            Host::Address(address) => Ok(SanType::IpAddress(*address)),
        })
        .collect::<Result<_, rcgen::Error>>()?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "rollcall, for development");
    (params.not_before, params.not_after) = (begin, end);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // All of them bear the same name. A client that trusts several finds the right one by its key.
    params.use_authority_key_identifier_extension = true;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Where a file is or will be, so that two ways to write one path are the same.
fn place(path: &Path) -> anyhow::Result<PathBuf> {
    let name = path.file_name().with_context(|| format!("`{}` names no file", path.display()))?;
    let directory = directory(path);
    let real = fs::canonicalize(directory);
    Ok(real.with_context(|| format!("there is no directory {}", directory.display()))?.join(name))
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file that appears only when it is whole, with this mode (as far as the umask lets it).
fn write(path: &Path, text: &str, mode: u32, replace: bool) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file = temporary(directory(path), mode).with_context(cannot)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).with_context(cannot)?;
    let written = if replace { file.persist(path) } else { file.persist_noclobber(path) };
    written.map(|_| ()).map_err(|error| error.error).with_context(cannot)
}

#[cfg(unix)]
fn temporary(directory: &Path, mode: u32) -> std::io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(mode)).tempfile_in(directory)
}

#[cfg(not(unix))]
fn temporary(directory: &Path, _: u32) -> std::io::Result<NamedTempFile> {
    NamedTempFile::new_in(directory)
}
