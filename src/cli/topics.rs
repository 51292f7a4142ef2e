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
use crate::kafka::plan::{Roles, Shape, differences, ours, sources, uneven};

#[derive(Debug, Subcommand)]
pub(super) enum TopicsCommand {
    /// Make our topics that are missing, with the right settings
    Create(CreateArgs),
    /// List our topics, what differs from what is needed, and which destinations share a partition
    List,
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// Partitions of each topic; the delays have as many as the deliveries, the memberships as the audience records
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    partitions: i32,
    /// Replication factor; the broker's default without it
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=100))]
    replication: Option<i32>,
    /// Make the source topics too: events and audiences
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
        audiences: names.audiences.to_string(),
        audience_records: names.audience_records.to_string(),
        memberships: names.memberships.to_string(),
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
    let mut shape = shape(&roles, &there, args.partitions);
    shape.replication = args.replication;
    if args.sources {
        for plan in sources(&roles, Shape { partitions: args.partitions, ..shape }) {
            make(&admin, &plan, &there).await?;
        }
    }
    let has = |topic: &&String| args.sources || there.contains_key(*topic);
    let read: Vec<&String> = [&roles.events, &roles.audiences].into_iter().filter(has).collect();
    shape.source_limit = source_limit(&admin, &read).await.map_err(Failure::running)?;
    for plan in ours(&roles, shape) {
        make(&admin, &plan, &there).await?;
    }
    Ok(())
}

/// What is there sets the numbers of partitions: delays must have as many as deliveries, memberships as audience records.
fn shape(roles: &Roles, there: &BTreeMap<String, i32>, otherwise: i32) -> Shape {
    let partitions = there.get(&roles.deliveries).copied().unwrap_or(otherwise);
    let of_audiences = [&roles.audience_records, &roles.memberships].into_iter().find_map(|topic| there.get(topic));
    let audience_partitions = of_audiences.copied().unwrap_or(partitions);
    Shape { partitions, audience_partitions, replication: None, source_limit: None }
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

/// The largest `max.message.bytes` of some topics.
async fn source_limit(admin: &Admin, topics: &[&String]) -> Result<Option<u64>, AdminError> {
    let names: Vec<String> = topics.iter().map(ToString::to_string).collect();
    let settings = admin.settings(&names).await?;
    Ok(settings.values().filter_map(|own| own.get("max.message.bytes")?.parse().ok()).max())
}

async fn list(config: &Config) -> Result<(), Failure> {
    let (roles, there) = (roles(config), existing(config)?);
    let mut faults = 0;
    for Compared { name, state } in compare(config, &roles, &there).await? {
        let partitions = there.get(&name).map_or_else(|| "-".to_owned(), i32::to_string);
        let state = match state {
            State::Right => "ok".to_owned(),
            State::Unused => "not there, nor needed without audiences; `topics create --sources` makes it".to_owned(),
            State::Wrong(differences) => {
                faults += 1;
                differences.join("; ")
            }
        };
        say(&format!("{name:<40} {partitions:>4} partitions  {state}"));
    }
    let partitions = there.get(&roles.deliveries).copied().unwrap_or(0);
    for (partition, together) in shared(config, partitions) {
        let names: Vec<&str> = together.iter().map(String::as_str).collect();
        say(&format!("destinations that share partition {partition}: {}", names.join(", ")));
    }
    if faults == 0 { Ok(()) } else { Err(Failure::Said) }
}

/// How a topic is.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    Right,
    /// Missing, which is nobody's fault.
    Unused,
    /// What differs from what is needed.
    Wrong(Vec<String>),
}

impl State {
    fn of(differences: Vec<String>) -> Self {
        if differences.is_empty() { Self::Right } else { Self::Wrong(differences) }
    }
}

/// Each topic with what differs from what is needed; a topic that is missing differs in that.
pub(super) async fn compare(
    config: &Config,
    roles: &Roles,
    there: &BTreeMap<String, i32>,
) -> Result<Vec<Compared>, Failure> {
    let admin = Admin::connect(&build::connection(config)).map_err(Failure::running)?;
    let mut shape = shape(roles, there, 24);
    let (events, audiences) = (there.contains_key(&roles.events), there.contains_key(&roles.audiences));
    let read: Vec<&String> = [&roles.events, &roles.audiences].into_iter().filter(|t| there.contains_key(*t)).collect();
    shape.source_limit = source_limit(&admin, &read).await.map_err(Failure::running)?;
    let missing = || vec!["missing; make it with `kafka-webhooks topics create`".to_owned()];
    let no_source = || vec!["missing; make it with `kafka-webhooks topics create --sources`".to_owned()];
    let mut all = vec![
        Compared { name: roles.events.clone(), state: State::of(if events { Vec::new() } else { no_source() }) },
        Compared { name: roles.audiences.clone(), state: if audiences { State::Right } else { State::Unused } },
    ];
    for mut plan in ours(roles, shape) {
        let differences = match there.get(&plan.name) {
            None => missing(),
            Some(count) => {
                let settings = admin.settings(std::slice::from_ref(&plan.name)).await.map_err(Failure::running)?;
                let own = settings.get(&plan.name).cloned().unwrap_or_default();
                // The dead letters are read by nobody in step with the deliveries; the two of audiences are held against
                // each other.
                if [&roles.dead_letters, &roles.audience_records, &roles.memberships].contains(&&plan.name) {
                    plan.partitions = *count;
                }
                let mut found = differences(&plan, *count, &own);
                if plan.name == roles.memberships {
                    let records = there.get(&roles.audience_records).copied().unwrap_or(*count);
                    found.extend(uneven((&roles.audience_records, &roles.memberships), (records, *count)));
                }
                found
            }
        };
        all.push(Compared { name: plan.name, state: State::of(differences) });
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
