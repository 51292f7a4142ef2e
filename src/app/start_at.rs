//! Where the route group begins when it is new: pointing the program at a week of history must not fire it at anybody
//! unasked. Decided on plain data; asking and committing go through `kafka::lookup`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::{AppError, build};
use crate::config::{Config, StartAt};
use crate::kafka::lookup::{Lookup, LookupError, Standing};
use crate::outcome::time::KafkaTime;

/// The operator must say where to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided {
    /// Which topic.
    pub topic: String,
    /// Which group.
    pub group: String,
    /// When its oldest record was written.
    pub oldest: KafkaTime,
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, group, oldest } = self;
        write!(
            f,
            "topic {topic} holds records since {oldest}, and group {group} has not read any yet: say where to begin.\n  \
             Set topics.start_at to `now` (only what comes from now on), `beginning` (everything, also what is old), \
             or a time such as {oldest}"
        )
    }
}

/// Makes sure that a new group begins where it should in a source topic of so many partitions, or among the memberships.
pub(super) fn settle(
    lookup: &Lookup,
    config: &Config,
    (topic, partitions): (&str, i32),
    now: KafkaTime,
) -> Result<(), AppError> {
    let numbers: Vec<i32> = (0..partitions).collect();
    let standings = lookup.standings(topic, &numbers)?;
    if is_known(&standings) || is_memory(lookup, config, topic)? {
        return Ok(());
    }
    let begin = match config.topics.start_at {
        // The oldest record is where a consumer without offsets begins anyway.
        Some(StartAt::Beginning) => return Ok(()),
        Some(StartAt::Now) => ends(&standings),
        Some(StartAt::Time(time)) => {
            lookup.offsets_at(topic, &ends(&standings), KafkaTime::from_millis(time.as_millisecond()))?
        }
        None => {
            let undecided = first_old(lookup, config, (topic, &standings), now)?;
            return undecided.map_or(Ok(()), |undecided| Err(AppError::StartAt(undecided)));
        }
    };
    match lookup.commit(topic, &begin) {
        Ok(()) => {
            tracing::info!(topic, "a new group begins where topics.start_at says");
            Ok(())
        }
        // The group has members, and Kafka takes offsets from them only: another replica was first, or they read another
        // source and in this one there is nothing to skip.
        Err(_) if skips_nothing(&begin, &standings) || is_known(&lookup.standings(topic, &numbers)?) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a topic is the memberships of a group that has read its sources before, if only before there were audiences:
/// each change among them is news, as old as it may be.
fn is_memory(lookup: &Lookup, config: &Config, topic: &str) -> Result<bool, LookupError> {
    if topic != config.topics.memberships {
        return Ok(false);
    }
    let there = lookup.partitions()?;
    for source in [&config.topics.events, &config.topics.audiences] {
        let numbers: Vec<i32> = (0..there.get(source).copied().unwrap_or(0)).collect();
        if is_known(&lookup.standings(source, &numbers)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether offsets are those a consumer begins with anyway.
fn skips_nothing(begin: &BTreeMap<i32, i64>, standings: &BTreeMap<i32, Standing>) -> bool {
    standings.iter().all(|(partition, standing)| begin.get(partition).is_none_or(|begin| *begin <= standing.low))
}

fn is_known(standings: &BTreeMap<i32, Standing>) -> bool {
    standings.values().any(|standing| standing.committed.is_some())
}

fn ends(standings: &BTreeMap<i32, Standing>) -> BTreeMap<i32, i64> {
    standings.iter().map(|(partition, standing)| (*partition, standing.high)).collect()
}

/// The questions `run` would end with, one for each topic.
pub fn foresee(config: &Config, now: KafkaTime) -> Result<Vec<Undecided>, LookupError> {
    if config.topics.start_at.is_some() {
        return Ok(Vec::new());
    }
    let lookup = Lookup::connect(&build::connection(config), &group(config))?;
    let there = lookup.partitions()?;
    let mut undecided = Vec::new();
    for topic in sources(config) {
        let partitions = there.get(topic).copied().unwrap_or(0);
        let standings = lookup.standings(topic, &(0..partitions).collect::<Vec<_>>())?;
        if !is_known(&standings) && !is_memory(&lookup, config, topic)? {
            undecided.extend(first_old(&lookup, config, (topic, &standings), now)?);
        }
    }
    Ok(undecided)
}

/// The topics a new group begins to read where it is told to. Memberships come first, since a group that has begun with
/// the others is not new.
pub(super) fn sources(config: &Config) -> [&str; 3] {
    [&config.topics.memberships, &config.topics.events, &config.topics.audiences]
}

fn group(config: &Config) -> String {
    format!("{}.route", config.kafka.group)
}

fn first_old(
    lookup: &Lookup,
    config: &Config,
    (topic, standings): (&str, &BTreeMap<i32, Standing>),
    now: KafkaTime,
) -> Result<Option<Undecided>, LookupError> {
    let mut first = None;
    for partition in standings.keys() {
        first = [first, lookup.oldest(topic, *partition)?].into_iter().flatten().min();
    }
    let old = first.filter(|oldest| is_old(*oldest, now, config.retries.give_up_after));
    Ok(old.map(|oldest| Undecided { topic: topic.to_owned(), group: group(config), oldest }))
}

fn is_old(oldest: KafkaTime, now: KafkaTime, give_up_after: Duration) -> bool {
    now.since(oldest) > give_up_after
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(committed: Option<i64>) -> Standing {
        Standing { committed, low: 5, high: 9 }
    }

    #[test]
    fn one_committed_partition_makes_a_group_known() {
        assert!(!is_known(&BTreeMap::from([(0, standing(None)), (1, standing(None))])));
        assert!(is_known(&BTreeMap::from([(0, standing(None)), (1, standing(Some(0)))])));
        assert_eq!(ends(&BTreeMap::from([(3, standing(None))])), BTreeMap::from([(3, 9)]));
    }

    #[test]
    fn offsets_at_the_first_record_skip_nothing() {
        let standings = BTreeMap::from([(0, standing(None)), (1, standing(None))]);
        assert!(skips_nothing(&BTreeMap::from([(0, 5), (1, 5)]), &standings));
        assert!(!skips_nothing(&BTreeMap::from([(0, 5), (1, 6)]), &standings));
    }

    #[test]
    fn only_what_is_older_than_the_window_needs_a_decision() {
        let now = KafkaTime::from_millis(100_000_000);
        let window = Duration::from_secs(3600);
        assert!(!is_old(KafkaTime::from_millis(100_000_000 - 3_600_000), now, window));
        assert!(is_old(KafkaTime::from_millis(100_000_000 - 3_600_001), now, window));
    }

    #[test]
    fn the_question_names_the_key_and_the_choices() {
        let oldest = KafkaTime::from_millis(1_600_000_000_000);
        let asked = Undecided { topic: "events".into(), group: "webhooks.route".into(), oldest }.to_string();
        for word in ["topics.start_at", "`now`", "`beginning`", "2020-09-13T12:26:40.000Z"] {
            assert!(asked.contains(word), "{word} is missing in {asked}");
        }
    }
}
