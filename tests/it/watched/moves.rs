//! The gauges of a destination are at the one replica that serves it, and move with its partition.

use std::collections::BTreeSet;

use crate::support::program::{Program, Setup};
use crate::support::receiver::Receiver;
use crate::support::states::PATIENCE;
use crate::support::wait::until_explained;

const OWNED: [&str; 5] = [
    "webhooks_in_flight_requests",
    "webhooks_in_flight_limit",
    "webhooks_queued_deliveries",
    "webhooks_breaker_state",
    "webhooks_paused_until_timestamp_seconds",
];

/// The destinations a replica shows; `None` while its gauges do not agree.
fn shown(program: &Program) -> Option<BTreeSet<String>> {
    let page = program.get("/metrics")?.1;
    let of = |name: &str| {
        let begin = format!("{name}{{destination=\"");
        let found = page.lines().filter_map(|line| line.strip_prefix(&begin)?.split('"').next());
        found.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let all = OWNED.map(of);
    all.iter().all(|own| *own == all[0]).then(|| all[0].clone())
}

#[test]
fn gauges_of_destinations_move_with_their_partitions() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("moves");
    setup.restarts();
    let ids: BTreeSet<String> = (0..12).map(|number| format!("d{number}")).collect();
    for id in &ids {
        setup.destination(id, receiver.url("/hook"), "");
    }
    let first = setup.start_ready();
    let all_at = |program: &Program| {
        until_explained(
            || format!("all gauges at one replica, which has {:?}", shown(program)),
            PATIENCE,
            || (shown(program)? == ids).then_some(()),
        );
    };
    all_at(&first);
    let second = setup.start();
    second.ready();
    until_explained(
        || format!("a division of {:?} and {:?}", shown(&first), shown(&second)),
        PATIENCE,
        || {
            let (one, other) = (shown(&first)?, shown(&second)?);
            let is_divided = !other.is_empty() && one.is_disjoint(&other);
            (is_divided && one.union(&other).cloned().collect::<BTreeSet<_>>() == ids).then_some(())
        },
    );
    first.stop();
    all_at(&second);
    second.stop();
}
