//! Topics that change under the consumer: more partitions, a topic removed and made anew, retention that overtakes it.
//! Apache Kafka only, for the embedded one administers nothing. A topic that is missing at the start is `watched`'s.

use std::collections::BTreeMap;

use super::scene::{PATIENCE, Repeats, Scene, times};
use crate::support::cluster::Cluster;
use crate::support::wait::until;
use crate::support::{note, skipped};

#[test]
fn partitions_that_are_added_are_worked_on_too() {
    let Some(cluster) = Cluster::apache() else { return skipped("more partitions") };
    let mut scene = Scene::new(cluster, "grown", 0x6_204);
    let program = scene.setup.start_ready();
    let load = scene.load(200);
    let partitions = scene.setup.partitions;
    for more in (5..).take(times(1, 2)) {
        scene.goes_on(200);
        for kind in ["delays.100ms", "delays.200ms", "delays.400ms", "deliveries", "events"] {
            scene.setup.cluster.kafka().grow_topic(&scene.setup.topic(kind), more).unwrap();
        }
        scene.setup.partitions = more;
        // Of those that route reads, only the events grew.
        let others = f64::from(2 * partitions);
        for (stage, topics, others) in [("route", 1.0, others), ("deliver", 1.0, 0.0), ("delay", 3.0, 0.0)] {
            until(&format!("{stage} to have the new partitions"), PATIENCE, || {
                let assigned = program.metric("webhooks_kafka_assigned_partitions", &[&format!("stage=\"{stage}\"")]);
                (assigned == f64::from(more) * topics + others).then_some(())
            });
        }
    }
    let mut acknowledged = load.stop();
    // A producer that knows the new partitions.
    acknowledged.extend(scene.load_of((acknowledged.len(), 400), 400).finish());
    scene.settles(&acknowledged);
    let used = scene.setup.read("events").iter().any(|record| record.partition == scene.setup.partitions - 1);
    assert!(used, "a run that does not use the new partition proves nothing");
    scene.judge("more partitions", &acknowledged, Repeats::None);
    program.stop();
}

/// A topic that is made anew while the consumer works is read from its beginning as long as it is shorter than the old one
/// was when the consumer comes to it. A longer one is read from where the old one was left, and of a shorter one nothing is
/// committed before it is as long: the client knows no better. Who makes a topic anew has to stop the consumer before.
#[test]
fn a_shorter_topic_made_anew_is_read_from_its_beginning() {
    let Some(cluster) = Cluster::apache() else { return skipped("topics made anew") };
    let scene = Scene::new(cluster, "anew", 0xa_2e3);
    let program = scene.setup.start_ready();
    let mut acknowledged = scene.load_of((0, 400), usize::MAX).finish();
    for (kind, settings) in [("events", &[][..]), ("deliveries", &[("message.timestamp.type", "LogAppendTime")])] {
        scene.is_done(&acknowledged);
        let topic = scene.setup.topic(kind);
        scene.setup.cluster.kafka().delete_topic(&topic).unwrap();
        if kind == "deliveries" {
            // These must wait until there is a topic for them.
            acknowledged.extend(scene.load_of((acknowledged.len(), 50), usize::MAX).finish());
        }
        scene.setup.cluster.create_topic(&topic, scene.setup.partitions, settings);
        acknowledged.extend(scene.load_of((acknowledged.len(), 100), usize::MAX).finish());
    }
    scene.is_done(&acknowledged);
    scene.judge("topics made anew", &acknowledged, Repeats::None);
    program.stop();
}

#[test]
fn what_retention_left_is_delivered_when_it_overtook_the_consumer() {
    let Some(cluster) = Cluster::apache() else { return skipped("retention that overtakes") };
    let scene = Scene::new(cluster, "overtaken", 0x0_7a4);
    let program = scene.setup.start_ready();
    let mut acknowledged = scene.load_of((0, 200), usize::MAX).finish();
    for round in 0..times(1, 2) {
        scene.settles(&acknowledged);
        program.signal("STOP");
        let (first, before) = (200 + round * 800, acknowledged.len());
        acknowledged.extend(scene.load_of((first, 800), usize::MAX).finish());
        let all = scene.setup.read("events");
        let ends = all.iter().map(|record| (record.partition, record.offset)).collect::<BTreeMap<_, _>>();
        let limits: BTreeMap<_, _> = ends.iter().map(|(partition, last)| (*partition, last - 50)).collect();
        scene.setup.cluster.kafka().delete_records(&scene.setup.topic("events"), &limits).unwrap();
        program.signal("CONT");
        let gone =
            all.iter().filter(|record| limits.get(&record.partition).is_some_and(|first| record.offset < *first));
        let gone: Vec<usize> = gone.filter_map(|record| scene.number(record.value.as_deref()?)).collect();
        let kept = acknowledged.iter().filter(|number| !gone.contains(number)).copied().collect();
        scene.settles_all(&kept);
        // What was under way to the consumer already is as good.
        let arrived = scene.arrived();
        acknowledged.retain(|number| kept.contains(number) || arrived.contains(number));
        let lost = before + 800 - acknowledged.len();
        assert!(lost > 0, "a run in which nothing was overtaken proves nothing");
        note(&format!("  retention took {lost}"));
    }
    scene.judge("overtaken by retention", &acknowledged, Repeats::None);
    program.stop();
}
