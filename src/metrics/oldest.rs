//! Since when the oldest delivery of each destination waits that this replica holds: in its lanes, or in its delays.
//! The two stages that hold any tell their own; a destination of which nothing is held has no series.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use prometheus::GaugeVec;

use super::make::Maker;
use crate::outcome::time::KafkaTime;
use crate::route::destination::DestinationId;

/// Which stage holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Deliver.
    Lanes,
    /// Delay.
    Delays,
}

/// Stands for nothing held.
const NOTHING: i64 = i64::MAX;

/// The oldest of each name.
#[derive(Debug)]
pub struct Oldest {
    family: GaugeVec,
    names: Arc<[Arc<str>]>,
    places: Arc<HashMap<DestinationId, usize>>,
    /// By place and holder, in milliseconds.
    held: Box<[[AtomicI64; 2]]>,
}

impl Oldest {
    pub(super) fn new(
        make: &Maker<'_>,
        names: Arc<[Arc<str>]>,
        places: Arc<HashMap<DestinationId, usize>>,
    ) -> Result<Self, prometheus::Error> {
        let family = make.fractions(
            "webhooks_oldest_accepted_timestamp_seconds",
            "When the oldest delivery that this replica holds was accepted, to the second.",
            &["destination"],
        )?;
        let held = names.iter().map(|_| [AtomicI64::new(NOTHING), AtomicI64::new(NOTHING)]).collect();
        Ok(Self { family, names, places, held })
    }

    /// Tells all that a stage holds, by the oldest of each destination.
    pub fn set<'a>(&self, holder: Holder, oldest: impl Iterator<Item = (&'a DestinationId, KafkaTime)>) {
        let mut all = vec![NOTHING; self.names.len()];
        for (id, time) in oldest {
            if let Some(place) = self.places.get(id) {
                all[*place] = all[*place].min(time.as_millis());
            }
        }
        for (own, time) in self.held.iter().zip(all) {
            own[holder as usize].store(time, Ordering::Relaxed);
        }
    }

    /// Brings the series up to date; to be called before they are shown.
    pub(super) fn refresh(&self) {
        for (own, name) in self.held.iter().zip(&*self.names) {
            let [lanes, delays] = own.each_ref().map(|time| time.load(Ordering::Relaxed));
            match lanes.min(delays) {
                // The error says that there was no such series.
                NOTHING => drop(self.family.remove_label_values(&[name])),
                oldest => self.family.with_label_values(&[name]).set(oldest as f64 / 1000.0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;

    #[test]
    fn the_older_of_both_holders_is_shown_and_nothing_where_nothing_is_held() {
        let id = |text: &str| DestinationId::new(text).unwrap();
        let places = Arc::new([(id("a"), 0), (id("b"), 1), (id("c"), 1)].into_iter().collect());
        let names: Arc<[Arc<str>]> = ["a".into(), "other".into()].into();
        let oldest = Oldest::new(&Maker(&Registry::new()), names, places).unwrap();
        let at = |seconds: i64| KafkaTime::from_millis(seconds * 1000);
        let shown = || {
            oldest.refresh();
            let families = prometheus::core::Collector::collect(&oldest.family);
            let all = families[0].get_metric().iter();
            let mut all: Vec<_> =
                all.map(|own| (own.get_label()[0].value().to_owned(), own.get_gauge().get_value())).collect();
            all.sort_by(|one, other| one.0.cmp(&other.0));
            all
        };
        oldest.set(Holder::Lanes, [(&id("a"), at(7)), (&id("b"), at(9)), (&id("c"), at(8))].into_iter());
        oldest.set(Holder::Delays, [(&id("a"), at(5))].into_iter());
        assert_eq!(shown(), [("a".to_owned(), 5.0), ("other".to_owned(), 8.0)]);
        oldest.set(Holder::Lanes, std::iter::empty());
        assert_eq!(shown(), [("a".to_owned(), 5.0)]);
        oldest.set(Holder::Delays, std::iter::empty());
        assert_eq!(shown(), []);
    }
}
