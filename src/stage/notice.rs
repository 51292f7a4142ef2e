//! What the stages tell somebody who looks on, such as `dev`, event by event. For eyes only: it is bounded, a full channel
//! drops notices and never holds a delivery up, and where nobody looks on nothing is made. What counts is `metrics`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{deliver, route};
use crate::delivery::Delivery;
use crate::delivery::id::DeliveryId;
use crate::outcome::disposition::{Cause, Reason};
use crate::outcome::schedule::Tier;
use crate::route::Filtered;
use crate::route::destination::DestinationId;

/// Something a person may want to see. A delivery's own notices come in order.
#[derive(Clone, Debug)]
pub enum Notice {
    /// An attempt ended; what follows comes next.
    Attempted {
        /// Of which delivery.
        id: DeliveryId,
        /// How long it took.
        took: Duration,
    },
    /// A delivery got its 2xx.
    Delivered(Delivery),
    /// A wait began; Kafka has confirmed it.
    Delayed {
        /// What waits.
        delivery: Delivery,
        /// Where.
        tier: Tier,
        /// Why.
        cause: Cause,
    },
    /// A delivery was given up; Kafka has confirmed it.
    DeadLettered {
        /// What.
        delivery: Delivery,
        /// Why.
        reason: Reason,
    },
    /// A source record is no event.
    Malformed {
        /// Where it is: `events/3@4217`.
        source: String,
        /// Why; holds nothing of the record.
        error: String,
    },
    /// A destination does not want an event.
    Filtered(DestinationId, Filtered),
}

/// The stages' end of the channel; [`Notices::default`] is that of nobody.
#[derive(Clone, Debug, Default)]
pub struct Notices(Option<Channel>);

#[derive(Clone, Debug)]
struct Channel {
    sender: Sender<Notice>,
    missed: Arc<AtomicU64>,
}

/// The onlooker's end.
#[derive(Debug)]
pub struct Noticed {
    receiver: Receiver<Notice>,
    missed: Arc<AtomicU64>,
}

impl Notices {
    /// Both ends of a channel for at most so many notices that were not taken yet.
    pub fn channel(most: usize) -> (Self, Noticed) {
        let (sender, receiver) = channel(most);
        let missed = Arc::new(AtomicU64::new(0));
        (Self(Some(Channel { sender, missed: missed.clone() })), Noticed { receiver, missed })
    }

    pub(super) fn attempted(&self, id: DeliveryId, took: Duration) {
        self.tell(|| Some(Notice::Attempted { id, took }));
    }

    pub(super) fn of_deliver(&self, happened: &deliver::core::Happened) {
        use deliver::core::Happened;
        self.tell(|| match happened {
            Happened::Delivered { delivery, .. } => Some(Notice::Delivered(delivery.clone())),
            Happened::Delayed { delivery, tier, cause, .. } => {
                Some(Notice::Delayed { delivery: delivery.clone(), tier: *tier, cause: *cause })
            }
            Happened::DeadLettered { delivery, reason, .. } => {
                Some(Notice::DeadLettered { delivery: delivery.clone(), reason: *reason })
            }
            _ => None,
        });
    }

    pub(super) fn of_route(&self, happened: &route::core::Happened) {
        use route::core::Happened;
        self.tell(|| match happened {
            Happened::Malformed { source, error, .. } => {
                Some(Notice::Malformed { source: source.clone(), error: error.clone() })
            }
            _ => None,
        });
    }

    pub(super) fn unwanted(&self, destination: &DestinationId, unwanted: &route::core::Unwanted) {
        if self.0.is_some() {
            for _ in 0..unwanted.events {
                self.tell(|| Some(Notice::Filtered(destination.clone(), unwanted.reason)));
            }
        }
    }

    fn tell(&self, notice: impl FnOnce() -> Option<Notice>) {
        let Some(Channel { sender, missed }) = &self.0 else { return };
        if let Some(notice) = notice()
            && sender.try_send(notice).is_err()
        {
            missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Noticed {
    /// The next notice; `None` when all stages have ended and everything was taken.
    pub async fn next(&mut self) -> Option<Notice> {
        self.receiver.recv().await
    }

    /// Notices that found the channel full, since the last call.
    pub fn take_missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn malformed() -> route::core::Happened {
        let error = crate::event::Malformed::TypeMissing.to_string();
        route::core::Happened::Malformed { source: "events/0@1".to_owned(), topic: "events".into(), error }
    }

    #[tokio::test]
    async fn a_full_channel_drops_notices_and_counts_them() {
        let (notices, mut noticed) = Notices::channel(1);
        notices.of_route(&malformed());
        notices.of_route(&malformed());
        drop(notices);
        assert!(matches!(noticed.next().await, Some(Notice::Malformed { source, .. }) if source == "events/0@1"));
        assert!(noticed.next().await.is_none());
        assert_eq!((noticed.take_missed(), noticed.take_missed()), (1, 0));
    }

    #[tokio::test]
    async fn what_is_for_metrics_only_is_no_notice() {
        let (notices, mut noticed) = Notices::channel(1);
        notices.of_route(&route::core::Happened::Consumed("events".into()));
        drop(notices);
        assert!(noticed.next().await.is_none());
        assert_eq!(noticed.take_missed(), 0);
    }

    #[test]
    fn where_nobody_looks_on_nothing_is_made() {
        Notices::default().tell(|| panic!("made for nobody"));
    }
}
