//! What the deliver core is told at the start, what it asks for, and what it reports.
//! Plain data between the core and whoever drives it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Delivery, MadeBy};
use crate::delivery::LastAttempt;
use crate::delivery::batch::Batching;
use crate::delivery::claim::TopicPartition;
use crate::delivery::flow::Change;
use crate::delivery::lane::{Due, LaneId, LaneLimits};
use crate::kafka::record::{Append, AppendError, Token};
use crate::outcome::disposition::{Attempted, Cause, Reason};
use crate::outcome::schedule::{Tier, Tiers};
use crate::outcome::time::KafkaTime;
use crate::route::destination::DestinationId;
use crate::settle::Topics;

/// What the core knows of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Our topics.
    pub topics: Topics,
    /// The waits there are.
    pub tiers: Tiers,
    /// The window of deliveries whose destination is not known.
    pub give_up_after: Duration,
    /// How long anything may wait, whatever the cause.
    pub expire_after: Duration,
    /// Partitions of the deliveries topic.
    pub partitions: i32,
    /// Requests of the whole process at once.
    pub max_requests: usize,
    /// Bytes all partitions may hold together.
    pub budget: usize,
    /// Bytes waiting in one partition from which a lane that holds most of them gives way to idle ones.
    pub clogged_at: usize,
    /// Records of one partition, from the first unsettled one to the last, from which a lane that cannot keep up gives way
    /// to those that can.
    pub span: usize,
    /// What each lane is allowed.
    pub terms: HashMap<LaneId, Terms>,
}

/// What a lane is allowed by its destination.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Whether it takes deliveries at all.
    pub enabled: bool,
    /// Whether its deliveries wait for now, without their clock running.
    pub paused: bool,
    /// The limits of all lanes of the destination together.
    pub limits: LaneLimits,
    /// How its deliveries are put together; none where each goes by itself.
    pub batching: Option<Batching>,
    /// Over how many partitions it is spread.
    pub spread: u32,
    /// Its window.
    pub give_up_after: Duration,
    /// Its most attempts.
    pub max_attempts: Option<u32>,
}

/// What the driver is to do, or may count.
#[derive(Debug)]
pub enum Output {
    /// Make an attempt and report it by its token.
    Attempt(Order),
    /// Append a record and report the confirmation by its token.
    Append(Token, Append),
    /// Something for logs and metrics.
    Happened(Happened),
}

/// An attempt to make.
#[derive(Debug)]
pub struct Order {
    /// To report by.
    pub token: Token,
    /// Whose.
    pub lane: LaneId,
    /// What to deliver: one, or a batch.
    pub deliveries: Vec<Delivery>,
    /// Since when each of them could be attempted.
    pub due: Vec<Due>,
}

/// What an attempt came to, as the driver reports it.
#[derive(Debug)]
pub enum Report {
    /// The receiver, or the way to it, decided.
    Tried(Tried),
    /// We failed ourselves before anything was sent; the delivery goes back to its lane and spends no attempt.
    OurFault(Box<str>),
}

/// An attempt that was made.
#[derive(Debug)]
pub struct Tried {
    /// Outcome and Retry-After.
    pub attempted: Attempted,
    /// When it began, by Kafka's time.
    pub began: KafkaTime,
    /// What is remembered of it.
    pub last: Arc<LastAttempt>,
    /// Whether several that were sent together are to be sent in smaller batches, as after a 413.
    pub asks_for_less: bool,
}

/// What happened, for logs and metrics; the core itself counts nothing.
#[derive(Debug)]
pub enum Happened {
    /// A 2xx.
    Delivered {
        /// To whom.
        destination: DestinationId,
        /// What.
        delivery: Delivery,
    },
    /// A delivery that route did not make is settled for the first time; what it came to is told besides.
    Made {
        /// For whom, if the key is an id.
        destination: Option<DestinationId>,
        /// By whom.
        by: MadeBy,
    },
    /// A wait began; Kafka has confirmed it.
    Delayed {
        /// For whom, if the key is an id.
        destination: Option<DestinationId>,
        /// What.
        delivery: Delivery,
        /// Where.
        tier: Tier,
        /// Why.
        cause: Cause,
    },
    /// Something was given up; Kafka has confirmed it.
    DeadLettered {
        /// For whom, if the key is an id.
        destination: Option<DestinationId>,
        /// What.
        delivery: Delivery,
        /// Why.
        reason: Reason,
    },
    /// A destination or mapping that is not known or not enabled has deliveries; told once for each.
    Absent {
        /// Which.
        lane: LaneId,
        /// In which way.
        reason: Reason,
    },
    /// Something began, or ended, to hold a lane back.
    Flow {
        /// Which.
        lane: LaneId,
        /// What.
        change: Change,
    },
    /// What held a lane back is forgotten, since its destination is another replica's now.
    FlowForgotten {
        /// Which.
        lane: LaneId,
    },
    /// A destination that is paused has deliveries; told once for each.
    Paused {
        /// Which.
        destination: DestinationId,
    },
    /// A copy of something settled was dropped.
    Repeated {
        /// For whom, if the key is an id.
        destination: Option<DestinationId>,
    },
    /// Kafka refused an append; it is tried again.
    Refused {
        /// Whose offset waits for it.
        at: TopicPartition,
        /// Which topic refused.
        topic: Arc<str>,
        /// Why.
        error: AppendError,
    },
    /// A batch was too large for its receiver and goes again in smaller ones.
    Split {
        /// Of which lane.
        lane: LaneId,
        /// How many deliveries it had.
        deliveries: usize,
    },
    /// A failure of our own put an attempt off.
    OurFault {
        /// In which lane.
        lane: LaneId,
        /// What went wrong.
        error: Box<str>,
    },
}
