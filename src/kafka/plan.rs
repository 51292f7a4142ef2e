//! Which topics we need and with which settings: made by `topics create`, compared by `topics list` and `check --online`.
//! Plain data; asking and making is the business of `admin`.

use std::collections::BTreeMap;

use super::admin::NewTopicPlan;

/// Kafka's own default of `max.message.bytes`.
const KAFKA_LIMIT: u64 = 1_048_588;
/// What our headers may take beyond the source's largest record.
const HEADROOM: u64 = 64 * 1024;
const DAY_MS: u64 = 86_400_000;
/// Settings with which a topic works best; another value does no harm and is nobody's fault.
const TUNING: [&str; 2] = ["segment.ms", "min.cleanable.dirty.ratio"];

/// The topics of an installation, by role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Where events come from.
    pub events: String,
    /// Deliveries.
    pub deliveries: String,
    /// One per tier.
    pub tiers: Vec<String>,
    /// What was given up.
    pub dead_letters: String,
    /// Where audience records come from.
    pub audiences: String,
    /// The same, keyed by user.
    pub audience_records: String,
    /// Who is in which audience.
    pub memberships: String,
}

/// How topics are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Partitions of each but the two below.
    pub partitions: i32,
    /// Partitions of audience records and of memberships, which must have equally many.
    pub audience_partitions: i32,
    /// Replication factor; the broker's default where none is given.
    pub replication: Option<i32>,
    /// `max.message.bytes` of the source that allows more, where it is known.
    pub source_limit: Option<u64>,
}

/// Our topics, as they are made.
pub fn ours(roles: &Roles, shape: Shape) -> Vec<NewTopicPlan> {
    let limit = shape.source_limit.unwrap_or(KAFKA_LIMIT) + HEADROOM;
    let plan = |name: &String, days: u64, log_append_time: bool| {
        let mut settings = vec![
            ("cleanup.policy", "delete".to_owned()),
            ("retention.ms", (days * DAY_MS).to_string()),
            ("max.message.bytes", limit.to_string()),
        ];
        if log_append_time {
            settings.push(("message.timestamp.type", "LogAppendTime".to_owned()));
        }
        NewTopicPlan { name: name.clone(), partitions: shape.partitions, replication: shape.replication, settings }
    };
    let mut plans = vec![plan(&roles.deliveries, 7, true)];
    plans.extend(roles.tiers.iter().map(|tier| plan(tier, 7, true)));
    plans.push(plan(&roles.dead_letters, 14, false));
    let partitions = shape.audience_partitions;
    plans.push(NewTopicPlan { partitions, ..plan(&roles.audience_records, 7, false) });
    plans.push(NewTopicPlan { partitions, settings: compacted(limit), ..plan(&roles.memberships, 7, false) });
    plans
}

/// Each change stays for a day at least, so that who reads the memberships sees it, and whoever stands still no longer than
/// a week sees every removal. Segments of a day let compaction go on; with a low ratio it keeps the log close to what it
/// holds, which is what a restore reads, and costs little, since there is one new segment a day.
fn compacted(limit: u64) -> Vec<(&'static str, String)> {
    vec![
        ("cleanup.policy", "compact".to_owned()),
        ("min.compaction.lag.ms", DAY_MS.to_string()),
        ("delete.retention.ms", (7 * DAY_MS).to_string()),
        ("segment.ms", DAY_MS.to_string()),
        ("min.cleanable.dirty.ratio", "0.1".to_owned()),
        ("max.message.bytes", limit.to_string()),
    ]
}

/// The source topics, for trying things; with Kafka's defaults.
pub fn sources(roles: &Roles, shape: Shape) -> Vec<NewTopicPlan> {
    let Shape { partitions, replication, .. } = shape;
    let plan = |name: &String| NewTopicPlan { name: name.clone(), partitions, replication, settings: Vec::new() };
    vec![plan(&roles.events), plan(&roles.audiences)]
}

/// What is wrong with the numbers of partitions of audience records and memberships, and what to do, if they differ: where
/// a user's records are read is where they are remembered.
pub fn uneven(roles: (&str, &str), partitions: (i32, i32)) -> Option<String> {
    let ((records, memberships), (of_records, of_memberships)) = (roles, partitions);
    (of_records != of_memberships).then(|| {
        format!(
            "topic {records} has {of_records} partitions and topic {memberships} has {of_memberships}: they need equally \
             many, and never others. Stop the producers of audiences and every replica, delete both topics, make them anew \
             with `kafka-webhooks topics create`, and have every audience sent again"
        )
    })
}

/// What differs from what is needed, in words; empty when nothing does. Longer retention and larger limits are fine.
pub fn differences(plan: &NewTopicPlan, partitions: i32, settings: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    if partitions != plan.partitions {
        found.push(format!("has {partitions} partitions, needs {}", plan.partitions));
    }
    for (name, needed) in plan.settings.iter().filter(|(name, _)| !TUNING.contains(name)) {
        let Some(actual) = settings.get(*name) else { continue };
        let fits = match (actual.parse::<i64>(), needed.parse::<i64>()) {
            // Retention of −1 means for ever.
            (Ok(actual), Ok(needed)) => actual >= needed || actual == -1,
            _ => actual == needed,
        };
        if !fits {
            found.push(format!("{name} is {actual}, needs {needed}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> Roles {
        Roles {
            events: "events".into(),
            deliveries: "webhooks.deliveries".into(),
            tiers: vec!["webhooks.delays.10s".into()],
            dead_letters: "webhooks.dead-letters".into(),
            audiences: "audiences".into(),
            audience_records: "webhooks.audience-records".into(),
            memberships: "webhooks.memberships".into(),
        }
    }

    const SHAPE: Shape =
        Shape { partitions: 24, audience_partitions: 12, replication: None, source_limit: Some(2_000_000) };

    #[test]
    fn topics_are_made_as_the_contract_says() {
        let plans = ours(&roles(), SHAPE);
        let get = |index: usize, name| plans[index].settings.iter().find(|(own, _)| *own == name).map(|(_, v)| &**v);
        for index in [0, 1] {
            assert_eq!(get(index, "retention.ms"), Some("604800000"));
            assert_eq!(get(index, "message.timestamp.type"), Some("LogAppendTime"));
            assert_eq!(get(index, "max.message.bytes"), Some("2065536"));
        }
        assert_eq!(get(2, "retention.ms"), Some("1209600000"));
        assert_eq!(get(2, "message.timestamp.type"), None);
        assert_eq!(plans.iter().map(|plan| plan.partitions).collect::<Vec<_>>(), [24, 24, 24, 12, 12]);
        let compacted = [("cleanup.policy", "compact"), ("min.compaction.lag.ms", "86400000")];
        for (name, value) in compacted.into_iter().chain([("max.message.bytes", "2065536"), ("segment.ms", "86400000")])
        {
            assert_eq!(get(4, name), Some(value), "{name}");
        }
        assert_eq!((get(3, "cleanup.policy"), get(3, "retention.ms")), (Some("delete"), Some("604800000")));
        assert_eq!(sources(&roles(), SHAPE).len(), 2);
    }

    #[test]
    fn memberships_may_be_tuned_but_must_be_compacted() {
        let plan = &ours(&roles(), SHAPE)[4];
        let settings = |policy: &str, lag: &str| {
            BTreeMap::from([
                ("cleanup.policy".to_owned(), policy.to_owned()),
                ("min.compaction.lag.ms".to_owned(), lag.to_owned()),
                ("segment.ms".to_owned(), "1000".to_owned()),
                ("min.cleanable.dirty.ratio".to_owned(), "0.01".to_owned()),
            ])
        };
        assert!(differences(plan, 12, &settings("compact", "172800000")).is_empty());
        let found = differences(plan, 12, &settings("delete", "0"));
        assert_eq!(found, ["cleanup.policy is delete, needs compact", "min.compaction.lag.ms is 0, needs 86400000"]);
    }

    #[test]
    fn both_topics_of_users_need_equally_many_partitions() {
        assert_eq!(uneven(("r", "m"), (24, 24)), None);
        let said = uneven(("r", "m"), (24, 12)).unwrap();
        for part in ["topic r has 24", "topic m has 12", "Stop the producers", "`kafka-webhooks topics create`"] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[test]
    fn only_what_is_too_little_differs() {
        let plan = &ours(&roles(), SHAPE)[0];
        let settings = |retention: &str, kind: &str| {
            BTreeMap::from([
                ("retention.ms".to_owned(), retention.to_owned()),
                ("message.timestamp.type".to_owned(), kind.to_owned()),
                ("max.message.bytes".to_owned(), "9000000".to_owned()),
            ])
        };
        assert!(differences(plan, 24, &settings("-1", "LogAppendTime")).is_empty());
        let found = differences(plan, 12, &settings("1000", "CreateTime"));
        assert_eq!(
            found,
            [
                "has 12 partitions, needs 24",
                "retention.ms is 1000, needs 604800000",
                "message.timestamp.type is CreateTime, needs LogAppendTime",
            ]
        );
    }
}
