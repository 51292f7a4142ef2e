//! A destination whose only mapping has got a name still takes what was made before it had one, and what a stranger writes
//! without one: there is nothing else it could be meant for. A delivery that names a mapping goes to no other.

use super::*;

impl DeliverCore {
    /// Names the mapping of a delivery without one, where the destination has only one.
    pub(super) fn name_mapping(&self, delivery: &mut Delivery) {
        if let (None, Some(destination)) = (&delivery.mapping, &delivery.destination) {
            delivery.mapping = self.sole.get(destination).cloned();
        }
    }
}

/// The mapping of each destination that has only one, if it has a name.
pub(super) fn sole_mappings(terms: &HashMap<LaneId, Terms>) -> HashMap<DestinationId, Arc<str>> {
    let mut sole: HashMap<DestinationId, Option<Arc<str>>> = HashMap::new();
    for LaneId { destination, mapping } in terms.keys() {
        sole.entry(destination.clone()).and_modify(|several| *several = None).or_insert_with(|| mapping.clone());
    }
    sole.into_iter().filter_map(|(destination, mapping)| Some((destination, mapping?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::deliver::core::tests::terms;

    #[test]
    fn only_a_mapping_that_is_alone_is_meant_without_being_named() {
        let lanes = [("one", Some("a")), ("two", Some("a")), ("two", Some("b")), ("classic", None)];
        let lane = |(id, mapping): (&str, Option<&str>)| {
            let destination = DestinationId::new(id).unwrap();
            (LaneId { destination, mapping: mapping.map(Arc::from) }, terms(LaneLimits::of(1)))
        };
        let sole = sole_mappings(&lanes.map(lane).into());
        assert_eq!(sole, HashMap::from([(DestinationId::new("one").unwrap(), "a".into())]));
    }
}
