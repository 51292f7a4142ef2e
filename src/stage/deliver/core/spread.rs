//! The limits of a destination that is spread over several partitions: each replica has that part of them which it has of
//! the partitions, so that all together keep to what the file says. And which lanes a partition has, seen or not. Where
//! deliveries go is `kafka::partitioner`'s to say.

use super::*;
use crate::kafka::partitioner::partitions_of;

impl DeliverCore {
    /// What is ours of a destination's limits.
    pub(super) fn own_limits(&self, id: &LaneId, terms: &Terms) -> LaneLimits {
        let own = if terms.spread > 1 { self.own_limits.get(id) } else { None };
        own.copied().unwrap_or(terms.limits)
    }

    /// Forgets what held those lanes back whose destinations are another replica's now, which learns it for itself.
    pub(super) fn forget_flows(&mut self) {
        let ours: HashSet<i32> = self.ledger.assigned().map(|at| at.partition).collect();
        let (terms, partitions) = (&self.settings.terms, self.settings.partitions);
        let forgotten = self.dispatch.forget_flows(|id| {
            let spread = terms.get(id).map_or(1, |terms| terms.spread);
            partitions_of(id.destination.as_str().as_bytes(), spread, partitions)
                .any(|partition| ours.contains(&partition))
        });
        for lane in forgotten {
            self.happened(Happened::FlowForgotten { lane });
        }
    }

    /// Notes whose deliveries lie in partitions that came.
    pub(super) fn expect_lanes(&mut self, grants: &[Grant]) {
        let granted: HashMap<i32, &TopicPartition> =
            grants.iter().map(|grant| (grant.at.partition, &grant.at)).collect();
        for (id, terms) in self.settings.terms.iter().filter(|(_, terms)| terms.enabled && !terms.paused) {
            for partition in partitions_of(id.destination.as_str().as_bytes(), terms.spread, self.settings.partitions) {
                if let Some(at) = granted.get(&partition) {
                    self.shares.expect(at, id);
                }
            }
        }
    }

    /// Divides the limits anew; to be called when partitions came or went.
    pub(super) fn share_limits(&mut self) {
        let ours: HashSet<i32> = self.ledger.assigned().map(|at| at.partition).collect();
        let mut spread: Vec<_> = self.settings.terms.iter().filter(|(_, terms)| terms.spread > 1).collect();
        // The order decides which lane looks first.
        spread.sort_unstable_by_key(|(id, _)| *id);
        for (id, terms) in spread {
            let all = partitions_of(id.destination.as_str().as_bytes(), terms.spread, self.settings.partitions);
            let (mut own, mut total) = (0, 0);
            for partition in all {
                total += 1;
                own += u32::from(ours.contains(&partition));
            }
            let limits = terms.limits.part(own, total);
            self.dispatch.limit(id, limits);
            self.own_limits.insert(id.clone(), limits);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::claim::Epoch;
    use crate::route::flow::RequestRate;
    use crate::stage::deliver::core::tests::{settings, terms};

    #[test]
    fn each_replica_has_its_part_of_the_limits_and_all_together_keep_to_them() {
        let id = DestinationId::new("wide").unwrap();
        let wide = LaneId::from(id.clone());
        let limits = LaneLimits { rate: RequestRate::per_second(40.0), ..LaneLimits::of(10) };
        let terms = Terms { spread: 4, ..terms(limits) };
        let of = |partition| TopicPartition::new("d", partition);
        let homes: Vec<i32> = partitions_of(b"wide", 4, 6).collect();
        let elsewhere = (0..6).find(|partition| !homes.contains(partition)).unwrap();
        let grants = |partitions: &[i32]| {
            let grant = |partition: &i32| Grant { at: of(*partition), epoch: Epoch(1), note: None, draw: 0 };
            partitions.iter().map(grant).collect::<Vec<_>>()
        };
        let mut core = DeliverCore::new(settings(6, [(id, terms.clone())]));
        for (more, in_flight, interval_ms) in
            [(elsewhere, 2, 100), (homes[0], 2, 100), (homes[2], 5, 50), (homes[3], 7, 33), (homes[1], 10, 25)]
        {
            core.assigned(&grants(&[more]));
            let own = core.own_limits(&wide, &terms);
            let interval = own.rate.unwrap().interval().as_millis();
            assert_eq!((own.max_in_flight, interval), (in_flight, interval_ms), "with {more}");
        }
        core.lost(&[of(homes[0]), of(homes[1])]);
        assert_eq!(core.own_limits(&wide, &terms).max_in_flight, 5);
    }
}
