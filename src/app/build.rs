//! From configuration to parts: what each stage is handed.
//! Order and lifetime are the business of `app`, waiting for Kafka that of `prepare`.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::sizes::{CLOGGED_AT, DELAY_BUDGET, DELIVER_BUDGET, DIFF_BUDGET, ROUTE_BUDGET, SPAN};
use super::{AppError, Parts, Stages};
use crate::attempt::request::{Clients, Sender};
use crate::config::Config;
use crate::delivery::lane::LaneLimits;
use crate::kafka::client::{Connection, ReadAhead};
use crate::kafka::consumer::{Consumer, Plan, Watch, WhenFull};
use crate::kafka::lookup::Lookup;
use crate::kafka::producer::Producer;
use crate::kafka::table::Table;
use crate::metrics::{Metrics, Scope};
use crate::outcome::schedule::Tiers;
use crate::route::destination::DestinationId;
use crate::route::{Kind, Route};
use crate::settle::Topics;
use crate::stage::delay::DelayStage;
use crate::stage::delay::core::DelayCore;
use crate::stage::delay::lags::Lags;
use crate::stage::deliver::Deliver;
use crate::stage::deliver::core::{DeliverCore, Settings, Terms};
use crate::stage::diff::DiffStage;
use crate::stage::diff::core::DiffCore;
use crate::stage::driver::{Outlet, StageError};
use crate::stage::route::RouteStage;
use crate::stage::route::core::RouteCore;

/// How long a rebalance waits for revoked partitions; longer than the usual timeout of an attempt.
const DRAIN: Duration = Duration::from_secs(10);

/// What was found out before the stages are built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prepared {
    /// Partitions of the deliveries topic.
    pub(super) deliveries: i32,
    /// Partitions of audience records, and so of memberships.
    pub(super) memberships: i32,
    /// Source topics that are not there yet.
    pub(super) missing_sources: usize,
}

/// Settled records read again per partition: those of the seconds before a crash, in which its copies were made.
const LOOKBACK: i64 = 5_000;

/// A stage ready to run.
pub(super) struct Built {
    pub(super) watch: Arc<Watch>,
    pub(super) consumer: Arc<Consumer>,
    pub(super) work: Pin<Box<dyn Future<Output = Result<(), StageError>> + Send>>,
}

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
pub fn settings(config: &Config, partitions: i32) -> Settings {
    let terms = config.destinations.iter().map(|destination| {
        let limits = LaneLimits {
            max_in_flight: destination.max_in_flight,
            requests: destination.hooks.len(),
            rate: destination.rate_limit,
            breaker: destination.breaker,
        };
        let terms = Terms {
            enabled: destination.enabled,
            paused: destination.paused,
            limits,
            spread: destination.spread,
            give_up_after: destination.give_up_after,
            max_attempts: destination.max_attempts,
        };
        (destination.id.clone(), terms)
    });
    Settings {
        topics: topics(config),
        tiers: tiers(config),
        give_up_after: config.retries.give_up_after,
        expire_after: config.retries.expire_after,
        partitions,
        max_requests: config.http.max_in_flight,
        clogged_at: CLOGGED_AT,
        span: SPAN,
        terms: terms.collect(),
    }
}

/// What each destination is routed by.
pub fn routes(config: &Config) -> Vec<Route> {
    let route = |destination: &crate::route::destination::Destination| Route {
        id: destination.id.clone(),
        enabled: destination.enabled,
        kind: Kind::Webhooks,
        spread: destination.spread,
        audiences: destination.audiences.clone(),
        audience_calls: destination.audience_calls,
    };
    config.destinations.iter().map(route).collect()
}

/// Every destination, ready to be called.
pub fn senders(config: &Config, clients: &mut Clients) -> Result<HashMap<DestinationId, Arc<Sender>>, AppError> {
    let mut senders = HashMap::with_capacity(config.destinations.len());
    for destination in &config.destinations {
        let sender = Sender::new(destination, clients);
        let sender = sender.map_err(|source| AppError::Sender { id: destination.id.to_string(), source })?;
        senders.insert(destination.id.clone(), Arc::new(sender));
    }
    Ok(senders)
}

/// Everything that is counted, with the names of this configuration.
pub fn metrics(config: &Config) -> Result<Metrics, AppError> {
    let names = topics(config);
    let tiers = &config.retries.tiers;
    let own = [&names.deliveries, &names.dead_letters, &names.audience_records, &names.memberships];
    let mut written: Vec<String> = own.into_iter().map(ToString::to_string).collect();
    written.extend(tiers.iter().map(|tier| names.tier(*tier).to_string()));
    let metrics = Metrics::new(&Scope {
        destinations: config.destinations.iter().map(|destination| &destination.id).collect(),
        sources: vec![&config.topics.events, &config.topics.audiences],
        written,
        tiers: tiers.clone(),
        config_hash: &config.hash,
    })?;
    for destination in &config.destinations {
        let limit = i64::try_from(destination.max_in_flight).unwrap_or(i64::MAX);
        metrics.destination(Some(&destination.id)).limit.set(limit);
    }
    Ok(metrics)
}

pub(super) fn stages(
    parts: &Arc<Parts>,
    prepared: &Prepared,
    stages: Stages,
    means: (&Producer, HashMap<DestinationId, Arc<Sender>>),
) -> Result<Vec<Built>, AppError> {
    let (producer, senders) = means;
    let outlet = || Outlet::new(producer.clone());
    let mut built = Vec::new();
    if stages.delay {
        built.push(delay(parts, prepared, outlet())?);
    }
    if stages.deliver {
        built.push(deliver(parts, prepared, (senders, outlet()))?);
    }
    if stages.diff {
        built.push(diff(parts, prepared, outlet())?);
    }
    if stages.route {
        built.push(route(parts, prepared, outlet())?);
    }
    Ok(built)
}

fn route(parts: &Parts, prepared: &Prepared, outlet: Outlet) -> Result<Built, AppError> {
    let Topics { audiences, memberships, .. } = &parts.topics;
    let topics = vec![parts.config.topics.events.clone(), audiences.to_string(), memberships.to_string()];
    let plan = plan(parts, "route", topics, (ReadAhead::Eager, ROUTE_BUDGET));
    let watch = watch(parts, "route").without(prepared.missing_sources);
    let (watch, consumer, intake) = consumer(parts, watch, plan)?;
    let stage = RouteStage {
        core: RouteCore::new(parts.topics.clone(), routes(&parts.config), prepared.deliveries),
        consumer: consumer.clone(),
        intake,
        outlet,
        clock: parts.clock.clone(),
        metrics: parts.metrics.clone(),
        notices: parts.notices.clone(),
    };
    Ok(Built { watch, consumer, work: Box::pin(stage.run()) })
}

fn diff(parts: &Parts, prepared: &Prepared, outlet: Outlet) -> Result<Built, AppError> {
    let Topics { audience_records, memberships, .. } = &parts.topics;
    let plan = plan(parts, "diff", vec![audience_records.to_string()], (ReadAhead::Eager, DIFF_BUDGET));
    let table = Table::start(&connection(&parts.config), &plan.group, memberships)?;
    let (watch, consumer, intake) = consumer(parts, watch(parts, "diff"), plan)?;
    let stage = DiffStage {
        core: DiffCore::new(parts.topics.clone(), prepared.memberships),
        consumer: consumer.clone(),
        intake,
        table,
        outlet,
        clock: parts.clock.clone(),
        metrics: parts.metrics.clone(),
    };
    Ok(Built { watch, consumer, work: Box::pin(stage.run()) })
}

fn deliver(
    parts: &Parts,
    prepared: &Prepared,
    (senders, outlet): (HashMap<DestinationId, Arc<Sender>>, Outlet),
) -> Result<Built, AppError> {
    let plan = plan(parts, "deliver", vec![parts.topics.deliveries.to_string()], (ReadAhead::Eager, DELIVER_BUDGET));
    let (watch, consumer, intake) = consumer(parts, watch(parts, "deliver"), plan)?;
    let stage = Deliver {
        core: DeliverCore::new(settings(&parts.config, prepared.deliveries)),
        senders,
        consumer: consumer.clone(),
        intake,
        outlet,
        clock: parts.clock.clone(),
        metrics: parts.metrics.clone(),
        notices: parts.notices.clone(),
    };
    Ok(Built { watch, consumer, work: Box::pin(stage.run()) })
}

fn delay(parts: &Parts, prepared: &Prepared, outlet: Outlet) -> Result<Built, AppError> {
    // By pattern, so that tiers taken out of the file are still emptied.
    let pattern = format!("^{}\\.[0-9]+(ms|s|m|h|d)$", parts.topics.delays.replace('.', "\\."));
    let plan = plan(parts, "delay", vec![pattern], (ReadAhead::Modest, DELAY_BUDGET));
    let (watch, consumer, intake) = consumer(parts, watch(parts, "delay"), plan)?;
    let lookup = Lookup::connect(&connection(&parts.config), &format!("{}.deliver", parts.config.kafka.group))?;
    let stage = DelayStage {
        core: DelayCore::new(parts.topics.clone(), prepared.deliveries),
        consumer: consumer.clone(),
        intake,
        outlet,
        lags: Lags::start(lookup, parts.topics.deliveries.to_string())?,
        clock: parts.clock.clone(),
        metrics: parts.metrics.clone(),
    };
    Ok(Built { watch, consumer, work: Box::pin(stage.run()) })
}

fn plan(parts: &Parts, stage: &str, topics: Vec<String>, reading: (ReadAhead, usize)) -> Plan {
    let (ahead, budget) = reading;
    let drain = DRAIN.min(parts.config.shutdown.grace);
    // Only the deliver stage sees every copy: those of a tier come back to it too.
    let lookback = if stage == "deliver" { LOOKBACK } else { 0 };
    // What these hold is appended within milliseconds; the others hold what waits.
    let when_full = if matches!(stage, "route" | "diff") { WhenFull::Rest } else { WhenFull::Pause };
    Plan { group: format!("{}.{stage}", parts.config.kafka.group), topics, ahead, budget, when_full, drain, lookback }
}

type Consuming = (Arc<Watch>, Arc<Consumer>, tokio::sync::mpsc::UnboundedReceiver<crate::kafka::consumer::Intake>);

fn watch(parts: &Parts, stage: &'static str) -> Watch {
    Watch::new(stage, parts.metrics.stage(stage))
}

fn consumer(parts: &Parts, watch: Watch, plan: Plan) -> Result<Consuming, AppError> {
    let watch = Arc::new(watch);
    let started = Consumer::start(&connection(&parts.config), plan, watch.clone());
    let (consumer, intake) = started.map_err(|source| AppError::Consumer { stage: watch.stage(), source })?;
    Ok((watch, Arc::new(consumer), intake))
}
