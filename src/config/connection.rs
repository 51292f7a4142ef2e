//! How a destination's connections are made: proxy, networks, certificates. Whether a certificate
//! is any good is found out when it is used; here its file must exist and look like PEM.

use std::path::PathBuf;

use crate::route::destination::{ClientIdentity, ConnectionProfile};

use super::field::{Fault, Field};
use super::file;
use super::networks;
use super::resolved::Http;
use super::section::Section;
use super::web_address;

pub(super) fn read(section: &Section<'_>, http: &Http) -> ConnectionProfile {
    let own_proxy = web_address::proxy(&section.field("proxy"));
    let own_networks = networks::read(&section.field("allow_networks"));
    let mut profile = ConnectionProfile {
        proxy: own_proxy.or_else(|| http.proxy.clone()),
        allow_networks: networks::merged(&http.allow_networks, own_networks),
        ca_file: None,
        client_identity: None,
    };
    if let Some(tls) = section.section("tls") {
        profile.ca_file = pem(&tls.field("ca_file"));
        profile.client_identity = identity(&tls);
        tls.finish();
    }
    profile
}

fn identity(tls: &Section<'_>) -> Option<ClientIdentity> {
    let (cert, key) = (tls.field("client_cert_file"), tls.field("client_key_file"));
    if cert.is_given() != key.is_given() {
        let (alone, missing) = match cert.is_given() {
            true => (&cert, "client_key_file"),
            false => (&key, "client_cert_file"),
        };
        alone.complain(Fault::new(format!("`{missing}` is missing beside it")));
    }
    let (cert_file, key_file) = (pem(&cert), pem(&key));
    Some(ClientIdentity { cert_file: cert_file?, key_file: key_file? })
}

fn pem(field: &Field<'_>) -> Option<PathBuf> {
    let (path, text) = file::named_by(field)?;
    let is_pem = text.contains("-----BEGIN ");
    let fault = || Fault::new("the file holds nothing in PEM format");
    field.judge(is_pem.then_some(path).ok_or_else(fault))
}
