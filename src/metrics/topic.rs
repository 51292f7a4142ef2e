//! What is counted per topic: records read and written, and what retention took.
//! Told by the stages, the producer and the consumers' watches; names and meanings are contract section 10.

use std::collections::HashMap;

use prometheus::{IntCounter, IntCounterVec, IntGaugeVec};

use super::make::Maker;

const RESULTS: [&str; 2] = ["ok", "failed"];

/// A topic of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// What lies in it.
    pub kind: Kind,
}

/// What lies in a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Events.
    Events,
    /// Audience records as they come.
    Audiences,
    /// The same, keyed by user.
    AudienceRecords,
    /// Who is in which audience.
    Memberships,
    /// Deliveries that wait for an attempt.
    Deliveries,
    /// Deliveries that wait in a tier.
    Delay,
    /// What was given up.
    DeadLetters,
}

impl Kind {
    /// The label.
    fn label(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Audiences => "audiences",
            Self::AudienceRecords => "audience_records",
            Self::Memberships => "memberships",
            Self::Deliveries => "deliveries",
            Self::Delay => "delay",
            Self::DeadLetters => "dead_letters",
        }
    }

    /// The stage whose group reads it; none reads dead letters.
    fn stage(self) -> &'static str {
        match self {
            Self::Events | Self::Audiences | Self::Memberships => "route",
            Self::AudienceRecords => "diff",
            Self::Deliveries => "deliver",
            Self::Delay => "delay",
            Self::DeadLetters => "",
        }
    }

    fn is_source(self) -> bool {
        matches!(self, Self::Events | Self::Audiences)
    }
}

/// The counters of topics.
#[derive(Debug)]
pub(super) struct TopicMetrics {
    known: HashMap<String, Counters>,
    info: IntGaugeVec,
    consumed: IntCounterVec,
    malformed: IntCounterVec,
    produced: IntCounterVec,
    losses: Losses,
}

/// What happens to one topic of the configuration often.
#[derive(Debug)]
struct Counters {
    /// Of a source: records read, and those of them that are malformed.
    source: Option<[IntCounter; 2]>,
    produced: Option<[IntCounter; 2]>,
    kind: Kind,
}

/// What retention, or a topic made anew, takes from a reader. It happens rarely, so it is looked up by name.
#[derive(Clone, Debug)]
pub(super) struct Losses {
    resets: IntCounterVec,
    lost: IntCounterVec,
}

impl Losses {
    pub(super) fn reset(&self, topic: &str) {
        self.resets.with_label_values(&[topic]).inc();
    }

    pub(super) fn lost(&self, topic: &str, records: u64) {
        self.lost.with_label_values(&[topic]).inc_by(records);
    }
}

impl TopicMetrics {
    pub(super) fn new(make: &Maker<'_>, topics: &[Topic]) -> Result<Self, prometheus::Error> {
        let own = Self {
            known: HashMap::new(),
            info: make.gauges(
                "webhooks_topic_info",
                "1; what lies in a topic and which stage reads it.",
                &["topic", "kind", "stage"],
            )?,
            consumed: make.counters("webhooks_events_consumed_total", "Source records read.", &["topic"])?,
            malformed: make.counters(
                "webhooks_events_malformed_total",
                "Source records that are not what their topic takes.",
                &["topic"],
            )?,
            produced: make.counters(
                "webhooks_kafka_produced_total",
                "Records Kafka was asked to append, by what it answered.",
                &["topic", "result"],
            )?,
            losses: Losses {
                resets: make.counters(
                    "webhooks_kafka_offset_resets_total",
                    "Times that the offset to read next was no longer in the log, and reading began at its start.",
                    &["topic"],
                )?,
                lost: make.counters(
                    "webhooks_kafka_records_lost_total",
                    "Offsets passed over because retention had deleted them before they were read.",
                    &["topic"],
                )?,
            },
        };
        let known = topics.iter().map(|topic| (topic.name.clone(), own.begin(topic)));
        Ok(Self { known: known.collect(), ..own })
    }

    /// Says what a topic is that was not in the configuration: a tier that was taken out of it.
    pub(super) fn add(&self, name: &str, kind: Kind) {
        if !self.known.contains_key(name) {
            self.info.with_label_values(&[name, kind.label(), kind.stage()]).set(1);
        }
    }

    pub(super) fn consumed(&self, topic: &str) {
        match self.source(topic) {
            Some([consumed, _]) => consumed.inc(),
            None => self.consumed.with_label_values(&[topic]).inc(),
        }
    }

    pub(super) fn malformed(&self, topic: &str) {
        match self.source(topic) {
            Some([_, malformed]) => malformed.inc(),
            None => self.malformed.with_label_values(&[topic]).inc(),
        }
    }

    pub(super) fn produced(&self, topic: &str, in_log: bool) {
        let index = usize::from(!in_log);
        match self.known.get(topic).and_then(|own| own.produced.as_ref()) {
            Some(counters) => counters[index].inc(),
            None => self.produced.with_label_values(&[topic, RESULTS[index]]).inc(),
        }
    }

    pub(super) fn is_last_resort(&self, topic: &str) -> bool {
        self.known.get(topic).is_some_and(|own| own.kind == Kind::DeadLetters)
    }

    pub(super) fn losses(&self) -> Losses {
        self.losses.clone()
    }

    fn source(&self, topic: &str) -> Option<&[IntCounter; 2]> {
        self.known.get(topic)?.source.as_ref()
    }

    fn begin(&self, topic: &Topic) -> Counters {
        let Topic { name, kind } = topic;
        self.info.with_label_values(&[name.as_str(), kind.label(), kind.stage()]).set(1);
        if !kind.stage().is_empty() {
            self.losses.resets.with_label_values(&[name]);
            self.losses.lost.with_label_values(&[name]);
        }
        let produced = || RESULTS.map(|result| self.produced.with_label_values(&[name.as_str(), result]));
        let source = || [&self.consumed, &self.malformed].map(|family| family.with_label_values(&[name]));
        let is_source = kind.is_source();
        Counters { source: is_source.then(source), produced: (!is_source).then(produced), kind: *kind }
    }
}
