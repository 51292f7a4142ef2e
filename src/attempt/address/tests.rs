//! The address rule against every spelling of a forbidden address that the `url` crate understands.

use std::net::IpAddr;

use url::{Host, Url};

use super::{AddressRule, refusal};

/// Host as typed, and the reason it must be refused for.
const FORBIDDEN: &[(&str, &str)] = &[
    ("0", "unspecified"),
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "this network"),
    ("127.0.0.1", "loopback"),
    ("127.0.0.1.", "loopback"),
    ("127.1", "loopback"),
    ("127.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("2130706433", "loopback"),
    ("0x7f000001", "loopback"),
    ("0x7f.1", "loopback"),
    ("0X7F.0.0.0x1", "loopback"),
    ("017700000001", "loopback"),
    ("0177.0.0.1", "loopback"),
    ("0177.0.0.01", "loopback"),
    ("%31%32%37.0.0.1", "loopback"),
    ("127。0。0。1", "loopback"),
    ("127.0.0.1", "loopback"),
    ("user:pass@127.0.0.1", "loopback"),
    ("good.example.com@127.1", "loopback"),
    ("10.0.0.1", "private"),
    ("10.1", "private"),
    ("167772161", "private"),
    ("0xa000001", "private"),
    ("012.0.0.1", "private"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("0xac100001", "private"),
    ("192.168.1.1", "private"),
    ("192.168.257", "private"),
    ("3232235777", "private"),
    ("0300.0250.1.1", "private"),
    ("169.254.169.254", "metadata"),
    ("2852039166", "metadata"),
    ("0xa9fea9fe", "metadata"),
    ("0251.0376.0251.0376", "metadata"),
    ("169.254.43518", "metadata"),
    ("169.254.0.1", "link-local"),
    ("168.63.129.16", "metadata"),
    ("100.100.100.200", "metadata"),
    ("192.0.0.192", "metadata"),
    ("100.64.0.1", "shared between carrier and customer"),
    ("100.127.255.255", "shared between carrier and customer"),
    ("192.0.0.8", "protocol assignments"),
    ("192.0.2.1", "documentation"),
    ("198.51.100.7", "documentation"),
    ("203.0.113.9", "documentation"),
    ("192.88.99.1", "6to4 relay"),
    ("198.18.0.1", "benchmarking"),
    ("198.19.255.255", "benchmarking"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("0xffffffff", "broadcast"),
    ("4294967295", "broadcast"),
    ("[::]", "unspecified"),
    ("[::1]", "loopback"),
    ("[0:0:0:0:0:0:0:1]", "loopback"),
    ("[0000:0000:0000:0000:0000:0000:0000:0001]", "loopback"),
    ("[::ffff:127.0.0.1]", "IPv4-mapped"),
    ("[::ffff:7f00:1]", "IPv4-mapped"),
    ("[0:0:0:0:0:ffff:10.0.0.1]", "IPv4-mapped"),
    ("[::FFFF:169.254.169.254]", "IPv4-mapped"),
    ("[::ffff:8.8.8.8]", "IPv4-mapped"),
    ("[::127.0.0.1]", "IPv4-compatible"),
    ("[::7f00:1]", "IPv4-compatible"),
    ("[64:ff9b::127.0.0.1]", "NAT64"),
    ("[64:ff9b::a9fe:a9fe]", "NAT64"),
    ("[64:ff9b:1::1]", "local NAT64"),
    ("[100::1]", "discard"),
    ("[100:0:0:1::1]", "dummy"),
    ("[2001::1]", "Teredo"),
    ("[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "Teredo"),
    ("[2001:2::1]", "benchmarking"),
    ("[2001:10::1]", "protocol assignments"),
    ("[2001:20::1]", "protocol assignments"),
    ("[2001:db8::1]", "documentation"),
    ("[2002:7f00:1::]", "6to4"),
    ("[2002:a9fe:a9fe::1]", "6to4"),
    ("[3fff::1]", "documentation"),
    ("[5f00::1]", "segment routing"),
    ("[fc00::1]", "private"),
    ("[fd12:3456:789a::1]", "private"),
    ("[fd00:ec2::254]", "metadata"),
    ("[fe80::1]", "link-local"),
    ("[fec0::1]", "site-local"),
    ("[ff02::1]", "multicast"),
    ("[ff0e::1]", "multicast"),
    ("[4000::1]", "not global unicast"),
    ("[::ffff:0:127.0.0.1]", "not global unicast"),
];

const GLOBAL: &[&str] = &[
    "8.8.8.8",
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "128.0.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "192.167.255.255",
    "192.169.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "[2606:4700:4700::1111]",
    "[2001:4860:4860::8888]",
    "[2001:200::1]",
    "[2003::1]",
    "[2a00:1450:4001::1]",
    "[3ffe::1]",
];

fn ip(host: &str) -> IpAddr {
    let url = Url::parse(&format!("http://{host}/")).unwrap_or_else(|e| panic!("{host}: {e}"));
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
        other => panic!("{host} is no address but {other:?}"),
    }
}

fn rule(allow: &[&str]) -> AddressRule {
    AddressRule::new(allow.iter().map(|net| net.parse().unwrap()).collect())
}

#[test]
fn every_spelling_of_a_forbidden_address_is_refused_with_its_reason() {
    assert!(FORBIDDEN.len() >= 60);
    for (host, reason) in FORBIDDEN {
        assert_eq!(refusal(ip(host)), Some(*reason), "{host}");
        assert!(rule(&[]).check(ip(host)).is_err(), "{host}");
    }
}

#[test]
fn the_neighbours_of_forbidden_networks_are_allowed() {
    for host in GLOBAL {
        assert_eq!(refusal(ip(host)), None, "{host}");
    }
}

#[test]
fn an_allowed_network_opens_itself_and_nothing_else() {
    let rule = rule(&["127.0.0.0/8", "fd00::/8"]);
    assert_eq!(rule.check(ip("127.0.0.1")), Ok(()));
    assert_eq!(rule.check(ip("[fd00::1]")), Ok(()));
    assert!(rule.check(ip("10.0.0.1")).is_err());
    assert!(rule.check(ip("[::1]")).is_err());
}

#[test]
fn a_mapped_address_is_allowed_by_the_ipv4_network_it_maps_to() {
    assert_eq!(rule(&["127.0.0.0/8"]).check(ip("[::ffff:127.0.0.1]")), Ok(()));
    assert!(rule(&["10.0.0.0/8"]).check(ip("[::ffff:127.0.0.1]")).is_err());
    assert!(rule(&["127.0.0.0/8"]).check(ip("[64:ff9b::7f00:1]")).is_err());
}

#[test]
fn a_refusal_names_the_address_and_its_kind() {
    let blocked = rule(&[]).check(ip("169.254.169.254")).unwrap_err();
    assert_eq!(
        blocked.to_string(),
        "the address 169.254.169.254 is refused (metadata); allow_networks, of the destination or of http, could allow it"
    );
}
