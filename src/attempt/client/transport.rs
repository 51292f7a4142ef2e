//! The HTTP library, set up: what it may do by itself, and how long it keeps what.
//! Whom it may call is decided by `resolver`, whom it trusts by `attempt/tls`.

use std::time::Duration;

use reqwest::dns::Resolve;

use super::connect::Watch;

/// How long a connection may take, shared among the addresses of a name: with 50 of them each has 80 ms.
/// Below the shortest default timeout (5 s, contract 3), so that a dead address leaves time for a live one:
/// behind 49 addresses that swallow everything the fiftieth was reached after 4.0 s, and as the resolver
/// begins elsewhere each time, earlier on most attempts.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// How long an unused connection is kept. Common servers close theirs after 60 s or more; the connection is
/// watched meanwhile, so one that closes earlier is noticed and not used.
const IDLE_TIMEOUT: Duration = Duration::from_secs(55);

/// Unused connections kept per host; as many as the whole process may have in flight (contract 3).
const IDLE_PER_HOST: usize = 2_000;

/// How long an unused connection is kept, and how many per host, where hosts come from events: there may be thousands, each
/// called now and then, and what is kept for all of them takes file descriptors from those who are called now.
const BRIEF_TIMEOUT: Duration = Duration::from_secs(5);
const BRIEF_PER_HOST: usize = 20;

/// For how long unused connections are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Keep {
    /// As long as servers do: for hosts that stand in the configuration.
    Long,
    /// A few, and for seconds: for hosts that come from events.
    Brief,
}

/// How often a silent connection is tested, so that one whose other end vanished is not used for ever.
const KEEPALIVE: Duration = Duration::from_secs(20);

/// The library, set up.
///
/// Redirects, cookies, decompression and the environment's proxies are off: what is sent where is said by
/// the configuration alone (contract, section 5). A request whose kept connection turns out closed before
/// any of it was written is sent again by the library on another one, and so is one that an HTTP/2 server
/// declares untouched (refused stream, graceful GOAWAY), at most twice; nothing else is.
pub(super) fn transport(
    tls: rustls::ClientConfig,
    resolver: impl Resolve + 'static,
    watch: Watch,
    keep: Keep,
) -> reqwest::ClientBuilder {
    let (idle, per_host) = match keep {
        Keep::Long => (IDLE_TIMEOUT, IDLE_PER_HOST),
        Keep::Brief => (BRIEF_TIMEOUT, BRIEF_PER_HOST),
    };
    reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver)
        .connector_layer(watch)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(idle)
        .pool_max_idle_per_host(per_host)
        .tcp_nodelay(true)
        .tcp_keepalive(KEEPALIVE)
        .http2_keep_alive_interval(KEEPALIVE)
        .http2_keep_alive_timeout(KEEPALIVE / 2)
}
