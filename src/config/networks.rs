//! Lists of networks, `allow_networks`, and which line of such a list would let an address pass.
//! Which addresses are refused at all is the rule of `attempt::address`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::field::{Fault, Field};

/// The networks people mean when they want one of their addresses to pass.
const WELL_KNOWN: &[&str] = &["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// Reads a list of networks; a bare address is a network of one. Sorted, without repeats.
pub(super) fn read(field: &Field<'_>) -> Vec<IpNet> {
    let mut networks: Vec<IpNet> = field.list().iter().filter_map(network).collect();
    tidy(&mut networks);
    networks
}

/// Both lists as one.
pub(super) fn merged(ours: &[IpNet], theirs: Vec<IpNet>) -> Vec<IpNet> {
    let mut all = [ours, &theirs].concat();
    tidy(&mut all);
    all
}

/// The smallest sensible network to allow for an address.
pub(super) fn suggestion(address: IpAddr) -> IpNet {
    WELL_KNOWN
        .iter()
        .filter_map(|text| text.parse().ok())
        .find(|network: &IpNet| network.contains(&address))
        .unwrap_or_else(|| IpNet::from(address))
}

fn network(field: &Field<'_>) -> Option<IpNet> {
    if !field.is_given() {
        field.complain(Fault::new("is missing"));
    }
    let text = field.text()?;
    let parsed = text.value.parse::<IpNet>().or_else(|_| text.value.parse().map(IpAddr::into));
    field.judge(parsed.map(|network| network.trunc()).map_err(|_| {
        Fault::new(format!("{} is not a network", text.shown))
            .hint("write an address range such as 10.0.0.0/8, or an address")
    }))
}

fn tidy(networks: &mut Vec<IpNet>) {
    networks.sort_unstable();
    networks.dedup();
}
