//! `explain`: what each destination would be sent for each event, or why nothing; nothing is sent.
//! The decisions are `route`'s and `attempt`'s own; here they are only shown, to people or as JSON lines.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Common, Failure, say};
use crate::app::build;
use crate::attempt::request::{Clients, Preview, Sender};
use crate::event::Event;
use crate::route::Route;
use crate::route::integrations::Integrations;

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  echo '{\"type\":\"track\",\"event\":\"Hi\",\"userId\":\"u1\"}' | kafka-webhooks explain"
)]
pub(super) struct ExplainArgs {
    /// Events, one JSON object a line; standard input without it
    file: Option<PathBuf>,
    /// For people, or one JSON line for each event and destination
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
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
    let routes: Vec<(Route, &Sender)> = build::routes(&config)
        .into_iter()
        .filter_map(|route| senders.get(&route.id).map(|sender| (route, &**sender)))
        .collect();
    for (number, line) in lines(args)?.enumerate() {
        let line = line.map_err(Failure::running)?;
        // An empty last line is no event of anybody's.
        if line.is_empty() {
            continue;
        }
        for explained in of_event(number, &line, &routes) {
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

fn of_event<'a>(number: usize, line: &[u8], routes: &'a [(Route, &Sender)]) -> Vec<Explained<'a>> {
    let event = match Event::parse(line) {
        Ok(event) => event,
        Err(error) => {
            return vec![Explained {
                event: number,
                destination: None,
                mapping: None,
                decision: "invalid",
                reason: Some("malformed"),
                detail: Some(error.to_string()),
                requests: Vec::new(),
            }];
        }
    };
    // An event that was parsed has readable integrations.
    let integrations = Integrations::read(event.integrations).unwrap_or_default();
    let explained = |(route, sender): &'a (Route, &Sender)| {
        let none = Explained {
            event: number,
            destination: Some(route.id.as_str()),
            mapping: None,
            decision: "deliver",
            reason: None,
            detail: None,
            requests: Vec::new(),
        };
        match route.wants(&event, &integrations) {
            Err(reason) => Explained {
                decision: "filtered",
                reason: Some(reason.label()),
                detail: Some(reason.words(event.call)),
                ..none
            },
            Ok(()) => match sender.preview(line) {
                Ok(requests) => Explained { requests, ..none },
                Err(error) => Explained {
                    decision: "invalid",
                    reason: Some("invalid_request"),
                    detail: Some(error.into()),
                    ..none
                },
            },
        }
    };
    routes.iter().map(explained).collect()
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
