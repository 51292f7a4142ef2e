//! What a person can choose at the top of a board.

use serde_json::{Value, json};

use super::panel::datasource;

/// A variable.
#[derive(Clone, Copy)]
pub(crate) enum Variable {
    /// Which Prometheus is asked: `$datasource`.
    DataSource,
    /// Which destinations: `$destination`.
    Destination,
    /// Which replicas: `$replica`.
    Replica,
}

impl Variable {
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::DataSource => json!({
                "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1,
                "current": {},
            }),
            Self::Destination => {
                values("destination", "Destination", "label_values(webhooks_deliveries_created_total, destination)")
            }
            Self::Replica => values("replica", "Replica", "label_values(webhooks_build_info, instance)"),
        }
    }
}

fn values(name: &str, label: &str, query: &str) -> Value {
    json!({
        "name": name, "label": label, "type": "query", "datasource": datasource(),
        "query": { "query": query, "refId": name }, "definition": query,
        "refresh": 2, "sort": 1, "multi": true, "includeAll": true, "allValue": ".*",
        "current": { "text": ["All"], "value": ["$__all"] },
    })
}
