//! The sections `admin` and `shutdown`: what concerns the process and not its deliveries.
//! Listening and ending are the business of `admin` and `shutdown`.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::field::Fault;
use super::resolved::{Admin, Shutdown};
use super::section::{Harmless, Section};

/// Longer than any orchestrator waits before it kills.
const LONGEST_GRACE: Duration = Duration::from_secs(3600);

pub(super) fn admin(section: Option<Section<'_>>) -> Admin {
    let mut admin = Admin { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9464)) };
    let Some(section) = section else { return admin };
    let field = section.field("listen");
    if let Some(text) = field.text() {
        let parsed = text.value.parse().map_err(|_| {
            Fault::new(format!("{} is not an address and port", text.shown))
                .hint("write 127.0.0.1:9464, or 0.0.0.0:9464 to be reached from elsewhere")
        });
        admin.listen = field.judge(parsed).unwrap_or(admin.listen);
    }
    section.later("token", &Harmless::Nothing);
    section.later("show_bodies", &Harmless::Flag(false));
    section.finish();
    admin
}

pub(super) fn shutdown(section: Option<Section<'_>>) -> Shutdown {
    let mut shutdown = Shutdown { grace: Duration::from_secs(25) };
    let Some(section) = section else { return shutdown };
    if let Some(grace) = section.field("grace").duration(Duration::ZERO..=LONGEST_GRACE) {
        shutdown.grace = grace;
    }
    section.finish();
    shutdown
}
