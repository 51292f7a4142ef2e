//! Memberships that Kafka has really compacted say the same to who restores them.

use std::time::Duration;

use crate::support::audiences::{by_time, calls, members, record, users};
use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::wait::until;
use crate::support::{note, skipped};

const USERS: usize = 300;
/// The log cleaner of the broker looks every 15 s.
const CLEANED_WITHIN: Duration = Duration::from_secs(120);

#[test]
fn what_compaction_left_restores_the_same() {
    let Some(cluster) = Cluster::apache() else { return skipped("compaction of memberships") };
    let receiver = Receiver::start();
    let mut setup = Setup::local_on(cluster, "audiences-compaction").with_audiences();
    setup.destination("crm", receiver.url("/crm"), "");
    let settings = [
        ("cleanup.policy", "compact"),
        // A record after so long begins a segment, and only what is before it is compacted.
        ("segment.ms", "200"),
        ("min.cleanable.dirty.ratio", "0.01"),
        ("min.compaction.lag.ms", "0"),
        ("delete.retention.ms", "100"),
    ];
    setup.memberships = settings.map(|(name, value)| (name, value.to_owned())).to_vec();
    let program = setup.start_ready();
    let all = |member: bool| users(0..USERS).map(|user| record("VIP", &user, member)).collect::<Vec<_>>();
    // In and out five times; an odd number of steps, so that all end inside but those who are deleted.
    for step in 0..9 {
        setup.audiences(&all(step % 2 == 0));
        setup.quiet();
    }
    let deleted: Vec<_> = users(0..10).map(|user| format!(r#"{{"type":"delete","userId":"{user}"}}"#)).collect();
    setup.events(&deleted.iter().map(String::as_str).collect::<Vec<_>>());
    setup.quiet();
    let written = USERS * 9;
    let left = until("compaction", CLEANED_WITHIN, || {
        // One more record in each partition, after which what was before may go.
        setup.audiences(&users(USERS..USERS + 40).map(|user| record("VIP", &user, false)).collect::<Vec<_>>());
        setup.quiet();
        let left = setup.read("memberships").len();
        (left < written / 3).then_some(left)
    });
    note(&format!("compaction of memberships: {written} records of members written, {left} left"));
    let before = (setup.memberships(), receiver.requests().len());
    let held = program.metric("webhooks_memberships", &[]);
    program.stop();

    let program = setup.start();
    program.ready();
    setup.audiences(&users(10..USERS).map(|user| record("VIP", &user, true)).collect::<Vec<_>>());
    setup.quiet();
    assert_eq!(receiver.requests().len(), before.1, "everything is known");
    assert_eq!(members(&setup.memberships()), members(&before.0));
    assert_eq!(program.metric("webhooks_memberships", &[]), held);
    setup.audiences(&all(true));
    setup.quiet();
    assert_eq!(receiver.requests().len(), before.1 + 10, "who was deleted comes back");
    program.stop();
    let identifies: Vec<_> = receiver.requests().into_iter().filter(|seen| !is_deletion(&seen.body)).collect();
    assert_eq!(members(&by_time(&calls(&identifies))).len(), USERS);
}

fn is_deletion(body: &[u8]) -> bool {
    body.starts_with(br#"{"type":"delete""#)
}
