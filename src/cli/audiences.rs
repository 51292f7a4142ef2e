//! `audiences`: what memberships there are, and sending the members of now to a destination that came later.
//! Both read the memberships topic to its end: `roll` says who is a member by it, `list` shows that, `sync` sends it.

mod list;
mod progress;
mod roll;
mod sync;

use std::ops::ControlFlow;

use clap::{Subcommand, ValueEnum};

use super::{Common, Failure, complain};
use crate::app::build;
use crate::config::Config;
use crate::kafka::snapshot::Snapshot;
use progress::Progress;
use roll::Roll;

#[derive(Debug, Subcommand)]
pub(super) enum AudiencesCommand {
    /// List each audience and computed trait with how many members, or users with a value, it has
    List(list::ListArgs),
    /// Send every current member to a destination, as if each had just entered; `run` delivers them
    Sync(sync::SyncArgs),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(super) fn audiences(command: &AudiencesCommand, common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    match command {
        AudiencesCommand::List(args) => list::list(args, &config),
        AudiencesCommand::Sync(args) => sync::sync(args, &config),
    }
}

/// The memberships topic as it is now.
fn snapshot(config: &Config) -> Result<Snapshot, Failure> {
    let group = format!("{}.diff", config.kafka.group);
    Snapshot::of(&build::connection(config), &group, &config.topics.memberships).map_err(Failure::running)
}

/// Who is a member of what, by the whole topic.
fn call_roll(snapshot: &Snapshot) -> Result<Roll, Failure> {
    let mut roll = Roll::default();
    let mut progress = Progress::new("reading memberships", snapshot.span());
    let read = snapshot.read(|record| {
        roll.add(record.at(), record.key().unwrap_or_default(), record.value().is_some(), |name| record.header(name));
        progress.step();
        ControlFlow::Continue(())
    });
    drop(progress);
    read.map_err(Failure::running)?;
    if roll.unreadable() > 0 {
        complain(&format!("{} records in the memberships topic are not ours and were left out", roll.unreadable()));
    }
    Ok(roll)
}
