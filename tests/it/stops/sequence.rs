//! A sequence that has been seen to hang librdkafka at its end: partitions pause and resume, a second member joins and
//! leaves, the first takes over and is then stopped. Apache Kafka only: the embedded one keeps too few bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::cluster::Cluster;
use crate::support::program::{Program, Setup};
use crate::support::receiver::{Receiver, Reply};
use crate::support::skipped;
use crate::support::topics::{New, produce_all};
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
/// Together more than half of what the deliver stage may hold in memory, so that it pauses.
const EVENTS: usize = 150;
const BYTES: usize = 500_000;

fn deliver(program: &Program, what: &str) -> f64 {
    program.metric(&format!("webhooks_kafka_{what}_partitions"), &["stage=\"deliver\""])
}

#[test]
fn pausing_resuming_sharing_and_taking_over_does_not_hold_the_end_up() {
    let Some(cluster) = Cluster::apache() else { return skipped("pause, resume, share, take over, stop") };
    let receiver = Receiver::start();
    let open = Arc::new(AtomicBool::new(false));
    let is_open = open.clone();
    receiver.answer_with("/hook", move |_| {
        let after = if is_open.load(Ordering::Relaxed) { Duration::ZERO } else { Duration::from_secs(3) };
        Reply::status(200).after(after)
    });
    let mut setup = Setup::local_on(cluster, "sequence");
    setup.destination("crm", receiver.url("/hook"), ", max_in_flight: 4");
    let mut first = setup.start_ready();
    let event = format!(r#"{{"type":"track","messageId":"m","fill":"{}"}}"#, "x".repeat(BYTES));
    let records: Vec<_> = (0..EVENTS).map(|_| New { value: Some(event.as_bytes()), ..New::default() }).collect();
    produce_all(&setup.brokers(), &setup.topic("events"), &records);
    until("a partition to pause", PATIENCE, || (deliver(&first, "paused") > 0.0).then_some(()));
    open.store(true, Ordering::Relaxed);
    until("it to resume", PATIENCE, || (deliver(&first, "paused") == 0.0).then_some(()));

    let second = setup.start();
    until("a second member to take its share", PATIENCE, || (deliver(&second, "assigned") > 0.0).then_some(()));
    second.stop();
    let all = f64::from(setup.partitions);
    until("the first to take over", PATIENCE, || (deliver(&first, "assigned") == all).then_some(()));
    setup.quiet();

    let start = Instant::now();
    first.signal("TERM");
    let status = first.ended(Duration::from_secs(30));
    assert!(status.success(), "{status}; log:\n{}", first.log());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(receiver.requests().len(), EVENTS, "each once");
}
