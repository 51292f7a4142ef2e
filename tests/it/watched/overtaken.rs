//! Retention that deletes records before they were read is noticed, counted and told with a remedy.

use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::topics::New;

const EVENT: &str = r#"{"type":"track"}"#;
/// The embedded Kafka keeps 5 MiB of a partition.
const LARGE: usize = 600 << 10;

#[test]
fn records_that_retention_took_are_counted_and_told() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("overtaken");
    setup.partitions = 1;
    setup.restarts();
    setup.destination("crm", receiver.url("/crm"), "");
    let program = setup.start_ready();
    setup.events(&[EVENT; 3]);
    receiver.wait_for(3);
    setup.quiet();
    program.stop();

    let filler = format!(r#"{{"type":"video","context":"{}"}}"#, "x".repeat(LARGE));
    let records = vec![New { value: Some(filler.as_bytes()), ..New::default() }; 20];
    crate::support::topics::produce_all(&setup.brokers(), &setup.topic("events"), &records);
    if !matches!(setup.cluster, Cluster::Embedded(_)) {
        crate::support::settings::delete_records(&setup.brokers(), &setup.topic("events"), 13);
    }
    let (low, high) = crate::support::topics::edges(&setup.brokers(), &setup.topic("events"), 0);
    assert!(low > 3 && high == 23, "{low} to {high}");
    let lost = (low - 3) as f64;

    let program = setup.start();
    program.ready();
    let events = format!("topic=\"{}\"", setup.topic("events"));
    program.counts("webhooks_kafka_records_lost_total", &[&events], lost);
    setup.quiet();
    let of = |name: &str, topic: &str| program.metric(name, &[topic]);
    assert_eq!(of("webhooks_kafka_records_lost_total", &events), lost);
    assert_eq!(of("webhooks_kafka_offset_resets_total", &events), 1.0);
    assert_eq!(of("webhooks_kafka_records_lost_total", ""), lost, "of no other topic");
    assert_eq!(of("webhooks_events_consumed_total", &events), 23.0 - low as f64);
    let told: Vec<_> = program.lines().into_iter().filter(|line| line["records"] == low - 3).collect();
    assert_eq!(told.len(), 1, "{}", program.log());
    assert_eq!((&told[0]["topic"], &told[0]["partition"]), (&setup.topic("events").into(), &0.into()));
    assert!(told[0]["message"].as_str().unwrap().contains("raise the topic's retention"), "{}", told[0]);
    program.stop();
}
