//! `explain`: what each destination would be sent for each event or audience record, or why nothing; nothing is sent.
//! The decisions are `route`'s and `attempt`'s own: `explainer` asks them, an `account` is what came of it, `shown` has its
//! form for people.

mod account;
mod explainer;
mod shown;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

pub(super) use account::Line;
pub(super) use explainer::{Explainer, Given, Topic, Whom};

use super::paint::Paint;
use super::{Common, Failure, say};
use shown::Layout;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  echo '{\"type\":\"track\",\"event\":\"Hi\",\"userId\":\"u1\"}' | kafka-webhooks explain\n  echo '{\"audience\":\"VIP\",\"userId\":\"u1\",\"member\":true}' | kafka-webhooks explain --topic audiences"
)]
pub(super) struct ExplainArgs {
    /// Events or audience records, one JSON object a line; standard input without it
    file: Option<PathBuf>,
    /// What they are: records of the events topic, or of the audiences topic, each as if it changed something
    #[arg(long, value_enum, default_value_t = Topic::Events)]
    topic: Topic,
    /// For people, or one JSON line for each event, destination and mapping
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(super) fn explain(args: &ExplainArgs, common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    let explainer = Explainer::new(&config)?;
    let layout = Layout::new(Paint::of_stdout(), &config);
    for (number, record) in lines(args)?.enumerate() {
        let record = record.map_err(Failure::running)?;
        // An empty last line is no event of anybody's.
        if record.is_empty() {
            continue;
        }
        let accounts = explainer.accounts(&Given { topic: args.topic, number, record: &record }, Whom::All);
        match args.output {
            Output::Text => say(&layout.shown(number, &record, &accounts)),
            Output::Json => {
                for line in accounts.iter().flat_map(|account| account.lines(number)) {
                    say(&serde_json::to_string(&line).map_err(Failure::running)?);
                }
            }
        }
    }
    Ok(())
}

fn lines(args: &ExplainArgs) -> Result<impl Iterator<Item = std::io::Result<Vec<u8>>>, Failure> {
    let reader: Box<dyn BufRead> = match &args.file {
        Some(path) => Box::new(BufReader::new(
            File::open(path).map_err(|source| Failure::Usage(format!("{}: {source}", path.display()).into()))?,
        )),
        None => Box::new(std::io::stdin().lock()),
    };
    Ok(reader.split(b'\n').map(|line| {
        line.map(|mut line| {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            line
        })
    }))
}
