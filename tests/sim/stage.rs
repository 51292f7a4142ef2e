//! The two cores behind one face, as their drivers use them. Deciding is theirs; nothing is decided here.
//! The driver's part, when to call what, is in `member` and `turn`.

use kafka_webhooks::delivery::Delivery;
use kafka_webhooks::delivery::claim::TopicPartition;
use kafka_webhooks::delivery::lane::LaneId;
use kafka_webhooks::kafka::offsets::{Grant, Position};
use kafka_webhooks::kafka::record::{Append, Confirmation, Record, Token};
use kafka_webhooks::outcome::disposition::{Cause, Reason};
use kafka_webhooks::outcome::time::Now;
use kafka_webhooks::stage::delay::core::{DelayCore, Output as Returned};
use kafka_webhooks::stage::deliver::core::{DeliverCore, Happened, Order, Output as Decided, Report};

/// Which stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Deliver,
    Delay,
}

/// A stage's core.
#[derive(Debug)]
pub(crate) enum Core {
    Deliver(Box<DeliverCore>),
    Delay(Box<DelayCore>),
}

/// What a core asks for or tells, as far as the simulation cares.
#[derive(Debug)]
pub(crate) enum Said {
    Attempt(Order),
    Append(Token, Append),
    Delivered(Delivery),
    Delayed(Cause),
    Dead(Delivery, Reason),
    Repeated,
    Forgotten(LaneId),
    Split,
    Other,
}

macro_rules! both {
    ($self:ident, $core:ident => $call:expr) => {
        match $self {
            Core::Deliver($core) => $call,
            Core::Delay($core) => $call,
        }
    };
}

impl Core {
    pub(crate) fn assigned(&mut self, grants: &[Grant]) {
        both!(self, core => core.assigned(grants));
    }

    pub(crate) fn revoke(&mut self, partitions: &[TopicPartition], now: Now) {
        match self {
            Self::Deliver(core) => core.revoke(partitions, now),
            Self::Delay(core) => core.revoke(partitions),
        }
    }

    pub(crate) fn is_drained(&self, at: &TopicPartition) -> bool {
        both!(self, core => core.is_drained(at))
    }

    pub(crate) fn release(&mut self, partitions: &[TopicPartition]) -> Vec<Position> {
        both!(self, core => core.release(partitions))
    }

    pub(crate) fn lost(&mut self, partitions: &[TopicPartition]) {
        both!(self, core => core.lost(partitions));
    }

    pub(crate) fn arrived(&mut self, record: Record, now: Now) {
        both!(self, core => core.arrived(record, now));
    }

    pub(crate) fn proceed(&mut self, now: Now) {
        both!(self, core => core.proceed(now));
    }

    pub(crate) fn confirmed(&mut self, confirmation: &Confirmation, now: Now) {
        both!(self, core => core.confirmed(confirmation, now));
    }

    pub(crate) fn no_room(&mut self, token: Token, now: Now) {
        both!(self, core => core.no_room(token, now));
    }

    pub(crate) fn take_positions(&mut self) -> Vec<Position> {
        both!(self, core => core.take_positions())
    }

    pub(crate) fn attempted(&mut self, token: Token, report: Report, now: Now) {
        if let Self::Deliver(core) = self {
            core.attempted(token, report, now);
        }
    }

    pub(crate) fn take_outputs(&mut self) -> Vec<Said> {
        match self {
            Self::Deliver(core) => core.take_outputs().into_iter().map(decided).collect(),
            Self::Delay(core) => core.take_outputs().into_iter().map(returned).collect(),
        }
    }
}

fn decided(output: Decided) -> Said {
    match output {
        Decided::Attempt(order) => Said::Attempt(order),
        Decided::Append(token, append) => Said::Append(token, append),
        Decided::Happened(Happened::Delivered { delivery, .. }) => Said::Delivered(delivery),
        Decided::Happened(Happened::Delayed { cause, .. }) => Said::Delayed(cause),
        Decided::Happened(Happened::DeadLettered { delivery, reason, .. }) => Said::Dead(delivery, reason),
        Decided::Happened(Happened::Repeated { .. }) => Said::Repeated,
        Decided::Happened(Happened::FlowForgotten { lane }) => Said::Forgotten(lane),
        Decided::Happened(Happened::Split { .. }) => Said::Split,
        Decided::Happened(_) => Said::Other,
    }
}

fn returned(output: Returned) -> Said {
    match output {
        Returned::Append(token, append) => Said::Append(token, append),
        Returned::Repeated { .. } => Said::Repeated,
        Returned::Refused { .. } | Returned::Returned { .. } | Returned::DeadLettered { .. } => Said::Other,
    }
}
