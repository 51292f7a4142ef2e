//! Which topics we need and with which settings: made by `topics create`, compared by `topics list` and `check --online`.
//! Plain data; asking and making is the business of `admin`.

use std::collections::BTreeMap;

use super::admin::NewTopicPlan;

/// Kafka's own default of `max.message.bytes`.
const KAFKA_LIMIT: u64 = 1_048_588;
/// What our headers may take beyond the source's largest record.
const HEADROOM: u64 = 64 * 1024;
const DAY_MS: u64 = 86_400_000;

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
}

/// How topics are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Partitions of each.
    pub partitions: i32,
    /// Replication factor; the broker's default where none is given.
    pub replication: Option<i32>,
    /// `max.message.bytes` of the source, where it is known.
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
    plans
}

/// The source topic, for trying things; with Kafka's defaults.
pub fn sources(roles: &Roles, shape: Shape) -> Vec<NewTopicPlan> {
    let Shape { partitions, replication, .. } = shape;
    vec![NewTopicPlan { name: roles.events.clone(), partitions, replication, settings: Vec::new() }]
}

/// What differs from what is needed, in words; empty when nothing does. Longer retention and larger limits are fine.
pub fn differences(plan: &NewTopicPlan, partitions: i32, settings: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    if partitions != plan.partitions {
        found.push(format!("has {partitions} partitions, needs {}", plan.partitions));
    }
    for (name, needed) in &plan.settings {
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
        }
    }

    const SHAPE: Shape = Shape { partitions: 24, replication: None, source_limit: Some(2_000_000) };

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
        assert!(plans.iter().all(|plan| plan.partitions == 24));
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
