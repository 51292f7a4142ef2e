//! The delivery: one event owed to one destination, alive until settled.
//! Owns its identity, how far it has come, and the lanes in which deliveries wait for an attempt. How it looks
//! in Kafka is the business of `kafka::envelope`, the attempt that of `attempt`.

pub mod ages;
pub mod batch;
pub mod breaker;
pub mod claim;
pub mod copies;
pub mod defect;
pub mod dispatch;
pub mod flow;
pub mod id;
pub mod lane;
pub mod load;
pub mod pace;
mod queue;
pub mod rate;
pub mod returns;
pub mod slowdown;
pub mod tenure;

use std::sync::Arc;

use bytes::Bytes;

use crate::outcome::disposition::{Progress, Reason};
use crate::outcome::time::KafkaTime;
use crate::route::destination::DestinationId;
use copies::CopyKey;
use id::DeliveryId;
use lane::LaneId;
use tenure::Stamp;

/// One event owed to one destination. Cheap to clone: everything large is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same whenever the source record is read again.
    pub id: DeliveryId,
    /// The record's key as it was read: the destination's id, or what a stranger put there.
    pub key: Bytes,
    /// The key as an id, if it is one.
    pub destination: Option<DestinationId>,
    /// Where the event came from: `events/3@4217`.
    pub source: Arc<str>,
    /// The time of the source record.
    pub accepted_at: KafkaTime,
    /// The mapping, where the destination has several.
    pub mapping: Option<Arc<str>>,
    /// Attempts, hops and the clock.
    pub progress: Progress,
    /// What the last attempt came to.
    pub last: Option<Arc<LastAttempt>>,
    /// Who made it, until it first waits or ends.
    pub made_by: MadeBy,
    /// Which tenure put it into the tier it comes from; none where it comes from an event or a replay.
    pub stamp: Option<Stamp>,
    /// The event, byte for byte as it was read.
    pub value: Bytes,
}

/// Who made a delivery. Route counts its own when Kafka has confirmed them; all others are counted with what they first
/// come to. What has waited was counted before, and counts as made by route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MadeBy {
    /// Route, from an event or a change of a membership.
    #[default]
    Route,
    /// The command `audiences sync`.
    AudiencesSync,
    /// Whoever wrote a record without our headers.
    Stranger,
    /// A replay of a dead letter, which was given up for this reason if it tells. It begins anew, without hops.
    Replay(Option<Reason>),
}

impl Delivery {
    /// The lane it belongs to; none where the key is no id.
    pub fn lane(&self) -> Option<LaneId> {
        Some(LaneId { destination: self.destination.clone()?, mapping: self.mapping.clone() })
    }

    /// What tells this life of it from others.
    pub fn copy_key(&self) -> CopyKey {
        CopyKey::of(self.id, &self.progress, self.stamp.as_ref())
    }
}

/// What is remembered of the last attempt, for whoever reads the topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAttempt {
    /// The outcome's label.
    pub outcome: Box<str>,
    /// The status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong, for people; at most 256 bytes, without secrets and query strings.
    pub error: Option<Box<str>>,
}
