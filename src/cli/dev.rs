//! `dev`: everything in one process, nothing to install. Here are arguments and the course of events: set the scene, start
//! the stages, send samples, tell what happens, stop. The stages are those of `run`; what is said, and to whom requests go,
//! lies in the folder of this name.

mod fullness;
mod receiving;
mod sample;
mod scene;
mod show;
mod stages;
mod story;
mod table;
mod tally;
mod words;

use std::time::Duration;

use clap::Args;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::paint::Paint;
use super::{Common, Failure, complain};
use crate::app::build;
use crate::kafka::embedded::EmbeddedError;
use crate::kafka::tail::Tail;
use crate::shutdown::asked_to_stop;
use fullness::Fullness;
use scene::Scene;
use show::Show;
use stages::Running;
use tally::{Goal, Standing};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    kafka-webhooks dev                          a sample with three destinations\n  \
    kafka-webhooks dev --config webhooks.yaml   your destinations: real requests\n  \
    kafka-webhooks dev --exit-after 5           for scripts")]
pub(super) struct DevArgs {
    /// Send no sample events
    #[arg(long)]
    no_samples: bool,
    /// Leave with 0 after N deliveries (2xx), with 1 if that takes over 60 s
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    exit_after: Option<u64>,
    /// How long --exit-after may take; hidden, for tests that cannot wait a minute
    #[arg(long, hide = true, default_value = "60s", value_parser = crate::config::duration, requires = "exit_after")]
    exit_within: Duration,
}

/// Between samples: slow enough to be seen one by one.
const PACE: Duration = Duration::from_millis(150);
/// All samples are sent within so long, however many they are.
const ALL_WITHIN: Duration = Duration::from_secs(20);
/// The lines to try come when the samples are settled, or after so long.
const PATIENCE: Duration = Duration::from_millis(1_500);

pub(super) fn dev(args: &DevArgs, common: &Common) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::running)?;
    let done = runtime.block_on(work(args, common));
    runtime.shutdown_timeout(Duration::from_millis(100));
    done
}

/// Why the show is over.
enum End {
    Asked,
    Goal(Standing),
    Broken,
}

async fn work(args: &DevArgs, common: &Common) -> Result<(), Failure> {
    let mut scene = Scene::set(common).await?;
    let mut running = Running::start(&mut scene).await?;
    let (full, mut warnings) = mpsc::unbounded_channel();
    let mut fullness = Fullness::default();
    let tail = Tail::start(&build::connection(&scene.config), &scene.topics(), move |seen| {
        // Nobody listens any more when the show is over.
        fullness.add(seen).map(|warning| full.send(warning));
    });
    let tail = tail.map_err(Failure::running)?;

    let mut show = Show::new(Paint::of_stdout(), &mut scene, running.admin);
    show.open();
    let end = course(args, &mut show, (&scene, &mut running, &mut warnings)).await;

    drop(tail);
    let (mut noticed, ended) = running.stop(&scene).await;
    while let Some(notice) = noticed.next().await {
        show.tell(notice);
    }
    show.close(noticed.take_missed());
    match end {
        End::Goal(Standing::Missed) => {
            complain(&format!("error: fewer deliveries than --exit-after asks for within {:?}", args.exit_within));
            Err(Failure::Said)
        }
        End::Asked | End::Goal(_) | End::Broken => ended,
    }
}

/// Sends samples and tells what happens, until there is a reason to end.
async fn course(
    args: &DevArgs,
    show: &mut Show,
    (scene, running, warnings): (&Scene, &mut Running, &mut mpsc::UnboundedReceiver<String>),
) -> End {
    let began = Instant::now();
    let goal = args.exit_after.map(|delivered| Goal { delivered, within: args.exit_within });
    let samples = if args.no_samples { 0 } else { args.exit_after.unwrap_or(0).max(sample::FEWEST) };
    let audience_records = if args.no_samples { 0 } else { sample::AUDIENCE_RECORDS };
    let changes = if args.no_samples { 0 } else { sample::CHANGES };
    let enabled = || scene.config.destinations.iter().filter(|destination| destination.enabled);
    let hear_of_it = enabled().filter(|destination| destination.audiences.has(sample::AUDIENCE));
    let expected = samples * enabled().count() as u64 + changes * hear_of_it.count() as u64;
    let all = samples + audience_records;
    let mut sent = 0;
    let mut pace = tokio::time::interval(PACE.min(ALL_WITHIN / u32::try_from(all.max(1)).unwrap_or(u32::MAX)));
    // A script that runs us may look for the lines at once, and so may a person who wants no samples.
    let patience = if goal.is_some() || args.no_samples { Duration::ZERO } else { PATIENCE };
    let mut stop = std::pin::pin!(asked_to_stop());
    loop {
        let is_due = began.elapsed() >= patience || (sent == all && show.settled() >= expected);
        if is_due {
            show.invite();
        }
        match goal.map(|goal| goal.standing(show.tally(), began.elapsed())) {
            Some(standing @ (Standing::Reached | Standing::Missed)) => return End::Goal(standing),
            Some(Standing::Open) | None => {}
        }
        tokio::select! {
            _ = &mut stop => return End::Asked,
            notice = running.noticed.next() => match notice {
                Some(notice) => show.tell(notice),
                None => return End::Broken,
            },
            Some(warning) = warnings.recv() => show.warn(&warning),
            _ = pace.tick() => {
                if running.is_finished() {
                    return End::Broken;
                }
                if sent < all {
                    if let Err(error) = send(scene, sent, samples) {
                        show.warn(&super::chain(&error));
                    }
                    sent += 1;
                }
            }
        }
    }
}

/// Sends the sample of a number: first the events, so many, then the audience records.
fn send(scene: &Scene, number: u64, events: u64) -> Result<(), EmbeddedError> {
    let topics = &scene.config.topics;
    if number < events {
        let (key, event) = sample::event(number);
        scene.kafka.append(&topics.events, Some(&key), &event)
    } else {
        scene.kafka.append(&topics.audiences, None, sample::audience_record(number - events))
    }
}
