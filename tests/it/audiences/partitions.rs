//! The numbers of partitions of audience records and memberships must not change: a change stops the consumer, which says what
//! to do, before anybody is told what is not true. Apache Kafka only, for the embedded one cannot let topics grow.

use crate::support::audiences::{record, users};
use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::skipped;
use crate::support::states::PATIENCE;

const REMEDY: &str = "make them anew with `kafka-webhooks topics create`";

/// Forty members, told to a receiver, and then topics that have grown.
fn grown(cluster: Cluster, name: &str, kinds: &[&str]) {
    let receiver = Receiver::start();
    let mut setup = Setup::local_on(cluster, name).with_audiences();
    setup.destination("crm", receiver.url("/crm"), "");
    let mut program = setup.start_ready();
    let members: Vec<String> = users(0..40).map(|user| record("VIP", &user, true)).collect();
    setup.audiences(&members);
    receiver.wait_for(40);
    setup.quiet();
    for kind in kinds {
        setup.cluster.kafka().grow_topic(&setup.topic(kind), setup.partitions + 1).unwrap();
    }
    // All that may still be read is the same again.
    setup.audiences(&members);
    let ended = program.ended(PATIENCE);
    assert_eq!(ended.code(), Some(1), "{}", program.log());
    assert!(program.log().contains(REMEDY), "{}", program.log());

    let mut again = setup.start();
    let ended = again.ended(PATIENCE);
    assert_eq!(ended.code(), Some(1), "{}", again.log());
    assert!(again.log().contains(REMEDY), "{}", again.log());
    assert_eq!(receiver.requests().len(), 40, "nobody is told anew");
}

#[test]
fn audience_records_that_grow_stop_the_consumer() {
    let Some(cluster) = Cluster::apache() else { return skipped("audience records that grow") };
    grown(cluster, "audiences-grown", &["audience-records"]);
}

#[test]
fn both_topics_growing_stop_the_consumer_too() {
    let Some(cluster) = Cluster::apache() else { return skipped("audience records and memberships that grow") };
    grown(cluster, "audiences-both-grown", &["audience-records", "memberships"]);
}
