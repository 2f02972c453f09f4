//! Certificate and key, from two PEM files to what encrypts a connection.

use std::fs::File;
use std::io::{self, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};

/// Why connections cannot be encrypted with these files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is missing", .0.display())]
    Missing(PathBuf),
    #[error("{} cannot be read: {fault}", file.display())]
    Unreadable { file: PathBuf, fault: io::Error },
    #[error("{} is not well-formed PEM: {fault}", file.display())]
    Malformed { file: PathBuf, fault: String },
    #[error("{} has no certificate in it", .0.display())]
    NoCertificate(PathBuf),
    #[error("{} has no private key in it (one without a passphrase is needed)", .0.display())]
    NoKey(PathBuf),
    #[error("{} may be used by others (mode {mode:04o}): take their rights away, for example with chmod 600", file.display())]
    Exposed { file: PathBuf, mode: u32 },
    #[error("the key in {} does not belong to the first certificate in {}", key.display(), chain.display())]
    Strangers { chain: PathBuf, key: PathBuf },
    #[error("the certificate in {} or the key in {} is of no use: {fault}", chain.display(), key.display())]
    Unusable {
        chain: PathBuf,
        key: PathBuf,
        fault: rustls::Error,
    },
}

/// Reads a chain of certificates, the service's own first, and its key: TLS 1.2 and 1.3, HTTP/1.1 only.
///
/// # Errors
/// When a file is missing, has not in it what it should, or when the key may be read by others or is of another
/// certificate.
pub fn read(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>, Error> {
    let unusable = |fault| Error::Unusable {
        chain: chain.to_owned(),
        key: key.to_owned(),
        fault,
    };
    let certificates = certificates(chain)?;
    let secret = secret(key)?;
    // Named here, since no choice of a whole program is relied on.
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, secret)
        .map_err(|fault| match fault {
            rustls::Error::InconsistentKeys(_) => Error::Strangers {
                chain: chain.to_owned(),
                key: key.to_owned(),
            },
            fault => unusable(fault),
        })?;
    // Old desktop clients need HTTP/1.1's spelling of header names, so nothing else is offered.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Vec<_> = CertificateDer::pem_reader_iter(BufReader::new(open(file)?))
        .collect::<Result<_, _>>()
        .map_err(|fault| broken(file, fault))?;
    if certificates.is_empty() {
        return Err(Error::NoCertificate(file.to_owned()));
    }
    Ok(certificates)
}

fn secret(file: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let opened = open(file)?;
    // Of what was opened, so that it cannot be another file that is looked at. A group may read: on some systems that is
    // how a service without other rights gets its key.
    let about = opened.metadata().map_err(|fault| unreadable(file, fault))?;
    let mode = about.permissions().mode() & 0o7777;
    if mode & 0o027 != 0 {
        return Err(Error::Exposed {
            file: file.to_owned(),
            mode,
        });
    }
    PrivateKeyDer::from_pem_reader(BufReader::new(opened)).map_err(|fault| match fault {
        pem::Error::NoItemsFound => Error::NoKey(file.to_owned()),
        fault => broken(file, fault),
    })
}

fn open(file: &Path) -> Result<File, Error> {
    File::open(file).map_err(|fault| match fault.kind() {
        io::ErrorKind::NotFound => Error::Missing(file.to_owned()),
        _ => unreadable(file, fault),
    })
}

fn unreadable(file: &Path, fault: io::Error) -> Error {
    Error::Unreadable {
        file: file.to_owned(),
        fault,
    }
}

fn broken(file: &Path, fault: pem::Error) -> Error {
    match fault {
        pem::Error::Io(fault) => unreadable(file, fault),
        fault => Error::Malformed {
            file: file.to_owned(),
            fault: fault.to_string(),
        },
    }
}
