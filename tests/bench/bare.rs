//! The yardsticks: the least that could do the job, in a process of its own that is measured as the program is.
//! Consume, sign, POST with bounded concurrency, commit by watermark: at least once, one thread and a poll thread, no
//! retries, no limits, no metrics. An answer that is not 2xx ends it. Here the pieces are put together; reading is
//! `source`, posting `post`, the extra append `hop`, what is safe to commit `watermark`.

use std::rc::Rc;

use tokio::sync::mpsc::Receiver;
use tokio::task::LocalSet;

use crate::failure::{Failure, OrFail as _};
use feed::Feed;
use source::{Source, Taken};
use watermark::Watermarks;

mod feed;
mod hop;
mod post;
mod source;
mod watermark;

/// Which yardstick, and where.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BareOptions {
    #[arg(long)]
    pub(crate) kind: Kind,
    #[arg(long)]
    pub(crate) brokers: String,
    /// The topic with events.
    #[arg(long)]
    pub(crate) events: String,
    /// The topic of the extra hop.
    #[arg(long)]
    pub(crate) deliveries: String,
    #[arg(long)]
    pub(crate) group: String,
    /// `host:port` of the receiver.
    #[arg(long)]
    pub(crate) receiver: String,
    /// Requests under way at once.
    #[arg(long)]
    pub(crate) in_flight: usize,
    /// Events of the first run, for `wire`.
    #[arg(long, default_value_t = 0)]
    pub(crate) made: u32,
}

/// The yardsticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// With reqwest.
    Reqwest,
    /// With reqwest, and through one more topic first.
    Hop,
    /// With hyper's connection API, a connection for each request under way.
    Hyper,
    /// Hyper's connection API without Kafka: what the receiver takes.
    Wire,
}

/// Works until standard input ends.
pub(crate) fn run(options: &BareOptions) -> Result<(), Failure> {
    std::thread::spawn(|| {
        drop(std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
        std::process::exit(0);
    });
    let watermarks = Watermarks::default();
    let taken = match options.kind {
        Kind::Wire => source::make(options.made),
        Kind::Hop => {
            let between = Watermarks::default();
            let events = Source::new(&options.brokers, &options.group, &options.events)?;
            hop::start(options, events.start(between.clone())?, between)?;
            let group = format!("{}.hop", options.group);
            Source::new(&options.brokers, &group, &options.deliveries)?.start(watermarks.clone())?
        }
        Kind::Reqwest | Kind::Hyper => {
            Source::new(&options.brokers, &options.group, &options.events)?.start(watermarks.clone())?
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.or_fail("cannot make a runtime")?;
    LocalSet::new().block_on(&runtime, work(options, taken, watermarks))
}

/// As many lanes as requests may be under way; the first that fails ends all.
async fn work(options: &BareOptions, taken: Receiver<Vec<Taken>>, watermarks: Watermarks) -> Result<(), Failure> {
    let feed = Rc::new(Feed::new(taken));
    let shared = post::shared_client()?;
    let mut lanes = tokio::task::JoinSet::new();
    for _ in 0..options.in_flight {
        let mut client = match options.kind {
            Kind::Reqwest | Kind::Hop => post::Client::reqwest(shared.clone(), &options.receiver),
            Kind::Hyper | Kind::Wire => post::Client::hyper(&options.receiver).await?,
        };
        let (feed, watermarks) = (feed.clone(), watermarks.clone());
        lanes.spawn_local(async move {
            while let Some(taken) = feed.next().await {
                client.post(&taken).await?;
                watermarks.settle(taken.at);
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(ended) = lanes.join_next().await {
        ended.or_fail("a lane fell over")??;
    }
    // Only `wire` comes to an end of its work; it stays until it has been measured.
    std::future::pending().await
}
