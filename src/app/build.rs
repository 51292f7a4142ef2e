//! From configuration to parts: what each stage is handed.
//! The stages themselves are made by `stages`; waiting for Kafka is the business of `prepare`.

use std::collections::HashMap;
use std::sync::Arc;

use super::AppError;
use super::sizes::{CLOGGED_AT, DELIVER_BUDGET, SPAN};
use crate::attempt::request::{Clients, Sender};
use crate::config::Config;
use crate::delivery::batch::Batching;
use crate::delivery::lane::{LaneId, LaneLimits};
use crate::kafka::client::Connection;
use crate::metrics::topic::{Kind as Holds, Topic};
use crate::metrics::{Metrics, Scope};
use crate::outcome::schedule::Tiers;
use crate::route::actions::SendMapping;
use crate::route::destination::{Destination, Sends};
use crate::route::{Branch, Kind, Route};
use crate::settle::Topics;
use crate::stage::deliver::core::{Settings, Terms};

/// How Kafka is reached.
pub fn connection(config: &Config) -> Connection {
    Connection { brokers: config.kafka.brokers.clone(), properties: config.kafka.properties.clone() }
}

/// The names of our topics.
pub fn topics(config: &Config) -> Topics {
    Topics {
        audiences: config.topics.audiences.as_str().into(),
        audience_records: config.topics.audience_records.as_str().into(),
        memberships: config.topics.memberships.as_str().into(),
        deliveries: config.topics.deliveries.as_str().into(),
        delays: config.topics.delays.as_str().into(),
        dead_letters: config.topics.dead_letters.as_str().into(),
    }
}

/// The tiers.
pub fn tiers(config: &Config) -> Tiers {
    Tiers::new(config.retries.tiers.clone()).expect("a valid configuration has a tier")
}

/// What the deliver stage knows of the configuration, for a deliveries topic of so many partitions.
pub fn settings(config: &Config, partitions: i32, senders: &HashMap<LaneId, Arc<Sender>>) -> Settings {
    let terms = config.destinations.iter().flat_map(|destination| {
        lanes(destination).into_iter().map(|lane| {
            let batching = senders.get(&lane.id).and_then(|sender| sender.batching());
            let limits = LaneLimits {
                max_in_flight: destination.max_in_flight,
                requests: lane.requests,
                rate: destination.rate_limit,
                breaker: destination.breaker,
                batch: batching.as_ref().map(Batching::limits),
                lanes: lane.of,
            };
            let terms = Terms {
                enabled: destination.enabled && lane.enabled,
                paused: destination.paused,
                limits,
                batching,
                spread: destination.spread,
                give_up_after: destination.give_up_after,
                max_attempts: destination.max_attempts,
            };
            (lane.id, terms)
        })
    });
    Settings {
        topics: topics(config),
        tiers: tiers(config),
        give_up_after: config.retries.give_up_after,
        expire_after: config.retries.expire_after,
        partitions,
        max_requests: config.http.max_in_flight,
        budget: DELIVER_BUDGET,
        clogged_at: CLOGGED_AT,
        span: SPAN,
        terms: terms.collect(),
    }
}

/// A lane of a destination.
struct Lane {
    id: LaneId,
    enabled: bool,
    /// Requests that one delivery makes at once.
    requests: usize,
    /// Lanes that share the destination's limits.
    of: usize,
}

fn lanes(destination: &Destination) -> Vec<Lane> {
    let id = |mapping| LaneId { destination: destination.id.clone(), mapping };
    match &destination.sends {
        Sends::Hooks(hooks) => vec![Lane { id: id(None), enabled: true, requests: hooks.len(), of: 1 }],
        Sends::Mappings(mappings) => {
            let of = mappings.iter().filter(|mapping| mapping.enabled).count();
            let lane = |mapping: &Arc<SendMapping>| Lane {
                id: id(mapping.name.clone()),
                enabled: mapping.enabled,
                requests: 1,
                of,
            };
            mappings.iter().map(lane).collect()
        }
    }
}

/// What each destination is routed by.
pub fn routes(config: &Config) -> Vec<Route> {
    config.destinations.iter().map(route).collect()
}

fn route(destination: &Destination) -> Route {
    let (kind, branches) = match &destination.sends {
        Sends::Hooks(_) => (Kind::Webhooks, Vec::new()),
        Sends::Mappings(mappings) => (Kind::Actions, mappings.iter().map(|mapping| branch(mapping)).collect()),
    };
    Route {
        id: destination.id.clone(),
        enabled: destination.enabled,
        kind,
        spread: destination.spread,
        filters: destination.filters.clone(),
        branches,
        audiences: destination.audiences.clone(),
        audience_calls: destination.audience_calls,
    }
}

fn branch(mapping: &SendMapping) -> Branch {
    Branch { name: mapping.name.clone(), enabled: mapping.enabled, trigger: mapping.trigger.clone() }
}

/// Every lane, ready to be called.
pub fn senders(config: &Config, clients: &mut Clients) -> Result<HashMap<LaneId, Arc<Sender>>, AppError> {
    let mut senders = HashMap::with_capacity(config.destinations.len());
    for destination in &config.destinations {
        let lanes = Sender::all(destination, clients);
        let lanes = lanes.map_err(|source| AppError::Sender { id: destination.id.to_string(), source })?;
        senders.extend(lanes.into_iter().map(|(lane, sender)| (lane, Arc::new(sender))));
    }
    Ok(senders)
}

/// Everything that is counted, with the names of this configuration.
pub fn metrics(config: &Config) -> Result<Metrics, AppError> {
    let names = topics(config);
    let tiers = &config.retries.tiers;
    let mut known = vec![
        (config.topics.events.clone(), Holds::Events),
        (names.audiences.to_string(), Holds::Audiences),
        (names.audience_records.to_string(), Holds::AudienceRecords),
        (names.memberships.to_string(), Holds::Memberships),
        (names.deliveries.to_string(), Holds::Deliveries),
        (names.dead_letters.to_string(), Holds::DeadLetters),
    ];
    known.extend(tiers.iter().map(|tier| (names.tier(*tier).to_string(), Holds::Delay)));
    Ok(Metrics::new(&Scope {
        destinations: config.destinations.iter().map(|destination| &destination.id).collect(),
        topics: known.into_iter().map(|(name, kind)| Topic { name, kind }).collect(),
        tiers: tiers.clone(),
        config_hash: &config.hash,
    })?)
}
