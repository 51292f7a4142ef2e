//! Key figures twice: as the receivers and the topics have them, and as PromQL over what was scraped. At quiet they are equal.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::scene::{GONE, MALFORMED, Scene, TOLD};
use crate::support::oracle::Request;
use crate::support::prometheus::{Answer, Series, now};
use crate::support::topics::Seen;
use crate::support::wait::until_explained;

/// Gauges follow within moments.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whose malformed records are.
const NOBODY: &str = "none";

/// By destination; under an empty name where a figure has none.
type Counts = BTreeMap<String, usize>;

/// A figure: its name, the expression, and what is true.
struct Figure(&'static str, String, Counts);

impl Figure {
    /// Where the expression says something else.
    fn differences(&self, answer: &Answer) -> Vec<String> {
        let Self(name, _, truth) = self;
        let found = match answer {
            Ok(found) => found,
            Err(error) => return vec![format!("{name}: {error}")],
        };
        let mut told: BTreeMap<&str, Option<f64>> = truth.keys().map(|key| (key.as_str(), None)).collect();
        told.extend(found.iter().map(|one| (one.label("destination"), one.last())));
        let wrong = told.into_iter().filter(|(key, told)| {
            let count = truth.get(*key).copied().unwrap_or_default();
            *told != Some(count as f64)
        });
        wrong.map(|(key, told)| format!("{name} of {key}: {told:?}, in truth {:?}", truth.get(key))).collect()
    }
}

/// Waits until Prometheus tells each figure as it is, and answers when that was.
pub(super) fn agree(scene: &Scene) -> f64 {
    let figures = figures(scene);
    let differences = |at| {
        let of = |figure: &Figure| figure.differences(&scene.prometheus.instant(&figure.1, at));
        figures.iter().flat_map(of).collect::<Vec<_>>()
    };
    until_explained(
        || format!("the figures: {:#?}", differences(now())),
        PATIENCE,
        || {
            let at = now();
            differences(at).is_empty().then_some(at)
        },
    )
}

fn figures(scene: &Scene) -> Vec<Figure> {
    let dead = scene.setup.read("dead-letters");
    let waiting = scene.setup.waiting();
    let requests = scene.ledger.all();
    let good: Vec<&Request> = requests.iter().filter(|request| (200..300).contains(&request.status)).collect();
    let tries = tries(&requests);
    let run = (now() - scene.began).ceil() + 20.0;
    // A replica that has ended counts with its last word.
    let sum = |metric: &str| format!("sum by (destination) (last_over_time({metric}[{run}s]))");
    let total = |metric: &str| format!("sum(last_over_time({metric}[{run}s]))");

    let delivered = counted(good.iter().map(|request| request.destination.clone()));
    let dead_lettered = counted(dead.iter().map(home));
    let waits = counted(waiting.iter().map(home));
    let own = |request: &Request| (request.destination.clone(), request.delivery.clone());
    let at_once = good.iter().filter(|request| tries.get(&own(request)) == Some(&1));
    let first = counted(at_once.map(|request| request.destination.clone()));
    let mut attempts = counted(requests.iter().map(|request| request.destination.clone()));
    // Nobody was there to count them: each dead letter knows of its own.
    let lost: usize = dead.iter().filter(|letter| home(letter) == GONE).map(|letter| number(letter, "attempts")).sum();
    attempts.insert(GONE.to_owned(), lost);
    let retried: Counts =
        counted(tries.iter().flat_map(|((destination, _), count)| std::iter::repeat_n(destination.clone(), count - 1)));
    let hops: usize = dead.iter().filter(|letter| home(letter) == GONE).map(|letter| number(letter, "hops")).sum();
    let ids = requests.iter().map(own);
    let ids = ids.chain(dead.iter().chain(&waiting).map(|record| (home(record), id(record))));
    // What is malformed becomes a dead letter without ever being a delivery.
    let ids: BTreeSet<_> = ids.filter(|(home, _)| home != NOBODY).collect();
    let created = counted(ids.into_iter().map(|(home, _)| home));
    let told = requests.iter().filter(|request| request.destination == TOLD && is_call(request));
    let told: BTreeSet<&str> = told.map(|request| request.delivery.as_str()).collect();

    each_is_somewhere(scene, &created, told.len());
    let one = |count: usize| Counts::from([(String::new(), count)]);
    vec![
        Figure("created", sum("webhooks_deliveries_created_total"), created),
        Figure("delivered", sum("webhooks_deliveries_delivered_total"), delivered),
        Figure("delivered at once", sum("webhooks_deliveries_first_attempt_delivered_total"), first),
        Figure("dead-lettered", sum("webhooks_deliveries_dead_lettered_total"), dead_lettered),
        Figure(
            "waiting",
            format!("{} - {}", sum("webhooks_deliveries_delayed_total"), sum("webhooks_deliveries_returned_total")),
            waits,
        ),
        Figure(
            "waiting in Kafka",
            "sum(webhooks_kafka_lag_records * on (topic) group_left max by (topic) (webhooks_topic_info{kind=~\"deliveries|delay\"}))".to_owned(),
            one(waiting.len()),
        ),
        Figure("attempts", sum("webhooks_attempts_total"), attempts),
        Figure(
            "retried",
            sum(&format!("webhooks_deliveries_delayed_total{{cause=\"retry\",destination!=\"{GONE}\"}}")),
            retried,
        ),
        Figure(
            "waits of the one that is gone",
            total(&format!("webhooks_deliveries_delayed_total{{destination=\"{GONE}\"}}")),
            one(hops),
        ),
        Figure("malformed", total("webhooks_events_malformed_total"), one(MALFORMED.len() * scene.rounds)),
        Figure("membership changes", total("webhooks_membership_changes_total"), one(told.len())),
    ]
}

/// The truth itself must add up: each acknowledged event is somewhere, once for each destination.
fn each_is_somewhere(scene: &Scene, created: &Counts, told: usize) {
    let events = scene.acknowledged.len();
    for id in super::scene::ids() {
        let expected = if id == TOLD { events + told } else { events };
        assert_eq!(created.get(id), Some(&expected), "{id}");
    }
}

/// How often each delivery was tried.
fn tries(requests: &[Request]) -> BTreeMap<(String, String), usize> {
    let mut tries = BTreeMap::new();
    for request in requests {
        *tries.entry((request.destination.clone(), request.delivery.clone())).or_default() += 1;
    }
    tries
}

fn counted(names: impl Iterator<Item = String>) -> Counts {
    let mut counts = Counts::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}

/// Whose a record is; what is malformed is nobody's.
fn home(record: &Seen) -> String {
    if record.header("reason") == Some("malformed") { NOBODY.to_owned() } else { record.key_text() }
}

fn id(record: &Seen) -> String {
    record.header("delivery-id").unwrap_or_default().to_owned()
}

fn number(record: &Seen, header: &str) -> usize {
    record.header(header).map_or(0, |text| text.parse().unwrap())
}

/// Whether a request tells of an audience or a trait: the events of the run are all track calls.
fn is_call(request: &Request) -> bool {
    request.body.windows(17).any(|part| part == b"\"type\":\"identify\"")
}

#[test]
fn a_figure_that_is_off_by_one_is_noticed() {
    let answer = |of: &[(&str, f64)]| -> Answer {
        let labels = |id: &str| BTreeMap::from([("destination".to_owned(), id.to_owned())]);
        Ok(of.iter().map(|(id, value)| Series { labels: labels(id), samples: vec![*value] }).collect())
    };
    let figure = Figure("delivered", String::new(), counted(["crm", "crm", "lake"].map(str::to_owned).into_iter()));
    assert_eq!(figure.differences(&answer(&[("crm", 2.0), ("lake", 1.0), ("none", 0.0)])), [""; 0]);
    for (bad, because) in [
        (answer(&[("crm", 3.0), ("lake", 1.0)]), "crm: Some(3.0), in truth Some(2)"),
        (answer(&[("crm", 2.0)]), "lake: None, in truth Some(1)"),
        (answer(&[("crm", 2.0), ("lake", 1.0), ("none", 1.0)]), "none: Some(1.0), in truth None"),
        (Err("no".to_owned()), "no"),
    ] {
        let differences = figure.differences(&bad);
        assert!(differences.len() == 1 && differences[0].contains(because), "{differences:?}");
    }
}
