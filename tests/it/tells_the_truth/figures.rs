//! Key figures twice: as they are in truth, and as PromQL over what was scraped. At quiet they are equal.

use std::collections::BTreeMap;
use std::time::Duration;

use super::scene::{GONE, MALFORMED, Scene};
use super::truth::{Counts, Truth};
use crate::support::prometheus::{Answer, now};
use crate::support::wait::until_explained;

/// Gauges follow within moments.
const PATIENCE: Duration = Duration::from_secs(20);

/// As the overview has it.
const WAITING: &str = "sum(max by (topic, partition) (webhooks_kafka_lag_records) \
    * on (topic) group_left max by (topic) (webhooks_topic_info{kind=~\"deliveries|delay\"}))";

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

/// Waits until Prometheus tells each figure as it is.
pub(super) fn agree(scene: &Scene) {
    let figures = figures(scene);
    let differences = |at| {
        let of = |figure: &Figure| figure.differences(&scene.prometheus.instant(&figure.1, at));
        figures.iter().flat_map(of).collect::<Vec<_>>()
    };
    until_explained(
        || format!("the figures: {:#?}", differences(now())),
        PATIENCE,
        || differences(now()).is_empty().then_some(()),
    );
}

fn figures(scene: &Scene) -> Vec<Figure> {
    let truth = Truth::of(scene);
    let run = (now() - scene.began).ceil() + PATIENCE.as_secs_f64();
    // A replica that has ended counts with its last word.
    let sum = |metric: &str| format!("sum by (destination) (last_over_time({metric}[{run}s]))");
    let total = |metric: &str| format!("sum(last_over_time({metric}[{run}s]))");
    let one = |count: usize| Counts::from([(String::new(), count)]);
    let delayed = "webhooks_deliveries_delayed_total";
    let waiting = one(truth.waiting.values().sum());
    vec![
        Figure("created", sum("webhooks_deliveries_created_total"), truth.created),
        Figure("delivered", sum("webhooks_deliveries_delivered_total"), truth.delivered),
        Figure("delivered at once", sum("webhooks_deliveries_first_attempt_delivered_total"), truth.at_once),
        Figure("dead-lettered", sum("webhooks_deliveries_dead_lettered_total"), truth.dead),
        Figure("waiting", format!("{} - {}", sum(delayed), sum("webhooks_deliveries_returned_total")), truth.waiting),
        Figure("waiting in Kafka", WAITING.to_owned(), waiting),
        Figure("attempts", sum("webhooks_attempts_total"), truth.attempts),
        Figure("retried", sum(&format!("{delayed}{{cause=\"retry\",destination!=\"{GONE}\"}}")), truth.retried),
        Figure(
            "waits of the one that is gone",
            total(&format!("{delayed}{{destination=\"{GONE}\"}}")),
            one(truth.waits_of_gone),
        ),
        Figure("malformed", total("webhooks_events_malformed_total"), one(MALFORMED.len() * scene.rounds)),
        Figure("membership changes", total("webhooks_membership_changes_total"), one(truth.told)),
    ]
}

#[test]
fn a_figure_that_is_off_by_one_is_noticed() {
    use super::truth::counted;
    use crate::support::prometheus::Series;

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
