//! What is marked in all panels of a board: moments that explain a bend. Each is one step wide, so it is told by what differs
//! from a step before, which holds for every scrape interval.

use serde_json::{Value, json};

/// A kind of moment.
#[derive(Clone, Copy)]
pub(crate) enum Annotation {
    /// A replica began: a deploy, a new replica or a crash.
    Start,
    /// Partitions moved.
    Rebalance,
    /// Another configuration was taken up.
    Configuration,
    /// A breaker opened.
    Breaker,
}

impl Annotation {
    /// Every kind that concerns the whole group.
    pub(crate) const OF_THE_GROUP: [Self; 3] = [Self::Start, Self::Rebalance, Self::Configuration];

    pub(crate) fn json(self, datasource: &Value) -> Value {
        let (name, colour, expression, title, tags) = match self {
            // Its value is the moment itself.
            Self::Start => (
                "Replicas that start",
                "blue",
                "1000 * (process_start_time_seconds * on (instance, job) group_left (version) webhooks_build_info)",
                "{{instance}} started, version {{version}}",
                "instance",
            ),
            Self::Rebalance => (
                "Rebalances",
                "purple",
                "sum by (stage) (webhooks_kafka_rebalances_total{kind=~\"revoked|lost\"}) \
                 != sum by (stage) (webhooks_kafka_rebalances_total{kind=~\"revoked|lost\"} offset 15s)",
                "{{stage}}: partitions moved",
                "stage",
            ),
            Self::Configuration => (
                "Configurations",
                "light-blue",
                "sum by (result) (webhooks_config_reloads_total) != sum by (result) (webhooks_config_reloads_total offset 15s)",
                "configuration read again: {{result}}",
                "result",
            ),
            Self::Breaker => (
                "Breakers",
                "orange",
                "max by (destination) (webhooks_breaker_state{destination=~\"$destination\"} == 2) \
                 unless max by (destination) (webhooks_breaker_state offset 15s == 2)",
                "{{destination}}: its breaker opened",
                "destination",
            ),
        };
        json!({
            "name": name, "enable": true, "hide": false, "iconColor": colour, "datasource": datasource,
            "expr": expression, "titleFormat": title, "tagKeys": tags, "step": "15s", "useValueForTime": matches!(self, Self::Start),
        })
    }
}
