//! What must hold before any stage runs: Kafka answers, our topics are there, and the groups know where to begin.
//! Waits for what can come by itself, says what it waits for, and refuses what a person must decide.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::stages::Prepared;
use super::{AppError, Parts, Stages, build, start_at};
use crate::admin::state::Status;
use crate::audience::membership::PARTITIONS;
use crate::kafka::lookup::{Lookup, LookupError};
use crate::kafka::plan::uneven;
use crate::stage::diff::core::PartitionsChanged;

/// How long to wait before Kafka is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Waits until the topics are there, and makes sure that the route group knows where to begin.
pub(super) async fn prepare(parts: Arc<Parts>, stages: Stages, status: &Status) -> Result<Prepared, AppError> {
    let lookup = Lookup::connect(&build::connection(&parts.config), &format!("{}.route", parts.config.kafka.group))?;
    let lookup = Arc::new(lookup);
    let mut waiting = Waiting { status, said: String::new() };
    let topics = loop {
        let obstacle = match ask(&lookup, Lookup::partitions).await? {
            Ok(topics) => match missing(&parts, stages, &topics) {
                missing if missing.is_empty() => break topics,
                missing => {
                    let missing = missing.join(", ");
                    format!(
                        "topics are missing: {missing}; make them with `kafka-webhooks topics create` (`--sources` for the events topic)"
                    )
                }
            },
            Err(error) => unanswered(&parts, &error),
        };
        waiting.a_moment(obstacle).await;
    };
    let of = |topic: &str| topics.get(topic).copied();
    let names = &parts.topics;
    // Both are there if a stage needs them.
    if let (Some(records), Some(memberships)) = (of(&names.audience_records), of(&names.memberships)) {
        if let Some(fault) = uneven((&names.audience_records, &names.memberships), (records, memberships)) {
            return Err(AppError::Uneven(fault));
        }
        unchanged(&lookup, &parts, memberships, &mut waiting).await?;
    }
    if stages.route {
        for source in start_at::sources(&parts.config) {
            match of(source) {
                Some(partitions) => begin(&lookup, &parts, (source, partitions), &mut waiting).await?,
                None => {
                    tracing::info!(topic = source, "there are no audiences yet; the topic is read when it is there")
                }
            }
        }
    }
    Ok(Prepared { deliveries: of(&names.deliveries).unwrap_or(1), memberships: of(&names.memberships).unwrap_or(1) })
}

/// Makes sure that memberships were written for so many partitions, once Kafka can tell: what a user's records are held
/// against lies in the partition that had their number then.
async fn unchanged(
    lookup: &Arc<Lookup>,
    parts: &Arc<Parts>,
    now: i32,
    waiting: &mut Waiting<'_>,
) -> Result<(), AppError> {
    loop {
        let topic = parts.topics.memberships.clone();
        let first = move |lookup: &Lookup| {
            let header = |partition| {
                let found = lookup.oldest_header(&topic, partition, PARTITIONS).transpose()?;
                Some(found.map(|(offset, then)| ((partition, offset), then)))
            };
            (0..now).find_map(header).transpose()
        };
        let (seen, then) = match ask(lookup, first).await? {
            Ok(found) => found.and_then(|(seen, then)| Some((Some(seen), then.parse().ok()?))).unwrap_or((None, now)),
            Err(error) => {
                waiting.a_moment(unanswered(parts, &error)).await;
                continue;
            }
        };
        let (records, memberships) = (parts.topics.audience_records.clone(), parts.topics.memberships.clone());
        let changed = PartitionsChanged { records, memberships, then, now, seen };
        return if then == now { Ok(()) } else { Err(AppError::Uneven(changed.to_string())) };
    }
}

/// Lets the route group begin where it should in a source topic of so many partitions, once Kafka can tell.
async fn begin(
    lookup: &Arc<Lookup>,
    parts: &Arc<Parts>,
    (topic, partitions): (&str, i32),
    waiting: &mut Waiting<'_>,
) -> Result<(), AppError> {
    loop {
        let (own, topic) = (parts.clone(), topic.to_owned());
        let begin =
            move |lookup: &Lookup| start_at::settle(lookup, &own.config, (&topic, partitions), own.clock.now().kafka);
        match ask(lookup, begin).await? {
            // A coordinator that moves or has just started refuses at first; what a person must decide stays refused.
            Err(AppError::Lookup(error)) => waiting.a_moment(unanswered(parts, &error)).await,
            decided => return decided,
        }
    }
}

/// Says what is waited for, once for each reason.
struct Waiting<'a> {
    status: &'a Status,
    said: String,
}

impl Waiting<'_> {
    async fn a_moment(&mut self, obstacle: String) {
        self.status.waiting_for(&obstacle);
        if self.said != obstacle {
            tracing::warn!(obstacle, "waiting");
            self.said = obstacle;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn unanswered(parts: &Parts, error: &LookupError) -> String {
    format!("kafka at {}: {}", parts.config.kafka.brokers, chain(error))
}

/// The topics a stage needs and Kafka does not have.
fn missing(parts: &Parts, stages: Stages, there: &BTreeMap<String, i32>) -> Vec<String> {
    let mut needed = vec![parts.topics.deliveries.to_string(), parts.topics.dead_letters.to_string()];
    if stages.route {
        needed.push(parts.config.topics.events.clone());
    }
    if stages.route || stages.diff {
        needed.extend([&parts.topics.audience_records, &parts.topics.memberships].map(ToString::to_string));
    }
    needed.extend(parts.tiers.as_slice().iter().map(|tier| parts.topics.tier(*tier).to_string()));
    needed.retain(|topic| !there.contains_key(topic));
    let deliveries = there.get(&*parts.topics.deliveries).copied().unwrap_or(0);
    let tiers = parts.tiers.as_slice().iter().map(|tier| parts.topics.tier(*tier).to_string());
    // A delivery waits in the partition of the tier that has its number.
    needed.extend(tiers.filter_map(|tier| {
        let partitions = *there.get(&tier)?;
        (partitions < deliveries).then(|| format!("{tier} with {deliveries} partitions (it has {partitions})"))
    }));
    needed
}

/// Asks a blocking question on a thread of its own.
async fn ask<T: Send + 'static>(
    lookup: &Arc<Lookup>,
    question: impl FnOnce(&Lookup) -> T + Send + 'static,
) -> Result<T, AppError> {
    let lookup = lookup.clone();
    let asked = tokio::task::spawn_blocking(move || question(&lookup)).await;
    asked.map_err(|broken| AppError::Thread(std::io::Error::other(broken)))
}

fn chain(error: &LookupError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
