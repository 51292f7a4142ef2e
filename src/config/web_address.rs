//! URLs of endpoints and proxies: http or https, a host, nothing that would leak or be ignored.
//! A URL may hold a token, so no complaint shows one.

use std::net::IpAddr;

use ipnet::IpNet;
use url::{Host, ParseError, Url};

use crate::attempt::address;

use super::field::{Fault, Field, Text};
use super::networks;

/// Which addresses an endpoint may name.
pub(super) enum Reach<'a> {
    /// Those the address rule permits, and these networks.
    Direct(&'a [IpNet]),
    /// Any: the rule rests with the proxy.
    Proxied,
}

/// Where networks may be allowed.
const WHERE: &str = "to the destination, or to `http` for all";

/// The URL of an endpoint.
pub(super) fn endpoint(field: &Field<'_>, reach: &Reach<'_>) -> Option<Url> {
    callable(field, &field.text()?, reach)
}

/// The URL a text is, if it may be called.
pub(super) fn callable(field: &Field<'_>, text: &Text, reach: &Reach<'_>) -> Option<Url> {
    let url = field.judge(web_url(&text.value))?;
    let fault = if !url.username().is_empty() || url.password().is_some() {
        let hint = "send it as a header, `headers: { Authorization: … }` of a hook or mapping";
        Some(Fault::new("a URL may not hold a user name or password").hint(hint))
    } else if url.fragment().is_some() {
        let hint = "leave out the `#` and what follows";
        Some(Fault::new("a URL to be called has no fragment").hint(hint))
    } else {
        refused(&url, reach).map(|(address, reason)| match text.has_variables {
            // The address came from the environment, which no complaint shows.
            true => Fault::new(format!("the address is refused: {reason}"))
                .hint("add its network to `allow_networks` of the destination, or of `http` for all"),
            false => {
                let network = networks::suggestion(address);
                // YAML needs quotes around what begins with a colon.
                let quote = if address.is_ipv6() { "\"" } else { "" };
                Fault::new(format!("the address {address} is refused: {reason}"))
                    .hint(format!("to allow it, add `allow_networks: [{quote}{network}{quote}]` {WHERE}"))
            }
        })
    };
    field.judge(fault.map_or(Ok(url), Err))
}

/// The URL of a proxy; it may hold a user name and password.
pub(super) fn proxy(field: &Field<'_>) -> Option<Url> {
    let text = field.text()?;
    field.judge(web_url(&text.value))
}

fn web_url(text: &str) -> Result<Url, Fault> {
    let begin = "begin with https:// or http://";
    let url = Url::parse(text).map_err(|error| match error {
        ParseError::RelativeUrlWithoutBase => Fault::new("is not a complete URL").hint(begin),
        error => Fault::new(format!("is not a valid URL: {error}")),
    })?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(Fault::new("only http and https URLs can be called").hint(begin)),
    }
}

/// A literal address that may not be called, and why. Names are judged after they are resolved.
fn refused(url: &Url, reach: &Reach<'_>) -> Option<(IpAddr, &'static str)> {
    let Reach::Direct(allowed) = reach else {
        return None;
    };
    let address = match url.host()? {
        Host::Ipv4(address) => IpAddr::from(address),
        Host::Ipv6(address) => IpAddr::from(address),
        Host::Domain(_) => return None,
    };
    if allowed.iter().any(|network| network.contains(&address)) {
        return None;
    }
    address::refusal(address).map(|reason| (address, reason))
}
