//! `explain`: what each destination would be sent for each event or audience record, or why nothing; nothing is sent.
//! The decisions are `route`'s and `attempt`'s own; here they are only shown, to people or as JSON lines. Whether an
//! audience record changes anything depends on what is in Kafka, so each is explained as if it did.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Common, Failure, say};
use crate::app::build;
use crate::attempt::request::{Clients, Preview, Sender};
use crate::audience::{self, Change, Read};
use crate::delivery::lane::LaneId;
use crate::event::{Call, Event};
use crate::route::destination::DestinationId;
use crate::route::integrations::Integrations;
use crate::route::{Filtered, Route};

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
    /// For people, or one JSON line for each event and destination
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Topic {
    Events,
    Audiences,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// One line of the answer.
#[derive(Debug, Serialize)]
struct Explained<'a> {
    event: usize,
    destination: Option<&'a str>,
    mapping: Option<&'a str>,
    decision: &'static str,
    reason: Option<&'static str>,
    detail: Option<String>,
    requests: Vec<Preview>,
}

pub(super) fn explain(args: &ExplainArgs, common: &Common) -> Result<(), Failure> {
    let config = common.load()?;
    let mut clients = Clients::default();
    let senders = build::senders(&config, &mut clients).map_err(Failure::running)?;
    let routes: Vec<Receiver<'_>> = build::routes(&config)
        .into_iter()
        .filter_map(|route| senders.get(&LaneId::from(route.id.clone())).map(|sender| (route, &**sender)))
        .collect();
    for (number, line) in lines(args)?.enumerate() {
        let line = line.map_err(Failure::running)?;
        // An empty last line is no event of anybody's.
        if line.is_empty() {
            continue;
        }
        let explained = match args.topic {
            Topic::Events => of_event(number, &line, &routes),
            Topic::Audiences => of_audience_record(number, &line, &routes),
        };
        for explained in explained {
            match args.output {
                Output::Json => say(&serde_json::to_string(&explained).map_err(Failure::running)?),
                Output::Text => say(&shown(&explained)),
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

/// A destination and how it is called.
type Receiver<'a> = (Route, &'a Sender);

fn of_event<'a>(number: usize, line: &[u8], routes: &'a [Receiver<'_>]) -> Vec<Explained<'a>> {
    let event = match Event::parse(line) {
        Ok(event) => event,
        Err(error) => return vec![Explained::malformed(number, error.to_string())],
    };
    // An event that was parsed has readable integrations.
    let integrations = Integrations::read(event.integrations).unwrap_or_default();
    let explained = |(route, sender): &'a Receiver<'_>| {
        let decided = route.wants(&event, &integrations).map_err(|reason| (reason, event.call));
        Explained::of(number, &route.id).decided(decided.map(|()| Cow::Borrowed(line)), sender)
    };
    routes.iter().map(explained).collect()
}

fn of_audience_record<'a>(number: usize, line: &[u8], routes: &'a [Receiver<'_>]) -> Vec<Explained<'a>> {
    match audience::record::read(line) {
        Ok(Read::Change(change)) => of_change(number, &change, routes),
        Ok(Read::Deleted { .. }) => vec![Explained::deleted(number)],
        Err(error) => vec![Explained::malformed(number, error.to_string())],
    }
}

fn of_change<'a>(number: usize, change: &Change<'_>, routes: &'a [Receiver<'_>]) -> Vec<Explained<'a>> {
    // A record of no topic: as if it had just been written where its line stands.
    let (offset, millis) = (i64::try_from(number).unwrap_or(i64::MAX), jiff::Timestamp::now().as_millisecond());
    let source = audience::Source { topic: "audiences".into(), partition: 0, offset, millis };
    let identify = change.identify(&source);
    // Whatever was understood is an event with readable integrations.
    let event = Event::parse(identify.as_bytes()).ok();
    let integrations = Integrations::read(event.and_then(|event| event.integrations)).unwrap_or_default();
    let explained = |(route, sender): &'a Receiver<'_>| {
        let decided = route.wants_audience(&change.key, &integrations);
        let decided = decided.map_err(|reason| (reason, route.audience_calls.call()));
        let form = || Cow::Owned(route.audience_calls.form(&identify, &change.key, change.kind).into_owned().into());
        Explained::of(number, &route.id).decided(decided.map(|()| form()), sender)
    };
    routes.iter().map(explained).collect()
}

impl<'a> Explained<'a> {
    fn nothing(event: usize, decision: &'static str) -> Self {
        let (destination, mapping, reason, detail) = (None, None, None, None);
        Self { event, destination, mapping, decision, reason, detail, requests: Vec::new() }
    }

    fn malformed(event: usize, detail: String) -> Self {
        Self { reason: Some("malformed"), detail: Some(detail), ..Self::nothing(event, "invalid") }
    }

    fn deleted(event: usize) -> Self {
        let detail = "a deletion ends the user's memberships; from this topic nobody hears of it".to_owned();
        Self { detail: Some(detail), ..Self::nothing(event, "filtered") }
    }

    fn of(event: usize, destination: &'a DestinationId) -> Self {
        Self { destination: Some(destination.as_str()), ..Self::nothing(event, "deliver") }
    }

    /// With the requests a call would become, or why there are none.
    fn decided(self, call: Result<Cow<'_, [u8]>, (Filtered, Call)>, sender: &Sender) -> Self {
        let call = match call {
            Ok(call) => call,
            Err((reason, call)) => {
                let detail = Some(reason.words(call));
                return Self { decision: "filtered", reason: Some(reason.label()), detail, ..self };
            }
        };
        match sender.preview(&call) {
            Ok(requests) => Self { requests, ..self },
            Err(error) => {
                Self { decision: "invalid", reason: Some("invalid_request"), detail: Some(error.into()), ..self }
            }
        }
    }
}

fn shown(explained: &Explained<'_>) -> String {
    let destination = explained.destination.unwrap_or("-");
    let mut text = format!("event {:<4} {destination:<24} {}", explained.event, explained.decision);
    if let Some(detail) = &explained.detail {
        text.push_str(&format!(": {detail}"));
    }
    for request in &explained.requests {
        text.push_str(&format!("\n  {} {}", request.method, request.url));
        for (name, value) in &request.headers {
            text.push_str(&format!("\n  {name}: {value}"));
        }
        text.push_str(&format!("\n\n  {}\n", request.body.as_deref().unwrap_or_default()));
    }
    text
}
