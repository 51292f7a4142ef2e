//! What the core of the diff stage answers with: things to do, and things that happened.
//! Carried out and counted by the driver; when each is said is decided in the files beside this one.

use std::sync::Arc;

use crate::audience::{Malformed, Unreadable};
use crate::delivery::claim::{Epoch, TopicPartition};
use crate::kafka::record::{Append, AppendError, Token};
use crate::metrics::membership::{Change, Judged};
use crate::stage::diff::names::Collision;

/// What the driver is to do, or may count.
#[derive(Debug)]
pub enum Output {
    /// Append a record and report the confirmation by its token.
    Append(Token, Append),
    /// Read a partition of the memberships topic from its beginning and go on reading; tell when its end was reached.
    Follow {
        /// Which partition.
        partition: i32,
        /// For which assignment.
        epoch: Epoch,
    },
    /// Read it no more.
    Leave {
        /// Which partition.
        partition: i32,
        /// For which assignment it was read.
        epoch: Epoch,
    },
    /// Read one of its records once more.
    Reread {
        /// Which partition.
        partition: i32,
        /// For which assignment.
        epoch: Epoch,
        /// Which record.
        offset: i64,
    },
    /// Something for logs and metrics.
    Happened(Happened),
    /// The stage cannot go on.
    Failed(PartitionsChanged),
}

/// The topics cannot be kept together any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "topic {memberships} was written while {records} had {then} partitions{}, and now there are {now}: users have moved to \
     other partitions than what is known of them; give both topics {then} partitions again, or stop whatever writes \
     audiences, delete both topics, make them anew with `kafka-webhooks topics create` and sync every audience again",
    .seen.map(|(partition, offset)| format!(" (its record {partition}@{offset} says so)")).unwrap_or_default()
)]
pub struct PartitionsChanged {
    /// The topic of keyed records.
    pub records: Arc<str>,
    /// The compacted topic.
    pub memberships: Arc<str>,
    /// The number then.
    pub then: i32,
    /// The number now.
    pub now: i32,
    /// Partition and offset of the record that says so, if one does.
    pub seen: Option<(i32, i64)>,
}

/// What happened, for logs and metrics.
#[derive(Debug)]
pub enum Happened {
    /// A record was judged; if it needed an append, that is in the log.
    Judged(Judged),
    /// A change is in the log.
    Changed(Change),
    /// A record was not understood, or belongs to another user than its key says; it becomes a dead letter.
    Malformed {
        /// Where it was.
        source: String,
        /// Why, where its value is the reason.
        error: Option<Malformed>,
    },
    /// The dead letter of a record that was not understood is in the log.
    DeadLettered,
    /// A partition is restored.
    Restored {
        /// Which.
        partition: i32,
        /// Records that were read.
        records: u64,
    },
    /// A record of the memberships topic is not ours; told once for each partition and assignment.
    Stranger {
        /// Where it is.
        at: TopicPartition,
        /// At which offset.
        offset: i64,
        /// Why.
        error: Unreadable,
    },
    /// A late append of a former owner was the last of its key; what is known is in the log again.
    Healed,
    /// The same, but what is known is too large to be appended again; it holds here, and the log is wrong until a newer record comes.
    NotHealed {
        /// Where.
        partition: i32,
    },
    /// The same, but what is known is not in the log any more: what the late append says holds now.
    GaveWay {
        /// Where.
        partition: i32,
    },
    /// Two names fall on one key.
    Collided(Collision),
    /// There are more keys than anybody has audiences; told once.
    ManyKeys(usize),
    /// Kafka refused an append; it is tried again.
    Refused {
        /// Which partition waits for it.
        partition: i32,
        /// Which topic refused.
        topic: Arc<str>,
        /// Why.
        error: AppendError,
    },
}
