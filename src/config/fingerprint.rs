//! A short hash of a configuration, to see on a board which replicas run which. It covers what is
//! meant, not how it was written, and leaves out whatever may be secret, and the tests.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use url::Url;

use crate::event::json::{Members, Tree};
use crate::route::actions::{Data, SendMapping};
use crate::route::destination::{Destination, Hook, Sends};

use super::resolved::Config;

/// 12 hexadecimal digits of SHA-256 over a text of everything but secrets.
pub(super) fn of(config: &Config) -> String {
    hex::encode(&Sha256::digest(canonical(config))[..6])
}

fn canonical(config: &Config) -> String {
    let mut text = String::new();
    let kafka = &config.kafka;
    line(&mut text, "kafka", &(&kafka.brokers, &kafka.group, public(&kafka.properties)));
    line(&mut text, "topics", &config.topics);
    line(&mut text, "retries", &config.retries);
    let http = &config.http;
    let proxy = http.proxy.as_ref().map(without_login);
    line(&mut text, "http", &(http.max_in_flight, &http.allow_networks, proxy));
    line(&mut text, "admin", &config.admin);
    line(&mut text, "shutdown", &config.shutdown);
    for destination in &config.destinations {
        add(&mut text, destination);
    }
    text
}

fn add(text: &mut String, destination: &Destination) {
    // Taken apart in full, so that a new field stops the build until it is thought of here.
    let Destination {
        id,
        enabled,
        paused,
        spread,
        sends,
        filters,
        shared_secret,
        timeout,
        max_in_flight,
        rate_limit,
        breaker,
        give_up_after,
        max_attempts,
        retry_on,
        big_integers,
        audiences,
        audience_calls,
        connection,
    } = destination;
    line(text, "destination", &(id, enabled, paused, spread, shared_secret.is_some()));
    match sends {
        Sends::Hooks(hooks) => {
            for Hook { url, headers } in hooks {
                line(text, "hook", &(url.as_str(), public(headers)));
            }
        }
        Sends::Mappings(mappings) => mappings.iter().for_each(|mapping| add_mapping(text, mapping)),
    }
    line(text, "filters", filters);
    line(text, "limits", &(timeout, max_in_flight, give_up_after, max_attempts));
    line(text, "flow", &(rate_limit, breaker));
    line(text, "rules", &(retry_on, big_integers));
    line(text, "audiences", &(audiences, audience_calls));
    let proxy = connection.proxy.as_ref().map(without_login);
    line(text, "network", &(proxy, &connection.allow_networks));
    line(text, "tls", &(&connection.ca_file, &connection.client_identity));
}

fn add_mapping(text: &mut String, mapping: &SendMapping) {
    let SendMapping { name, enabled, trigger, url, method, headers, data, batch } = mapping;
    line(text, "mapping", &(name, enabled, trigger.text(), batch));
    line(text, "address", &(url.written().text(), method.written().text()));
    line(text, "headers", &headers.as_ref().map(|headers| public_tree(headers.written()).text()));
    match data {
        Data::WholeEvent | Data::Nothing => line(text, "data", data),
        Data::Mapped(mapping) => line(text, "data", &mapping.written().text()),
    }
}

fn line(text: &mut String, name: &str, value: &dyn std::fmt::Debug) {
    writeln!(text, "{name}: {value:?}").expect("writing to a string does not fail");
}

/// Pairs with the value left out where the name says that it is secret.
fn public(pairs: &[(String, String)]) -> Vec<(&str, Option<&str>)> {
    let shown = |(name, value): &'_ (String, String)| !names_a_secret(name) && !value.is_empty();
    pairs.iter().map(|pair| (pair.0.as_str(), shown(pair).then_some(pair.1.as_str()))).collect()
}

/// Headers as they are written, with what has a secret name left out; those may stand inside directives.
fn public_tree(tree: &Tree) -> Tree {
    match tree {
        Tree::List(items) => Tree::List(items.iter().map(public_tree).collect()),
        Tree::Object(members) => {
            let mut public = Members::default();
            for (name, value) in members.iter() {
                let is_secret = !name.starts_with('@') && names_a_secret(name);
                public.set(name, if is_secret { Tree::Null } else { public_tree(value) });
            }
            Tree::Object(public)
        }
        _ => tree.clone(),
    }
}

fn names_a_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["password", "secret", "token", "key", "auth", "cookie", "pem", "jaas"].iter().any(|word| lower.contains(word))
}

fn without_login(url: &Url) -> String {
    let mut url = url.clone();
    // Neither can fail: an http URL with a host may have both.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}
