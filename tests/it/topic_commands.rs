//! The consumer makes its own topics with the right settings, and says what differs from them. Apache Kafka only: the
//! embedded one knows no topic administration.

use crate::support::cluster::Cluster;
use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::settings::settings;
use crate::support::skipped;
use crate::support::states::PATIENCE;

const OURS: [&str; 7] =
    ["deliveries", "delays.100ms", "delays.200ms", "delays.400ms", "dead-letters", "audience-records", "memberships"];

fn setup(cluster: Cluster, name: &str, receiver: &Receiver) -> Setup {
    let mut setup = Setup::local_on(cluster, name);
    setup.destination("crm", receiver.url("/crm"), "");
    setup.destination("lake", receiver.url("/lake"), "");
    setup
}

/// Runs a command and answers its exit code and what it printed.
fn run(setup: &Setup, args: &[&str]) -> (Option<i32>, String) {
    let output = setup.command(args);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

fn check_settings(setup: &Setup, limit: &str) {
    for kind in OURS {
        let own = settings(&setup.brokers(), &setup.topic(kind));
        let (days, time) = match kind {
            "dead-letters" => (14, "CreateTime"),
            "audience-records" | "memberships" => (7, "CreateTime"),
            _ => (7, "LogAppendTime"),
        };
        let retention = (days * 86_400_000_i64).to_string();
        let (kept, policy) = match kind {
            "memberships" => ("delete.retention.ms", "compact"),
            _ => ("retention.ms", "delete"),
        };
        for (name, value) in [
            ("partitions", "3"),
            (kept, &retention),
            ("message.timestamp.type", time),
            ("max.message.bytes", limit),
            ("cleanup.policy", policy),
        ] {
            assert_eq!(own.get(name).map(String::as_str), Some(value), "{name} of {kind}");
        }
    }
}

#[test]
fn topics_are_made_with_the_right_settings_and_making_them_again_is_harmless() {
    let Some(cluster) = Cluster::apache() else { return skipped("topics create") };
    let receiver = Receiver::start();
    let setup = setup(cluster, "topics-create", &receiver);
    let (code, said) = run(&setup, &["topics", "list"]);
    assert_eq!(code, Some(1), "{said}");
    assert_eq!(said.matches("missing").count(), OURS.len() + 1, "{said}");
    assert!(said.contains("not there, nor needed without audiences"), "{said}");

    let (code, said) = run(&setup, &["topics", "create", "--sources", "--partitions", "3"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches(": created, 3 partitions").count(), OURS.len() + 2, "{said}");
    // Kafka's own default for the source, and 64 KiB for our headers.
    check_settings(&setup, &(1_048_588 + 65_536).to_string());
    for source in ["events", "audiences"] {
        assert_eq!(settings(&setup.brokers(), &setup.topic(source))["partitions"], "3");
    }

    for again in [["topics", "create", "--sources"].as_slice(), &["topics", "create", "--partitions", "9"]] {
        let (code, said) = run(&setup, again);
        assert_eq!((code, said.matches("created").count()), (Some(0), 0), "{said}");
    }
    check_settings(&setup, &(1_048_588 + 65_536).to_string());
    let (code, said) = run(&setup, &["topics", "list"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.matches("3 partitions  ok").count(), OURS.len() + 2, "{said}");
    let (code, said) = run(&setup, &["check", "--online"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn made_topics_take_what_a_larger_source_holds() {
    let Some(cluster) = Cluster::apache() else { return skipped("topics create for a larger source") };
    let receiver = Receiver::start();
    let setup = setup(cluster, "topics-larger", &receiver);
    setup.cluster.create_topic(&setup.topic("events"), 3, &[("max.message.bytes", "2000000")]);
    let (code, said) = run(&setup, &["topics", "create", "--partitions", "3"]);
    assert_eq!(code, Some(0), "{said}");
    check_settings(&setup, &(2_000_000 + 65_536).to_string());
}

#[test]
fn what_differs_is_listed() {
    let Some(cluster) = Cluster::apache() else { return skipped("topics list") };
    let receiver = Receiver::start();
    let setup = setup(cluster, "topics-differ", &receiver);
    setup.cluster.create_topic(&setup.topic("events"), 1, &[]);
    setup.cluster.create_topic(&setup.topic("deliveries"), 1, &[("retention.ms", "60000")]);
    setup.cluster.create_topic(&setup.topic("delays.200ms"), 5, &[("message.timestamp.type", "LogAppendTime")]);
    let (code, said) = run(&setup, &["topics", "create"]);
    assert_eq!(code, Some(0), "{said}");

    let (code, listed) = run(&setup, &["topics", "list"]);
    assert_eq!(code, Some(1), "{listed}");
    let line = |kind: &str| {
        let name = format!("{} ", setup.topic(kind));
        listed.lines().find(|line| line.starts_with(&name)).unwrap_or_else(|| panic!("no {kind} in {listed}"))
    };
    for difference in [
        "retention.ms is 60000, needs 604800000",
        "message.timestamp.type is CreateTime, needs LogAppendTime",
        "max.message.bytes is 1048588, needs 1114124",
    ] {
        assert!(line("deliveries").contains(difference), "{listed}");
    }
    assert!(line("delays.200ms").contains("has 5 partitions, needs 1"), "{listed}");
    assert!(line("delays.100ms").ends_with("1 partitions  ok"), "as many as the deliveries: {listed}");
    assert!(listed.contains("destinations that share partition 0: crm, lake"), "{listed}");

    let (code, said) = run(&setup, &["check", "--online"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("retention.ms is 60000") && said.contains("has 5 partitions"), "{said}");
}

#[test]
fn memberships_have_as_many_partitions_as_audience_records_or_nothing_runs() {
    let Some(cluster) = Cluster::apache() else { return skipped("topics of audiences that do not fit") };
    let receiver = Receiver::start();
    let setup = setup(cluster, "topics-uneven", &receiver);
    setup.cluster.create_topic(&setup.topic("audience-records"), 2, &[("max.message.bytes", "2000000")]);
    let (code, said) = run(&setup, &["topics", "create", "--sources", "--partitions", "3"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, listed) = run(&setup, &["topics", "list"]);
    assert_eq!(code, Some(0), "{listed}");
    assert_eq!(listed.matches("2 partitions  ok").count(), 2, "{listed}");

    setup.cluster.kafka().grow_topic(&setup.topic("audience-records"), 3).unwrap();
    let remedy = "delete both topics, make them anew with `kafka-webhooks topics create`";
    for command in [["topics", "list"], ["check", "--online"]] {
        let (code, said) = run(&setup, &command);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("has 3 partitions and") && said.contains(remedy), "{said}");
    }
    let mut program = setup.start();
    let ended = program.ended(PATIENCE);
    assert_eq!(ended.code(), Some(1), "{}", program.log());
    assert!(program.log().contains(remedy), "{}", program.log());
}

#[test]
fn a_replica_works_on_topics_it_made_itself() {
    let Some(cluster) = Cluster::apache() else { return skipped("topics create, then run") };
    let receiver = Receiver::start();
    let setup = setup(cluster, "topics-run", &receiver);
    let (code, said) = run(&setup, &["topics", "create", "--sources", "--partitions", "2", "--replication", "1"]);
    assert_eq!(code, Some(0), "{said}");
    let program = setup.start();
    program.ready();
    setup.events(&[r#"{"type":"track"}"#]);
    receiver.wait_for(2);
    program.stop();
}
