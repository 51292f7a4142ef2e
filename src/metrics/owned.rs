//! The gauges of the destinations whose partitions a replica has: they come with a partition and go with it, so that each
//! destination is shown by the one replica that serves it. Destinations that share a name are shown as one: sums, and of
//! what holds them back the worst. Set by the deliver stage, which alone has the handles.

use std::collections::HashMap;
use std::sync::Arc;

use prometheus::{Gauge, GaugeVec, IntGauge, IntGaugeVec};

use super::make::Maker;
use crate::route::destination::DestinationId;

/// What is shown of a destination.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shown {
    /// Deliveries that wait in its lane.
    pub queued: usize,
    /// Deliveries under way.
    pub in_flight: usize,
    /// Most deliveries under way.
    pub limit: usize,
    /// 0 closed, 1 half-open, 2 open.
    pub breaker: i64,
    /// Until when it is paused, in seconds since 1970; 0 where it is not.
    pub paused_until: f64,
}

/// The gauges; a clone shows the same series.
#[derive(Clone, Debug)]
pub struct OwnedGauges {
    families: Families,
    /// The names that may be shown, and which of them a destination has.
    names: Arc<[Arc<str>]>,
    places: Arc<HashMap<DestinationId, usize>>,
    /// By place, what is shown now.
    handles: Vec<Option<Handles>>,
}

#[derive(Clone, Debug)]
struct Families {
    queued: IntGaugeVec,
    in_flight: IntGaugeVec,
    limit: IntGaugeVec,
    breaker: IntGaugeVec,
    paused_until: GaugeVec,
}

#[derive(Clone, Debug)]
struct Handles {
    queued: IntGauge,
    in_flight: IntGauge,
    limit: IntGauge,
    breaker: IntGauge,
    paused_until: Gauge,
}

impl Shown {
    fn and(self, other: Self) -> Self {
        Self {
            queued: self.queued + other.queued,
            in_flight: self.in_flight + other.in_flight,
            limit: self.limit.saturating_add(other.limit),
            breaker: self.breaker.max(other.breaker),
            paused_until: self.paused_until.max(other.paused_until),
        }
    }
}

impl OwnedGauges {
    pub(super) fn new(
        make: &Maker<'_>,
        names: Arc<[Arc<str>]>,
        places: Arc<HashMap<DestinationId, usize>>,
    ) -> Result<Self, prometheus::Error> {
        let gauges = |name: &str, help: &str| make.gauges(name, help, &["destination"]);
        let families = Families {
            queued: gauges("webhooks_queued_deliveries", "Deliveries that wait in the lane of this replica.")?,
            in_flight: gauges("webhooks_in_flight_requests", "Deliveries under way.")?,
            limit: gauges("webhooks_in_flight_limit", "Most deliveries that may be under way at this replica.")?,
            breaker: gauges("webhooks_breaker_state", "0 closed, 1 half-open, 2 open.")?,
            paused_until: make.fractions(
                "webhooks_paused_until_timestamp_seconds",
                "Until when the receiver asked to be left alone; 0 when it did not.",
                &["destination"],
            )?,
        };
        Ok(Self { families, handles: vec![None; names.len()], names, places })
    }

    /// Shows these destinations and no others.
    pub fn show<'a>(&mut self, owned: impl Iterator<Item = (&'a DestinationId, Shown)>) {
        let mut all: Vec<Option<Shown>> = vec![None; self.names.len()];
        for (id, shown) in owned {
            if let Some(place) = self.places.get(id) {
                all[*place] = Some(all[*place].map_or(shown, |before| before.and(shown)));
            }
        }
        for ((shown, handles), name) in all.into_iter().zip(&mut self.handles).zip(&*self.names) {
            match shown {
                Some(shown) => handles.get_or_insert_with(|| self.families.handles(name)).set(shown),
                None if handles.take().is_some() => self.families.remove(name),
                None => {}
            }
        }
    }
}

impl Families {
    fn handles(&self, name: &str) -> Handles {
        Handles {
            queued: self.queued.with_label_values(&[name]),
            in_flight: self.in_flight.with_label_values(&[name]),
            limit: self.limit.with_label_values(&[name]),
            breaker: self.breaker.with_label_values(&[name]),
            paused_until: self.paused_until.with_label_values(&[name]),
        }
    }

    fn remove(&self, name: &str) {
        for family in [&self.queued, &self.in_flight, &self.limit, &self.breaker] {
            // The error says that there was no such series.
            drop(family.remove_label_values(&[name]));
        }
        drop(self.paused_until.remove_label_values(&[name]));
    }
}

impl Handles {
    fn set(&self, shown: Shown) {
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.queued.set(whole(shown.queued));
        self.in_flight.set(whole(shown.in_flight));
        self.limit.set(whole(shown.limit));
        self.breaker.set(shown.breaker);
        self.paused_until.set(shown.paused_until);
    }
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::*;

    #[test]
    fn those_that_share_a_name_are_shown_as_one_and_what_goes_is_shown_no_more() {
        let id = |text: &str| DestinationId::new(text).unwrap();
        let places = [(id("a"), 0), (id("b"), 1), (id("c"), 1)];
        let names: Arc<[Arc<str>]> = ["a".into(), "other".into()].into();
        let mut gauges =
            OwnedGauges::new(&Maker(&Registry::new()), names, Arc::new(places.into_iter().collect())).unwrap();
        let shown = Shown { queued: 1, in_flight: 2, limit: 3, breaker: 1, paused_until: 0.0 };
        let worse = Shown { breaker: 2, paused_until: 5.0, ..shown };
        gauges.show([(&id("a"), shown), (&id("b"), worse), (&id("c"), shown), (&id("strange"), shown)].into_iter());
        let [a, other] = gauges.handles.clone().try_into().unwrap();
        let (a, other) = (a.unwrap(), other.unwrap());
        let ints = |own: &Handles| [own.queued.get(), own.in_flight.get(), own.limit.get(), own.breaker.get()];
        assert_eq!((ints(&a), a.paused_until.get()), ([1, 2, 3, 1], 0.0));
        assert_eq!((ints(&other), other.paused_until.get()), ([2, 4, 6, 2], 5.0));
        gauges.show([(&id("c"), shown)].into_iter());
        assert!(gauges.handles[0].is_none());
        assert_eq!(ints(gauges.handles[1].as_ref().unwrap()), [1, 2, 3, 1]);
        let collected = prometheus::core::Collector::collect(&gauges.families.queued);
        assert_eq!(collected[0].get_metric().len(), 1);
    }
}
