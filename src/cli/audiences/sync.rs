//! `audiences sync`: one delivery for each member of now, appended straight to the deliveries topic for one destination; who
//! runs delivers them. Reads the topic twice: who is a member is known at its end only, and the calls are too large to keep.

mod sending;

use std::ops::ControlFlow;
use std::sync::Arc;

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
use crate::event::Event;
use crate::kafka::lookup::Lookup;
use crate::kafka::snapshot::Kept;
use crate::outcome::time::KafkaTime;
use crate::route::Route;
use crate::route::integrations::Integrations;
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
    route: Route,
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
    let sync = Sync { route, topic: config.topics.memberships.clone(), began };
    let metrics = Arc::new(build::metrics(config).map_err(Failure::running)?);
    let mut sending = Sending::start(&build::connection(config), (clock, metrics), args.rate)?;
    let mut progress = Progress::new("sending members", places.count() as u64);
    let deliveries: Arc<str> = config.topics.deliveries.as_str().into();
    let mut left_out = 0_usize;
    let mut failed = None;
    let read = snapshot.read(|record| {
        if !places.contains(record.at()) {
            return ControlFlow::Continue(());
        }
        progress.step();
        progress.look();
        let Some(delivery) = sync.delivery_of(record) else {
            left_out += 1;
            return ControlFlow::Continue(());
        };
        let append = into_deliveries(&delivery, &sync.route, (&deliveries, partitions));
        match sending.append(&append) {
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
            "{appended} of {} members were sent before it failed; mend the cause and run it again, which sends these again",
            places.count()
        ));
        return Err(Failure::running(error));
    }
    read.map_err(Failure::running)?;
    let left_out = match left_out {
        0 => String::new(),
        left_out => format!("; {left_out} left out by its `audiences` or an integrations object"),
    };
    let id = &sync.route.id;
    say(&format!("{id}: sent {appended} of {} current members to topic {deliveries}{left_out}", places.count()));
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
    fn delivery_of(&self, record: &Kept<'_>) -> Option<Delivery> {
        let held = Held::read(record.key()?, Presence::Value, |name| record.header(name)).ok()?;
        let fact = held.fact.as_ref()?;
        self.delivery((&held.key, fact), record.at(), record.value()?)
    }

    fn delivery(&self, (key, fact): (&str, &Fact), (partition, offset): Place, identify: &[u8]) -> Option<Delivery> {
        let event = Event::parse(identify).ok()?;
        // An event that was parsed has readable integrations; if not, it says nothing.
        let integrations = Integrations::read(event.integrations).unwrap_or_default();
        self.route.wants_audience(key, &integrations).ok()?;
        let value = self.route.audience_calls.form(std::str::from_utf8(identify).ok()?, key, fact.kind).into_owned();
        let provenance = Provenance {
            position: (&self.topic, partition, offset),
            // Each time members are sent they are told anew, so receivers must not take it for a repeat.
            time: self.began,
            message_id: event.message_id.as_deref(),
            source: fact.source.position().into(),
            accepted_at: self.began,
        };
        let made_by = MadeBy::AudiencesSync;
        Some(Delivery { made_by, ..fresh(&self.route, &provenance, value.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audience::State;
    use crate::audience::{Kind, Source};
    use crate::route::audiences::{AudienceCalls, Audiences};
    use crate::route::destination::DestinationId;

    const CALL: &str = r#"{"type":"identify","messageId":"m1","userId":"u1","traits":{"vip":true}}"#;

    fn sync(calls: AudienceCalls, began: i64) -> Sync {
        let route = Route {
            id: DestinationId::new("crm").unwrap(),
            enabled: true,
            kind: crate::route::Kind::Webhooks,
            spread: 1,
            audiences: Audiences::Keys(["vip".into()].into()),
            audience_calls: calls,
        };
        Sync { route, topic: "webhooks.memberships".to_owned(), began: KafkaTime::from_millis(began) }
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
        let first = sync(AudienceCalls::Identify, 1_000);
        let one = first.delivery(("vip", &fact()), (0, 9), CALL.as_bytes()).unwrap();
        assert_eq!((&one.value[..], &*one.source), (CALL.as_bytes(), "audiences/3@17"));
        assert_eq!(one.accepted_at, KafkaTime::from_millis(1_000));
        let same = first.delivery(("vip", &fact()), (0, 9), CALL.as_bytes()).unwrap();
        let later = sync(AudienceCalls::Identify, 2_000).delivery(("vip", &fact()), (0, 9), CALL.as_bytes()).unwrap();
        assert_eq!(same.id, one.id);
        assert_ne!(later.id, one.id);
    }

    #[test]
    fn a_destination_gets_the_form_and_the_audiences_it_wants() {
        let track = sync(AudienceCalls::Track, 1).delivery(("vip", &fact()), (0, 9), CALL.as_bytes()).unwrap();
        assert!(track.value.starts_with(br#"{"type":"track","event":"Audience Entered""#), "{:?}", track.value);
        let identify = sync(AudienceCalls::Identify, 1);
        assert_eq!(identify.delivery(("other", &fact()), (0, 9), CALL.as_bytes()), None);
        let refused = CALL.replacen('{', r#"{"integrations":{"All":false},"#, 1);
        assert_eq!(identify.delivery(("vip", &fact()), (0, 9), refused.as_bytes()), None);
    }
}
