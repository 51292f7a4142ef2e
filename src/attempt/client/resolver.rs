//! Name resolution with the address rule behind it: only addresses that may be called leave this file.
//! It runs for every new connection, so a name that changes its mind between two connections gains nothing.
//! Literal addresses never come here; the client asks the rule for them itself.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::attempt::address::{AddressRule, Blocked};

/// The name could not be resolved.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the name could not be resolved")]
pub(super) struct LookupFailed(#[source] pub(super) Arc<io::Error>);

/// Only IPv6 addresses, and the kernel knows no way to them.
#[derive(Debug, thiserror::Error)]
#[error("there are IPv6 addresses only, and this machine has no route to them")]
pub(super) struct NoRoute;

type Lookup = Shared<BoxFuture<'static, Result<Arc<[IpAddr]>, LookupFailed>>>;

/// Resolves names through the system, once at a time per name.
///
/// The system's resolver blocks a thread and cannot be interrupted. Were each attempt at a name whose server
/// is silent to start its own look-up, one such destination would soon occupy every thread there is for this.
#[derive(Default)]
pub(super) struct Resolver {
    /// `None` where a proxy calls for us; the rule then rests with it.
    rule: Option<AddressRule>,
    under_way: Arc<Mutex<HashMap<String, Lookup>>>,
    turn: AtomicUsize,
}

impl Resolver {
    pub(super) fn new(rule: Option<AddressRule>) -> Self {
        Self { rule, ..Self::default() }
    }

    /// The look-up of a name, joined if there is one under way. It runs as a task of its own, to its end,
    /// so that an attempt that gives up waiting leaves neither it nor its entry behind.
    fn look_up(&self, name: &str) -> Lookup {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lookup) = under_way.get(name) {
            return lookup.clone();
        }
        let (owned, entries) = (name.to_owned(), Arc::clone(&self.under_way));
        let task = tokio::spawn(async move {
            let found = tokio::net::lookup_host((owned.as_str(), 0)).await;
            entries.lock().unwrap_or_else(PoisonError::into_inner).remove(&owned);
            match found {
                Ok(found) => Ok(found.map(|address| address.ip()).collect()),
                Err(failed) => Err(own_fault().unwrap_or(failed)),
            }
        });
        let lookup = async { task.await.unwrap_or_else(|ended| Err(io::Error::other(ended))) }
            .map(|found| found.map_err(|e| LookupFailed(Arc::new(e))))
            .boxed()
            .shared();
        under_way.insert(name.to_owned(), lookup.clone());
        lookup
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = self.look_up(name.as_str());
        let rule = self.rule.clone();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            let mut usable = permitted(&lookup.await?, rule.as_ref())?;
            usable.retain(|ip| match ip {
                IpAddr::V4(_) => true,
                IpAddr::V6(ip) => has_route(*ip),
            });
            if usable.is_empty() {
                return Err(NoRoute.into());
            }
            rotate(&mut usable, turn);
            // Port 0 is replaced by that of the URL.
            let addresses = usable.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}

/// The addresses that may be called; if there is none, why the first may not.
fn permitted(found: &[IpAddr], rule: Option<&AddressRule>) -> Result<Vec<IpAddr>, Blocked> {
    let Some(rule) = rule else {
        return Ok(found.to_vec());
    };
    let mut refused = None;
    let mut usable = Vec::with_capacity(found.len());
    for ip in found {
        match rule.check(*ip) {
            Ok(()) => usable.push(*ip),
            Err(blocked) => refused = refused.or(Some(blocked)),
        }
    }
    match refused {
        Some(blocked) if usable.is_empty() => Err(blocked),
        _ => Ok(usable),
    }
}

/// The kernel's error if we lack a descriptor for a socket. The system's resolver says in that case no more
/// than that the name is not known, which would be taken for the receiver's fault.
fn own_fault() -> Option<io::Error> {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).err()
}

/// Whether the kernel knows a way to an address; connecting a datagram socket sends nothing.
///
/// Without this a container without IPv6 would answer EADDRNOTAVAIL for a receiver's IPv6 address, which
/// could not be told from having run out of local ports.
pub(super) fn has_route(ip: Ipv6Addr) -> bool {
    match UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)) {
        Ok(socket) => socket.connect((ip, 9)).is_ok(),
        // Without the address family there is no way; any other failure is not the address's fault.
        Err(e) => e.raw_os_error() != Some(libc::EAFNOSUPPORT),
    }
}

/// Begins with another address each time, within the family the system prefers, so that a dead address does
/// not stand in front for ever.
fn rotate(addresses: &mut [IpAddr], turn: usize) {
    let Some(first) = addresses.first().copied() else {
        return;
    };
    let preferred = addresses.iter().take_while(|ip| ip.is_ipv4() == first.is_ipv4()).count();
    addresses[..preferred].rotate_left(turn % preferred);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    async fn resolved(resolver: &Resolver, name: &str) -> Result<Vec<SocketAddr>, String> {
        let resolving = resolver.resolve(name.parse().unwrap());
        resolving.await.map(Iterator::collect).map_err(|e| e.to_string())
    }

    #[test]
    fn refused_addresses_are_left_out_while_others_remain() {
        let rule = AddressRule::default();
        let found = ips(&["127.0.0.1", "8.8.8.8", "::1", "10.0.0.1"]);
        assert_eq!(permitted(&found, Some(&rule)), Ok(ips(&["8.8.8.8"])));
    }

    #[test]
    fn the_first_refusal_is_told_when_no_address_remains() {
        let rule = AddressRule::default();
        let blocked = permitted(&ips(&["10.0.0.1", "::1"]), Some(&rule)).unwrap_err();
        assert_eq!(blocked.ip, ips(&["10.0.0.1"])[0]);
    }

    #[test]
    fn the_rule_is_off_behind_a_proxy() {
        assert_eq!(permitted(&ips(&["127.0.0.1"]), None), Ok(ips(&["127.0.0.1"])));
    }

    #[test]
    fn each_turn_begins_with_another_address_of_the_preferred_family() {
        let mut firsts = Vec::new();
        for turn in 0..4 {
            let mut addresses = ips(&["1.0.0.1", "1.0.0.2", "1.0.0.3", "2a00::1"]);
            rotate(&mut addresses, turn);
            assert_eq!(addresses[3], ips(&["2a00::1"])[0]);
            firsts.push(addresses[0].to_string());
        }
        assert_eq!(firsts, ["1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.1"]);
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_loopback_is_blocked() {
        let resolver = Resolver::new(Some(AddressRule::default()));
        let refused = resolved(&resolver, "localhost").await.unwrap_err();
        assert!(refused.contains("loopback"), "{refused}");
    }

    #[tokio::test]
    async fn a_look_up_leaves_no_entry_behind() {
        let resolver = Resolver::new(None);
        let (one, two) = tokio::join!(resolved(&resolver, "localhost"), resolved(&resolver, "localhost"));
        assert!(!one.unwrap().is_empty());
        assert!(!two.unwrap().is_empty());
        assert!(resolver.under_way.lock().unwrap().is_empty());
    }
}
