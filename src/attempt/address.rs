//! Which network addresses may be called.
//! Plain data: the client asks for each address a name resolved to and for each literal one; `check` asks
//! for what stands in the file. Resolving names and reading the configuration are theirs.
//!
//! Sources: the IANA special-purpose address registries (RFC 6890 and the RFCs that extend them), the IANA
//! IPv6 address space (only 2000::/3 is global unicast), and the addresses cloud providers answer with
//! credentials at.

use std::net::IpAddr;

use ipnet::IpNet;

/// Refused IPv4 networks: first address, prefix length, reason.
const REFUSED_V4: &[([u8; 4], u8, &str)] = &[
    ([0, 0, 0, 0], 32, "unspecified"),
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "private"),
    ([100, 100, 100, 200], 32, "metadata"),                       // Alibaba Cloud
    ([100, 64, 0, 0], 10, "shared between carrier and customer"), // RFC 6598
    ([127, 0, 0, 0], 8, "loopback"),
    ([168, 63, 129, 16], 32, "metadata"),   // Azure's platform address
    ([169, 254, 169, 254], 32, "metadata"), // AWS, Azure, Google Cloud and others
    ([169, 254, 0, 0], 16, "link-local"),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 192], 32, "metadata"), // Oracle Cloud
    ([192, 0, 0, 0], 24, "protocol assignments"),
    ([192, 0, 2, 0], 24, "documentation"),
    ([192, 88, 99, 0], 24, "6to4 relay"), // RFC 7526
    ([192, 168, 0, 0], 16, "private"),
    ([198, 18, 0, 0], 15, "benchmarking"),
    ([198, 51, 100, 0], 24, "documentation"),
    ([203, 0, 113, 0], 24, "documentation"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([255, 255, 255, 255], 32, "broadcast"),
    ([240, 0, 0, 0], 4, "reserved"),
];

/// Refused IPv6 networks: first address, prefix length, reason. What is not in 2000::/3 needs no line;
/// its lines only give a better reason.
const REFUSED_V6: &[([u16; 8], u8, &str)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified"),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback"),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped"),
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, "IPv4-compatible"),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "NAT64"),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "local NAT64"), // RFC 8215
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard"),
    ([0x100, 0, 0, 1, 0, 0, 0, 0], 64, "dummy"), // RFC 9780
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo"),
    ([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "benchmarking"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"), // RFC 9637
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, "segment routing"), // RFC 9602
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, "metadata"), // AWS
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "private"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
];

/// Why an address may not be called, or `None` for a global unicast one.
///
/// An address that carries an IPv4 one (mapped, NAT64, 6to4) is judged as itself and so refused.
pub fn refusal(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => REFUSED_V4
            .iter()
            .find(|(first, prefix, _)| {
                let distance = u32::from(ip) ^ u32::from_be_bytes(*first);
                distance.leading_zeros() >= u32::from(*prefix)
            })
            .map(|(_, _, reason)| *reason),
        IpAddr::V6(ip) => REFUSED_V6
            .iter()
            .find(|(first, prefix, _)| {
                let distance = u128::from(ip) ^ u128::from(std::net::Ipv6Addr::from(*first));
                distance.leading_zeros() >= u32::from(*prefix)
            })
            .map(|(_, _, reason)| *reason)
            .or_else(|| (ip.segments()[0] >> 13 != 1).then_some("not global unicast")),
    }
}

/// An address was refused; no connection was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address {ip} is refused ({reason}); allow_networks, of the destination or of http, could allow it")]
pub struct Blocked {
    /// What was to be called.
    pub ip: IpAddr,
    /// What kind of address it is.
    pub reason: &'static str,
}

/// The rule with its exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressRule {
    allow: Vec<IpNet>,
}

impl AddressRule {
    /// The rule with networks that may be called although they would be refused.
    pub fn new(allow: Vec<IpNet>) -> Self {
        Self { allow }
    }

    /// Whether an address may be called.
    ///
    /// An IPv4-mapped address is also allowed by an IPv4 network that holds what it maps to, because the
    /// kernel makes the same IPv4 connection of it.
    pub fn check(&self, ip: IpAddr) -> Result<(), Blocked> {
        let Some(reason) = refusal(ip) else {
            return Ok(());
        };
        if self.allow.iter().any(|net| net.contains(&ip) || net.contains(&ip.to_canonical())) {
            return Ok(());
        }
        Err(Blocked { ip, reason })
    }
}

#[cfg(test)]
mod tests;
