//! The TLS side of a client: whom we trust, who we are, and which library computes.
//! The rest of the connection belongs to `client`. Nothing global is installed, so a program that uses
//! another provider beside us is not disturbed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::route::destination::{ClientIdentity, ConnectionProfile};

/// Why a profile's TLS settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is missing, unreadable or no PEM.
    #[error("cannot read {}", path.display())]
    File {
        /// As configured.
        path: PathBuf,
        /// What the reader said.
        source: PemError,
    },
    /// A PEM file without what is expected in it.
    #[error("there is no certificate in {}", path.display())]
    Empty {
        /// As configured.
        path: PathBuf,
    },
    /// A certificate or key that the library refuses.
    #[error("cannot use {}", path.display())]
    Unusable {
        /// As configured.
        path: PathBuf,
        /// What the library said.
        source: rustls::Error,
    },
    /// The cryptography does not offer what TLS needs.
    #[error("cannot set TLS up")]
    Provider(#[source] rustls::Error),
}

/// Whether the machine told us whom to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SystemRoots {
    Found,
    Missing,
}

/// A profile's TLS settings, ready for use.
pub(super) struct Tls {
    pub(super) config: ClientConfig,
    pub(super) roots: SystemRoots,
}

impl Tls {
    /// Trusts the system's authorities and those of `ca_file`; shows the client's certificate where asked.
    ///
    /// A machine without authorities, such as a bare container, is no error here: `http` destinations and
    /// those of a `ca_file` work, all others fail with a text that says what is missing.
    pub(super) fn new(profile: &ConnectionProfile) -> Result<Self, TlsError> {
        let mut trusted = RootCertStore::empty();
        // The system's store may hold certificates that are too old to parse; the others still count.
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let roots = if trusted.is_empty() { SystemRoots::Missing } else { SystemRoots::Found };
        if let Some(path) = &profile.ca_file {
            for certificate in certificates(path)? {
                trusted.add(certificate).map_err(unusable(path))?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Provider)?
            .with_root_certificates(trusted);
        let mut config = match &profile.client_identity {
            None => builder.with_no_client_auth(),
            Some(ClientIdentity { cert_file, key_file }) => builder
                .with_client_auth_cert(certificates(cert_file)?, private_key(key_file)?)
                .map_err(unusable(cert_file))?,
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config, roots })
    }
}

/// Says in a few words what was wrong with a handshake.
pub(super) fn explain(error: &rustls::Error, roots: SystemRoots) -> String {
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the certificate has expired".into(),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "the certificate is not valid yet".into()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "the certificate is for another name".into()
            }
            CertificateError::UnknownIssuer if roots == SystemRoots::Missing => {
                "this machine has no certificate authorities; install ca-certificates or set tls.ca_file".into()
            }
            CertificateError::UnknownIssuer => "the certificate is self-signed or its issuer is not trusted".into(),
            other => format!("the certificate is not accepted: {other}"),
        },
        rustls::Error::InvalidMessage(_) => "what came back is not TLS".into(),
        rustls::Error::AlertReceived(alert) => format!("the receiver refused with the alert {alert:?}"),
        other => other.to_string(),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found =
        CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(file(path))?;
    if found.is_empty() {
        return Err(TlsError::Empty { path: path.to_owned() });
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(file(path))
}

fn file(path: &Path) -> impl FnOnce(PemError) -> TlsError {
    let path = path.to_owned();
    |source| TlsError::File { path, source }
}

fn unusable(path: &Path) -> impl FnOnce(rustls::Error) -> TlsError {
    let path = path.to_owned();
    |source| TlsError::Unusable { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_authorities_is_told_to_install_them() {
        let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert!(explain(&unknown, SystemRoots::Missing).contains("install ca-certificates"));
        assert!(!explain(&unknown, SystemRoots::Found).contains("install ca-certificates"));
    }
}
