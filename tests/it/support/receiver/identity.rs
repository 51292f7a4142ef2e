//! Certificates made for one test: an authority, and identities that are right or wrong in one way.
//! Nothing is kept on disk but what a test writes there itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;

/// A certificate authority of a test.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// What a server shows.
#[derive(Clone)]
pub struct Identity {
    config: Arc<ServerConfig>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names are valid names");
        // A name of its own, so that two authorities are not taken for one.
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test authority {}", MADE.fetch_add(1, Ordering::Relaxed));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("it signs itself");
        Self { issuer }
    }

    /// Its certificate, PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server's identity for a name or address.
    pub fn identity(&self, name: &str) -> Identity {
        let (chain, key) = self.sign(named(name));
        Identity::new(chain, key)
    }

    /// One whose time is over.
    pub fn expired(&self, name: &str) -> Identity {
        let mut params = named(name);
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
        let (chain, key) = self.sign(params);
        Identity::new(chain, key)
    }

    /// One that asks the client for a certificate of this same authority.
    pub fn asking(&self, name: &str) -> Identity {
        let mut roots = tokio_rustls::rustls::RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("an authority is a root");
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), default_provider().into());
        let verifier = verifier.build().expect("there is a root");
        let (chain, key) = self.sign(named(name));
        let config = builder().with_client_cert_verifier(verifier).with_single_cert(chain, key);
        Identity { config: Arc::new(config.expect("the key fits")) }
    }

    /// A client's certificate and key, PEM.
    pub fn client_pem(&self) -> (String, String) {
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = named("client").signed_by(&key, &self.issuer).expect("it signs");
        (certificate.pem(), key.serialize_pem())
    }

    fn sign(&self, params: CertificateParams) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.signed_by(&key, &self.issuer).expect("it signs");
        (vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }
}

impl Identity {
    /// One that nobody vouches for.
    pub fn self_signed(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = named(name).self_signed(&key).expect("it signs itself");
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        Self::new(vec![certificate.der().clone()], key)
    }

    pub(super) fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Self {
        let config = builder().with_no_client_auth().with_single_cert(chain, key);
        Self { config: Arc::new(config.expect("the key fits")) }
    }
}

fn named(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).expect("a valid name")
}

fn builder() -> tokio_rustls::rustls::ConfigBuilder<ServerConfig, tokio_rustls::rustls::WantsVerifier> {
    ServerConfig::builder_with_provider(default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("the provider has the default versions")
}
