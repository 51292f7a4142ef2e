//! Every request of the fixtures is the one Segment's own package sends, but for what the fixtures' README and the contract
//! list as deliberately different.

use std::collections::BTreeMap;

use kafka_webhooks::attempt::verdict::Verdict;
use kafka_webhooks::outcome::Outcome;
use kafka_webhooks::route::trigger::Fields;

use super::case::{Case, Shown};
use super::{delivery, local, sender};
use crate::support::receiver::Receiver;

/// Why a case is not compared as it stands, each with what holds in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exemption {
    /// Another type of destination.
    Extensible,
    /// A member the configuration judges when it is loaded; the request does not know it.
    OfTheConfiguration,
    /// Without `data` the whole event is sent.
    WholeEvent,
    /// Redirects are not followed.
    Redirect,
    /// A batch never mixes headers: as many requests as there are different ones.
    MixedKeys,
    /// The text `undefined` may be sent as it is.
    Undefined,
}

/// What became of one event.
#[derive(Debug)]
enum Became {
    NotWanted,
    Tried(Verdict),
}

#[tokio::test]
async fn every_fixture_is_sent_as_by_segment() {
    let mut compared = 0;
    let mut exempted: BTreeMap<Exemption, usize> = BTreeMap::new();
    for case in Case::all() {
        let exemption = exemption(&case);
        match exemption {
            Some(exemption) => *exempted.entry(exemption).or_default() += 1,
            None => compared += 1,
        }
        if !matches!(exemption, Some(Exemption::Extensible | Exemption::OfTheConfiguration)) {
            check(&case, exemption).await;
        }
    }
    assert_eq!(compared, 65);
    let expected = [
        (Exemption::Extensible, 20),
        (Exemption::OfTheConfiguration, 1),
        (Exemption::WholeEvent, 2),
        (Exemption::Redirect, 5),
        (Exemption::MixedKeys, 1),
        (Exemption::Undefined, 1),
    ];
    assert_eq!(exempted, expected.into());
}

fn exemption(case: &Case) -> Option<Exemption> {
    if !case.is_of_actions() {
        return Some(Exemption::Extensible);
    }
    if case.member("batch_size").is_string() {
        return Some(Exemption::OfTheConfiguration);
    }
    let headers = case.member("headers").as_object();
    let has_undefined = headers.is_some_and(|headers| headers.values().any(|value| value == "undefined"));
    let rules = [
        (!case.maps("data"), Exemption::WholeEvent),
        (case.is_about("redirect"), Exemption::Redirect),
        (case.is_about("mixed keys"), Exemption::MixedKeys),
        (has_undefined, Exemption::Undefined),
    ];
    rules.into_iter().find_map(|(applies, exemption)| applies.then_some(exemption))
}

async fn check(case: &Case, exemption: Option<Exemption>) {
    let receiver = Receiver::start();
    receiver.script("*", case.answers(&receiver));
    let became = run(case, &receiver).await;
    let seen = receiver.requests();
    assert!(seen.iter().all(|seen| seen.header("webhook-id").is_some()), "{}", case.id());
    let mut came: Vec<Shown> = seen.iter().map(|seen| case.shown(seen)).collect();
    let mut expected = case.requests();
    match exemption {
        Some(Exemption::WholeEvent) => {
            let [came, expected] = [&mut came[0], &mut expected[0]];
            assert_eq!(came.body.take().as_ref(), case.events(&receiver).first(), "{}", case.id());
            assert!(came.headers.remove("x-signature").is_some() && came.headers.remove("content-type").is_some());
            assert_eq!(expected.body, None);
        }
        Some(Exemption::Redirect) => expected.truncate(1),
        Some(Exemption::MixedKeys) => {
            let bodies: Vec<String> = came.iter_mut().filter_map(|came| came.body.take()).collect();
            assert_eq!(bodies.concat().replace("][", ","), expected[0].body.take().unwrap(), "{}", case.id());
            let users: Vec<_> = came.iter().map(|came| came.headers["x-user"].as_str()).collect();
            assert_eq!(users, ["u-1", "u-2"]);
            came.truncate(1);
        }
        Some(Exemption::Undefined) => {
            assert_eq!(came[0].headers.remove("x-signature").as_deref(), Some("undefined"), "{}", case.id());
        }
        _ => {}
    }
    assert_eq!(came, expected, "{}", case.id());
    check_outcome(case, exemption, became.as_deref());
}

/// Tries all events of a case as the deliver stage does: those that may go together in one request. None where the
/// configuration would be refused.
async fn run(case: &Case, receiver: &Receiver) -> Option<Vec<Became>> {
    let mapping = case.mapping(receiver)?;
    let mut fields = Fields::default();
    let trigger = fields.bind(&mapping.trigger);
    let sender = sender(mapping, case.secret(), local());
    let events = case.events(receiver);
    let mut groups: Vec<(Option<u64>, Vec<usize>)> = Vec::new();
    for (number, event) in events.iter().enumerate() {
        if !trigger.matches(&fields.read(event.as_bytes()).unwrap()) {
            continue;
        }
        let key = sender.batching().and_then(|batching| batching.measure.parcel(event.as_bytes()).key);
        match groups.iter_mut().find(|(other, _)| key.is_some() && *other == key) {
            Some((_, group)) => group.push(number),
            None => groups.push((key, vec![number])),
        }
    }
    let mut became: Vec<Became> = events.iter().map(|_| Became::NotWanted).collect();
    for (_, group) in groups {
        let deliveries: Vec<_> = group.iter().map(|number| delivery(*number as i64, &events[*number])).collect();
        let verdict = sender.attempt(&deliveries, super::then()).await.unwrap();
        group.into_iter().for_each(|number| became[number] = Became::Tried(verdict.clone()));
    }
    Some(became)
}

fn check_outcome(case: &Case, exemption: Option<Exemption>, became: Option<&[Became]>) {
    let outcome = case.outcome();
    let of_all = |says: &dyn Fn(&Verdict) -> bool| {
        let tried = |became: &Became| matches!(became, Became::Tried(verdict) if says(verdict));
        became.is_some_and(|became| became.iter().all(tried))
    };
    let is_as_expected = match outcome["result"].as_str() {
        _ if exemption == Some(Exemption::Redirect) => of_all(&|verdict| verdict.outcome == Outcome::Rejected),
        Some("delivered") => of_all(&|verdict| verdict.outcome == Outcome::Delivered),
        Some("not_subscribed") => {
            became.is_some_and(|became| became.iter().all(|became| matches!(became, Became::NotWanted)))
        }
        Some("error") => became.is_none(),
        Some("invalid") => of_all(&|verdict| verdict.outcome == Outcome::InvalidRequest && verdict.status.is_none()),
        Some("http_error") => of_all(&|verdict| {
            verdict.outcome != Outcome::Delivered && verdict.status.map(u64::from) == outcome["status"].as_u64()
        }),
        Some(other) => panic!("{}: unknown outcome {other}", case.id()),
        None => {
            let statuses = outcome["statuses"].as_array().unwrap().iter().map(|status| status.as_u64().unwrap());
            match became {
                // Segment says so of each event, we when the configuration is loaded.
                None => statuses.into_iter().all(|status| status == 400),
                Some(became) => statuses.zip(became).all(|(status, became)| match became {
                    Became::NotWanted => status == 400,
                    Became::Tried(verdict) if status == 400 => verdict.outcome == Outcome::InvalidRequest,
                    Became::Tried(verdict) => verdict.status.map(u64::from) == Some(status),
                }),
            }
        }
    };
    assert!(is_as_expected, "{}: expected {outcome}, came to {became:?}", case.id());
}
