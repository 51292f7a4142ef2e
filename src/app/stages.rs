//! The stages, each made of its parts: what it reads, how much it may hold, what decides and what carries it out.
//! What they know of the configuration comes from `build`; when they start and stop is the business of `app`.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::build::{connection, routes, settings};
use super::sizes::{DELAY_BUDGET, DELIVER_BUDGET, DIFF_BUDGET, ROUTE_BUDGET};
use super::{AppError, Parts, Stages};
use crate::attempt::request::Sender;
use crate::delivery::lane::LaneId;
use crate::kafka::client::ReadAhead;
use crate::kafka::consumer::{Consumer, Plan, Watch, WhenFull};
use crate::kafka::lookup::Lookup;
use crate::kafka::producer::Producer;
use crate::kafka::table::Table;
use crate::settle::Topics;
use crate::stage::delay::DelayStage;
use crate::stage::delay::core::DelayCore;
use crate::stage::delay::lags::Lags;
use crate::stage::deliver::Deliver;
use crate::stage::deliver::core::DeliverCore;
use crate::stage::diff::DiffStage;
use crate::stage::diff::core::DiffCore;
use crate::stage::driver::{Outlet, StageError};
use crate::stage::route::RouteStage;
use crate::stage::route::core::{Partitions, RouteCore};

/// How long a rebalance waits for revoked partitions; longer than the usual timeout of an attempt.
const DRAIN: Duration = Duration::from_secs(10);

/// Settled records read again per partition: those of the seconds before a crash, in which its copies were made.
const LOOKBACK: i64 = 5_000;

/// What was found out before the stages are built.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prepared {
    /// Partitions of the deliveries topic.
    pub(super) deliveries: i32,
    /// Partitions of audience records, and so of memberships.
    pub(super) memberships: i32,
}

/// A stage ready to run.
pub(super) struct Built {
    pub(super) watch: Arc<Watch>,
    pub(super) consumer: Arc<Consumer>,
    pub(super) work: Pin<Box<dyn Future<Output = Result<(), StageError>> + Send>>,
}

/// All that are to run in this process.
pub(super) fn build(
    parts: &Arc<Parts>,
    prepared: &Prepared,
    stages: Stages,
    means: (&Producer, HashMap<LaneId, Arc<Sender>>),
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
    // Who has no audiences needs no topic for them.
    let watch = watch(parts, "route").optional(audiences.to_string());
    let (watch, consumer, intake) = consumer(parts, watch, plan)?;
    let partitions = Partitions { deliveries: prepared.deliveries, audience_records: prepared.memberships };
    let stage = RouteStage {
        core: RouteCore::new(parts.topics.clone(), routes(&parts.config), partitions),
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
    (senders, outlet): (HashMap<LaneId, Arc<Sender>>, Outlet),
) -> Result<Built, AppError> {
    let plan = plan(parts, "deliver", vec![parts.topics.deliveries.to_string()], (ReadAhead::Eager, DELIVER_BUDGET));
    let (watch, consumer, intake) = consumer(parts, watch(parts, "deliver"), plan)?;
    let stage = Deliver {
        core: DeliverCore::new(settings(&parts.config, prepared.deliveries, &senders)),
        senders,
        consumer: consumer.clone(),
        intake,
        outlet,
        clock: parts.clock.clone(),
        metrics: parts.metrics.clone(),
        gauges: parts.metrics.owned(),
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
    let destinations = parts.config.destinations.iter().map(|destination| destination.id.clone());
    let stage = DelayStage {
        core: DelayCore::new(parts.topics.clone(), prepared.deliveries).for_destinations(destinations),
        consumer: consumer.clone(),
        intake,
        outlet,
        lags: Lags::start(lookup, parts.topics.deliveries.to_string())?,
        clock: parts.clock.clone(),
        metrics: parts.metrics.clone(),
        shown: BTreeSet::new(),
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
