//! `audiences sync`: what one destination is owed for each member of now, appended straight to the deliveries topic; who runs
//! delivers it. Reads the topic twice: who is a member is known at its end only, and the calls are too large to keep.

mod sending;

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use clap::Args;

use super::progress::Progress;
use super::roll::Place;
use crate::app::build;
use crate::audience::membership::Presence;
use crate::audience::{Fact, Held};
use crate::cli::{Failure, complain, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::{Delivery, MadeBy};
use crate::kafka::lookup::Lookup;
use crate::kafka::snapshot::Kept;
use crate::outcome::time::KafkaTime;
use crate::route::Route;
use crate::route::routes::{Routes, Step};
use crate::stage::route::core::deliveries::{Provenance, fresh, into_deliveries};
use sending::Sending;

#[derive(Debug, Args)]
#[command(after_help = "Whoever was sent already is sent again, under another webhook-id.\n\nExample:\n  \
    kafka-webhooks audiences sync crm --audience big_spenders --rate 100")]
pub(in crate::cli) struct SyncArgs {
    /// The id of the destination
    destination: String,
    /// Only the audience, or the computed trait, of this key (see `audiences list`)
    #[arg(long, value_name = "KEY")]
    audience: Option<String>,
    /// Append so many per second; as many as Kafka takes without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
}

/// To whom, from where and since when.
struct Sync {
    /// Of the one destination.
    routes: Routes,
    topic: String,
    began: KafkaTime,
}

pub(super) fn sync(args: &SyncArgs, config: &Config) -> Result<(), Failure> {
    let route = route(args, config)?;
    let partitions = partitions(config)?;
    let snapshot = super::snapshot(config)?;
    let roll = super::call_roll(&snapshot)?;
    if let Some(key) = args.audience.as_deref().filter(|key| !roll.knows(key)) {
        let hint = "`audiences list` shows the keys that are";
        return Err(Failure::Usage(format!("no audience with the key `{key}` is known; {hint}").into()));
    }
    let places = roll.places(args.audience.as_deref());
    drop(roll);

    let clock = Arc::new(Clock::default());
    let began = clock.now().kafka;
    let id = route.id.clone();
    let sync = Sync { routes: Routes::new(vec![route.clone()]), topic: config.topics.memberships.clone(), began };
    let metrics = Arc::new(build::metrics(config).map_err(Failure::running)?);
    let mut sending = Sending::start(&build::connection(config), (clock, metrics), args.rate)?;
    let mut progress = Progress::new("sending members", places.count() as u64);
    let deliveries: Arc<str> = config.topics.deliveries.as_str().into();
    let (mut told, mut left_out) = (0_usize, 0_usize);
    let mut failed = None;
    let read = snapshot.read(|record| {
        if !places.contains(record.at()) {
            return ControlFlow::Continue(());
        }
        progress.step();
        progress.look();
        let owed = sync.deliveries_of(record);
        if owed.is_empty() {
            left_out += 1;
        } else {
            told += 1;
        }
        let append = |delivery: &Delivery| into_deliveries(delivery, &route, (&deliveries, partitions));
        match owed.iter().try_for_each(|delivery| sending.append(&append(delivery))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    let finished = sending.finish();
    drop(progress);
    let appended = sending.appended();
    if let Some(error) = failed.or(finished.err()) {
        complain(&format!(
            "{appended} deliveries for {} members were appended before it failed; mend the cause and run it again, which \
             sends these again",
            places.count()
        ));
        return Err(Failure::running(error));
    }
    read.map_err(Failure::running)?;
    let owed = if appended == told as u64 { String::new() } else { format!(" as {appended} deliveries") };
    let left_out = match left_out {
        0 => String::new(),
        left_out => format!("; {left_out} left out by its `audiences`, filters or triggers, or an integrations object"),
    };
    say(&format!("{id}: sent {told} of {} current members{owed} to topic {deliveries}{left_out}", places.count()));
    Ok(())
}

/// The destination that is meant, if sending to it makes sense.
fn route(args: &SyncArgs, config: &Config) -> Result<Route, Failure> {
    let usage = |text: String| Err(Failure::Usage(text.into()));
    let routes = build::routes(config);
    let ids = routes.iter().map(|route| route.id.to_string()).collect::<Vec<_>>().join(", ");
    let asked = &args.destination;
    let Some(route) = routes.into_iter().find(|route| route.id.as_str() == asked) else {
        return usage(format!("there is no destination `{asked}`; the file has {ids}"));
    };
    if !route.enabled {
        return usage(format!("destination {asked} is not enabled: what is sent to it would wait and be given up"));
    }
    match &args.audience {
        Some(key) if !route.audiences.has(key) => {
            usage(format!("destination {asked} does not want the audience `{key}`; see `audiences` in the file"))
        }
        _ => Ok(route),
    }
}

/// Partitions of the deliveries topic.
fn partitions(config: &Config) -> Result<i32, Failure> {
    let lookup = Lookup::connect(&build::connection(config), &config.kafka.group).map_err(Failure::running)?;
    let there = lookup.partitions().map_err(Failure::running)?;
    let topic = &config.topics.deliveries;
    there.get(topic).copied().ok_or_else(|| {
        Failure::Running(format!("topic {topic} is not there; make it with `kafka-webhooks topics create`").into())
    })
}

impl Sync {
    /// What the destination is owed for a member's record; nothing if it does not want it.
    fn deliveries_of(&self, record: &Kept<'_>) -> Vec<Delivery> {
        let held = record.key().map(|key| Held::read(key, Presence::Value, |name| record.header(name)));
        match (held, record.value()) {
            (Some(Ok(Held { key, fact: Some(fact), .. })), Some(identify)) => {
                self.deliveries((&key, &fact), record.at(), identify)
            }
            _ => Vec::new(),
        }
    }

    fn deliveries(&self, (key, fact): (&str, &Fact), (partition, offset): Place, identify: &[u8]) -> Vec<Delivery> {
        let mut owed = Vec::new();
        let Ok(identify) = std::str::from_utf8(identify) else { return owed };
        for routed in self.routes.iter() {
            let route = routed.route();
            let value = Bytes::from(route.audience_calls.form(identify, key, fact.kind).into_owned());
            let Ok(asked) = self.routes.ask(&value) else { continue };
            let asked = asked.about(key);
            let provenance = Provenance {
                position: (&self.topic, partition, offset),
                // Each time members are sent they are told anew, so receivers must not take it for a repeat.
                time: self.began,
                message_id: asked.message_id(),
                source: fact.source.position().into(),
                accepted_at: self.began,
            };
            routed.decide(&asked, |step| {
                if let Step::Wanted(mapping) = step {
                    let delivery = fresh((route, mapping), &provenance, value.clone());
                    owed.push(Delivery { made_by: MadeBy::AudiencesSync, ..delivery });
                }
            });
        }
        owed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::State;
    use crate::audience::{Kind, Source};
    use crate::route::Branch;
    use crate::route::audiences::{AudienceCalls, Audiences};
    use crate::route::destination::DestinationId;
    use crate::route::filter::Filters;
    use crate::route::trigger::Trigger;

    const CALL: &str = r#"{"type":"identify","messageId":"m1","userId":"u1","traits":{"vip":true}}"#;

    fn route(audience_calls: AudienceCalls) -> Route {
        Route {
            id: DestinationId::new("crm").unwrap(),
            enabled: true,
            kind: crate::route::Kind::Webhooks,
            spread: 1,
            filters: Filters::default(),
            branches: Vec::new(),
            audiences: Audiences::Keys(["vip".into()].into()),
            audience_calls,
        }
    }

    fn sync(route: Route, began: i64) -> Sync {
        let began = KafkaTime::from_millis(began);
        Sync { routes: Routes::new(vec![route]), topic: "webhooks.memberships".to_owned(), began }
    }

    /// What is owed for a member of the audience of this key.
    fn owed(sync: &Sync, key: &str, call: &str) -> Vec<Delivery> {
        sync.deliveries((key, &fact()), (0, 9), call.as_bytes())
    }

    fn fact() -> Fact {
        Fact {
            kind: Kind::Audience,
            name: None,
            state: State::Member(true),
            changed: None,
            source: Source { topic: "audiences".into(), partition: 3, offset: 17, millis: 5 },
            again: None,
        }
    }

    #[test]
    fn a_member_is_told_as_if_it_had_just_entered_and_under_a_new_id_each_time() {
        let first = sync(route(AudienceCalls::Identify), 1_000);
        let one = owed(&first, "vip", CALL);
        assert_eq!((&one[0].value[..], &*one[0].source), (CALL.as_bytes(), "audiences/3@17"));
        assert_eq!((one.len(), one[0].accepted_at), (1, KafkaTime::from_millis(1_000)));
        let later = owed(&sync(route(AudienceCalls::Identify), 2_000), "vip", CALL);
        assert_eq!(owed(&first, "vip", CALL)[0].id, one[0].id);
        assert_ne!(later[0].id, one[0].id);
    }

    #[test]
    fn a_destination_gets_the_form_and_the_audiences_it_wants() {
        let track = owed(&sync(route(AudienceCalls::Track), 1), "vip", CALL);
        assert!(track[0].value.starts_with(br#"{"type":"track","event":"Audience Entered""#), "{track:?}");
        let identify = sync(route(AudienceCalls::Identify), 1);
        assert_eq!(owed(&identify, "other", CALL), []);
        let refused = CALL.replacen('{', r#"{"integrations":{"All":false},"#, 1);
        assert_eq!(owed(&identify, "vip", &refused), []);
    }

    #[test]
    fn of_mappings_those_are_told_whose_triggers_match_the_form_the_destination_gets() {
        let branch = |name: &str, trigger: &str| Branch {
            name: Some(name.into()),
            enabled: true,
            trigger: Trigger::parse(trigger).unwrap(),
        };
        let branches = vec![
            branch("all", r#"type = "track" or type = "identify""#),
            branch("entered", r#"event = "Audience Entered""#),
            branch("identify", r#"type = "identify""#),
        ];
        let kind = crate::route::Kind::Actions;
        let route = |calls| Route { kind, branches: branches.clone(), ..route(calls) };
        let names = |calls| {
            let owed = owed(&sync(route(calls), 1), "vip", CALL);
            owed.into_iter().map(|delivery| delivery.mapping.unwrap().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names(AudienceCalls::Identify), ["all", "identify"]);
        assert_eq!(names(AudienceCalls::Track), ["all", "entered"]);
    }
}
