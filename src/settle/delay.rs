//! Into a tier. How long a record stays there is told by the topic, how it comes back by the delay stage.
//! Which tier it is was decided before, by `outcome::disposition`.

use crate::delivery::Delivery;
use crate::kafka::envelope;
use crate::kafka::record::Append;
use crate::outcome::schedule::Tier;

use super::Topics;

/// The record that waits: the delivery one hop further, in the same partition of the tier as it had in the deliveries
/// topic, so that one destination's records stay with one replica.
pub fn into_tier(delivery: &Delivery, tier: Tier, partition: i32, topics: &Topics) -> Append {
    Append {
        topic: topics.tier(tier),
        partition: Some(partition),
        key: Some(delivery.key.clone()),
        value: Some(delivery.value.clone()),
        headers: envelope::headers(delivery),
    }
}
