//! `topics create` and `topics list`.
//! Which topics are needed and how they must be is decided by `kafka::plan`; here they are made, listed and compared.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, Subcommand};

use super::{Common, Failure, say};
use crate::app::build;
use crate::config::Config;
use crate::kafka::admin::{Admin, AdminError, Creation, NewTopicPlan};
use crate::kafka::lookup::Lookup;
use crate::kafka::partitioner::partitions_of;
use crate::kafka::plan::{Roles, Shape, differences, ours, sources};

#[derive(Debug, Subcommand)]
pub(super) enum TopicsCommand {
    /// Make our topics that are missing, with the right settings
    Create(CreateArgs),
    /// List our topics, what differs from what is needed, and which destinations share a partition
    List,
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Partitions of each topic; the delays have as many as the deliveries
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    partitions: i32,
    /// Replication factor; the broker's default without it
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=100))]
    replication: Option<i32>,
    /// Make the source topic too
    #[arg(long)]
    sources: bool,
}

pub(super) fn topics(command: &TopicsCommand, common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::running)?;
    runtime.block_on(async {
        match command {
            TopicsCommand::Create(args) => create(args, &config).await,
            TopicsCommand::List => list(&config).await,
        }
    })
}

/// The roles topics play in this configuration.
pub(super) fn roles(config: &Config) -> Roles {
    let names = build::topics(config);
    Roles {
        events: config.topics.events.clone(),
        deliveries: names.deliveries.to_string(),
        tiers: config.retries.tiers.iter().map(|tier| names.tier(*tier).to_string()).collect(),
        dead_letters: names.dead_letters.to_string(),
    }
}

/// The number of partitions of each topic there is.
pub(super) fn existing(config: &Config) -> Result<BTreeMap<String, i32>, Failure> {
    let group = format!("{}.route", config.kafka.group);
    let lookup = Lookup::connect(&build::connection(config), &group).map_err(Failure::running)?;
    lookup.partitions().map_err(Failure::running)
}

async fn create(args: &CreateArgs, config: &Config) -> Result<(), Failure> {
    let (roles, there) = (roles(config), existing(config)?);
    let admin = Admin::connect(&build::connection(config)).map_err(Failure::running)?;
    let mut shape = Shape { partitions: args.partitions, replication: args.replication, source_limit: None };
    if args.sources {
        for plan in sources(&roles, shape) {
            make(&admin, &plan, &there).await?;
        }
    }
    if args.sources || there.contains_key(&roles.events) {
        shape.source_limit = source_limit(&admin, &roles).await.map_err(Failure::running)?;
    }
    // What is there sets the number of partitions: deliveries and delays must have as many.
    if let Some(partitions) = there.get(&roles.deliveries) {
        shape.partitions = *partitions;
    }
    for plan in ours(&roles, shape) {
        make(&admin, &plan, &there).await?;
    }
    Ok(())
}

async fn make(admin: &Admin, plan: &NewTopicPlan, there: &BTreeMap<String, i32>) -> Result<(), Failure> {
    let creation = match there.contains_key(&plan.name) {
        true => Creation::WasThere,
        false => admin.create(plan).await.map_err(Failure::running)?,
    };
    match creation {
        Creation::WasThere => say(&format!("{}: exists", plan.name)),
        Creation::Made => say(&format!("{}: created, {} partitions", plan.name, plan.partitions)),
    }
    Ok(())
}

/// `max.message.bytes` of the source.
async fn source_limit(admin: &Admin, roles: &Roles) -> Result<Option<u64>, AdminError> {
    let settings = admin.settings(std::slice::from_ref(&roles.events)).await?;
    Ok(settings.get(&roles.events).and_then(|own| own.get("max.message.bytes")?.parse().ok()))
}

async fn list(config: &Config) -> Result<(), Failure> {
    let (roles, there) = (roles(config), existing(config)?);
    let mut faults = 0;
    for (name, state) in compare(config, &roles, &there).await? {
        faults += usize::from(!state.is_empty());
        let partitions = there.get(&name).map_or_else(|| "-".to_owned(), i32::to_string);
        let state = if state.is_empty() { "ok".to_owned() } else { state.join("; ") };
        say(&format!("{name:<40} {partitions:>4} partitions  {state}"));
    }
    let partitions = there.get(&roles.deliveries).copied().unwrap_or(0);
    for (partition, together) in shared(config, partitions) {
        let names: Vec<&str> = together.iter().map(String::as_str).collect();
        say(&format!("destinations that share partition {partition}: {}", names.join(", ")));
    }
    if faults == 0 { Ok(()) } else { Err(Failure::Said) }
}

/// Each topic with what differs from what is needed; a topic that is missing differs in that.
pub(super) async fn compare(
    config: &Config,
    roles: &Roles,
    there: &BTreeMap<String, i32>,
) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let admin = Admin::connect(&build::connection(config)).map_err(Failure::running)?;
    let partitions = there.get(&roles.deliveries).copied().unwrap_or(24);
    let has_source = there.contains_key(&roles.events);
    let source_limit = if has_source { source_limit(&admin, roles).await.map_err(Failure::running)? } else { None };
    let shape = Shape { partitions, replication: None, source_limit };
    let missing = || vec!["missing; make it with `kafka-webhooks topics create`".to_owned()];
    let no_source = || vec!["missing; make it with `kafka-webhooks topics create --sources`".to_owned()];
    let mut all = vec![(roles.events.clone(), if has_source { Vec::new() } else { no_source() })];
    for plan in ours(roles, shape) {
        let state = match there.get(&plan.name) {
            None => missing(),
            Some(count) => {
                let settings = admin.settings(std::slice::from_ref(&plan.name)).await.map_err(Failure::running)?;
                let own = settings.get(&plan.name).cloned().unwrap_or_default();
                // The dead letters are read by nobody in step with the deliveries.
                let mut plan = plan.clone();
                if plan.name == roles.dead_letters {
                    plan.partitions = *count;
                }
                differences(&plan, *count, &own)
            }
        };
        all.push((plan.name, state));
    }
    Ok(all)
}

/// Partitions of the deliveries topic that hold more than one destination.
fn shared(config: &Config, partitions: i32) -> BTreeMap<i32, BTreeSet<String>> {
    let mut together: BTreeMap<i32, BTreeSet<String>> = BTreeMap::new();
    if partitions > 0 {
        for destination in &config.destinations {
            for partition in partitions_of(destination.id.as_str().as_bytes(), destination.spread, partitions) {
                together.entry(partition).or_default().insert(destination.id.to_string());
            }
        }
    }
    together.retain(|_, ids| ids.len() > 1);
    together
}
