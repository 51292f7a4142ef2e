//! How a stage's consumer is doing: for `/healthz`, `/readyz` and metrics.
//! Written by the poll thread, read by anybody; atomics only.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rdkafka::error::KafkaError;
use rdkafka::statistics::{Partition, Statistics};
use rdkafka::types::RDKafkaErrorCode;

use crate::delivery::claim::TopicPartition;
use crate::kafka::troubles::Troubles;
use crate::metrics::stage::{StageMetrics, Standing};

/// The state of one stage's consumer.
#[derive(Debug)]
pub struct Watch {
    stage: &'static str,
    metrics: StageMetrics,
    began: Instant,
    last_poll_ms: AtomicU64,
    assignments: AtomicUsize,
    assigned: AtomicUsize,
    unreachable: AtomicBool,
    /// A topic that may be missing.
    optional: Option<String>,
    /// The last complaint was of it: the binding tells it once with a reason, and then once more to who polls.
    was_of_it: AtomicBool,
    troubles: Troubles,
}

impl Watch {
    /// A watch over a stage that begins now.
    pub fn new(stage: &'static str, metrics: StageMetrics) -> Self {
        Self {
            stage,
            metrics,
            began: Instant::now(),
            last_poll_ms: AtomicU64::new(0),
            assignments: AtomicUsize::new(0),
            assigned: AtomicUsize::new(0),
            unreachable: AtomicBool::new(false),
            optional: None,
            was_of_it: AtomicBool::new(false),
            troubles: Troubles::default(),
        }
    }

    /// Takes it calmly when a topic is missing; it is read when it is there.
    #[must_use]
    pub fn optional(self, topic: String) -> Self {
        Self { optional: Some(topic), ..self }
    }

    /// The stage's name.
    pub fn stage(&self) -> &'static str {
        self.stage
    }

    /// How long ago the poll thread last polled; a stuck one grows old.
    pub fn since_poll(&self) -> Duration {
        let last = Duration::from_millis(self.last_poll_ms.load(Ordering::Relaxed));
        self.began.elapsed().saturating_sub(last)
    }

    /// Whether no broker answers, as far as the client knows.
    pub fn is_unreachable(&self) -> bool {
        self.unreachable.load(Ordering::Relaxed)
    }

    /// Whether the group has answered with an assignment, be it empty, and has not thrown us out since.
    pub fn has_joined(&self) -> bool {
        self.assignments.load(Ordering::Relaxed) > 0
    }

    /// Partitions assigned now.
    pub fn assigned(&self) -> usize {
        self.assigned.load(Ordering::Relaxed)
    }

    pub(super) fn polled(&self) {
        let ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_poll_ms.store(ms, Ordering::Relaxed);
        self.metrics.polled(seconds());
    }

    pub(super) fn paused(&self, partitions: usize) {
        self.metrics.paused.set(i64::try_from(partitions).unwrap_or(i64::MAX));
    }

    pub(super) fn rebalanced(&self, kind: &str, assigned: usize) {
        self.metrics.rebalanced(kind);
        self.metrics.assigned.set(i64::try_from(assigned).unwrap_or(i64::MAX));
        self.assigned.store(assigned, Ordering::Relaxed);
        match kind {
            "assigned" => drop(self.assignments.fetch_add(1, Ordering::Relaxed)),
            "lost" => self.assignments.store(0, Ordering::Relaxed),
            _ => {}
        }
    }

    pub(super) fn committed(&self, taken: bool) {
        if taken {
            self.reached();
            self.metrics.committed(seconds());
        } else {
            self.metrics.commit_failed();
        }
    }

    pub(super) fn troubled(&self, error: &KafkaError) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) {
            if !self.unreachable.swap(true, Ordering::Relaxed) {
                tracing::warn!(stage = self.stage, "no kafka broker can be reached; trying again, nothing is lost");
            }
        } else if is_missing(error) && self.was_of_it.swap(false, Ordering::Relaxed) {
            // That it may be missing was seen by the reason.
        } else if let Some(unsaid) = self.troubles.tell(error) {
            tracing::warn!(stage = self.stage, %error, unsaid, "kafka consumer");
        }
    }

    /// Whether an error, told with this reason, is only that a topic is missing that may be.
    pub(super) fn is_calm_about(&self, error: &KafkaError, reason: &str) -> bool {
        let names = |topic: &String| reason.contains(&format!(": {topic}: "));
        let is_calm = is_missing(error) && self.optional.as_ref().is_some_and(names);
        self.was_of_it.store(is_calm, Ordering::Relaxed);
        is_calm
    }

    /// A broker has answered.
    pub(super) fn reached(&self) {
        if self.unreachable.swap(false, Ordering::Relaxed) {
            tracing::info!(stage = self.stage, "kafka is reachable again");
        }
    }

    /// Notes that reading a partition begins anew, for the offset to read next is not in the log.
    pub(super) fn offset_reset(&self, at: &TopicPartition) {
        self.metrics.offset_reset(&at.topic);
        tracing::warn!(
            stage = self.stage, partition = %at,
            "the offset to read next is not in the log any more; reading goes on at the start of what is left"
        );
    }

    /// Notes how many records were passed over when reading began anew at an offset.
    pub(super) fn skipped(&self, (topic, partition): (&str, i32), offset: i64, records: u64) {
        self.metrics.lost(topic, records);
        if records > 0 {
            tracing::error!(
                stage = self.stage,
                topic,
                partition,
                records,
                offset,
                "retention deleted records before they were read, they are lost; raise the topic's retention.ms and retention.bytes, and add replicas if reading cannot keep up"
            );
        }
    }

    /// Forgets a partition that is no longer ours.
    pub(super) fn forget(&self, at: &TopicPartition) {
        self.metrics.forget(&at.topic, at.partition);
    }

    /// Takes in where the partitions stand that `reading` knows; others are not ours.
    pub(super) fn statistics(&self, statistics: &Statistics, reading: impl Fn(&str, i32) -> Option<Reading>) {
        if statistics.brokers.values().any(|broker| broker.nodeid >= 0 && broker.state == "UP") {
            self.reached();
        }
        for (name, topic) in &statistics.topics {
            for (partition, state) in &topic.partitions {
                if let Some(standing) = reading(name, *partition).and_then(|reading| standing(state, &reading)) {
                    self.metrics.partition(name, *partition, standing);
                }
            }
        }
    }
}

/// What we know of a partition that is ours.
pub(super) struct Reading {
    /// The first offset read, if any was.
    pub(super) first: Option<i64>,
    /// Some of its records are not settled.
    pub(super) holds: bool,
}

/// Where a partition stands, as far as is known. Before a group's first commit it lags from where it began to read.
fn standing(state: &Partition, reading: &Reading) -> Option<Standing> {
    // The client says of what it reads that the end is that of what is committed by transactions.
    let end = if state.ls_offset >= 0 { state.ls_offset } else { state.hi_offset };
    let committed = (state.committed_offset >= 0).then_some(state.committed_offset);
    let is_read = end >= 0 && state.next_offset >= end && state.fetchq_cnt == 0;
    if is_read && !reading.holds {
        // What may lie between the last record and the end are markers of transactions, for which nobody waits.
        return Some(Standing { lag: 0, committed });
    }
    if state.consumer_lag >= 0 && committed.is_some() {
        return Some(Standing { lag: state.consumer_lag, committed });
    }
    let began = reading.first.or((state.next_offset >= 0).then_some(state.next_offset))?;
    (end >= 0).then_some(Standing { lag: (end - began).max(0), committed })
}

/// Since 1970, by our own clock, as those who compare it have it.
fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn is_missing(error: &KafkaError) -> bool {
    error.rdkafka_error_code() == Some(RDKafkaErrorCode::UnknownTopicOrPartition)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(json: &str) -> Partition {
        let all = format!(
            r#"{{"partition":0,"broker":1,"leader":1,"desired":true,"unknown":false,"msgq_cnt":0,"msgq_bytes":0,"xmit_msgq_cnt":0,"xmit_msgq_bytes":0,"fetchq_size":0,"fetch_state":"active","query_offset":0,"app_offset":0,"stored_offset":0,"eof_offset":0,"lo_offset":0,"consumer_lag_stored":0,"txmsgs":0,"txbytes":0,"rxmsgs":0,"rxbytes":0,"msgs":0,"rx_ver_drops":0,"msgs_inflight":0,"next_ack_seq":0,"next_err_seq":0,"acked_msgid":0,{json}}}"#
        );
        serde_json::from_str(&all).unwrap()
    }

    #[test]
    fn markers_of_transactions_behind_the_last_record_are_no_lag() {
        let at_end =
            r#""fetchq_cnt":0,"next_offset":9,"committed_offset":8,"hi_offset":9,"ls_offset":9,"consumer_lag":1"#;
        let lag = |json: &str, holds: bool| standing(&state(json), &Reading { first: Some(3), holds }).unwrap().lag;
        assert_eq!(lag(at_end, false), 0);
        assert_eq!(lag(at_end, true), 1, "a record waits");
        assert_eq!(lag(&at_end.replace(r#""fetchq_cnt":0"#, r#""fetchq_cnt":1"#), false), 1, "it was not handed on");
        assert_eq!(lag(&at_end.replace(r#""next_offset":9"#, r#""next_offset":8"#), false), 1, "it was not read");
        let first = at_end
            .replace(r#""committed_offset":8"#, r#""committed_offset":-1001"#)
            .replace(r#""consumer_lag":1"#, r#""consumer_lag":-1"#);
        assert_eq!(lag(&first, true), 6, "nothing is committed yet");
    }
    use crate::metrics::{Metrics, Scope};

    #[test]
    fn only_the_topic_that_may_be_missing_is_taken_calmly() {
        let watch = Watch::new("route", Metrics::new(&Scope::default()).unwrap().stage("route"))
            .optional("audiences".to_owned());
        let reason =
            |topic: &str| format!("Subscribed topic not available: {topic}: Broker: Unknown topic or partition");
        let unknown = KafkaError::Global(RDKafkaErrorCode::UnknownTopicOrPartition);
        assert!(watch.is_calm_about(&unknown, &reason("audiences")));
        assert!(!watch.is_calm_about(&unknown, &reason("events")));
        assert!(!watch.is_calm_about(&unknown, &reason("my.audiences")));
        let other = KafkaError::Global(RDKafkaErrorCode::TopicAuthorizationFailed);
        assert!(!watch.is_calm_about(&other, &reason("audiences")));
    }
}
