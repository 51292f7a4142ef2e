//! The first board: does what comes in get where it should, how long does it take, and which destination is the trouble.

use serde_json::json;

use super::annotation::Annotation;
use super::board::Board;
use super::panel::Panel;
use super::table::{Column, table};
use super::variable::Variable;

pub(crate) fn board() -> Board {
    Board::new(
        "overview",
        "Webhooks: overview",
        "Does what comes in get where it should, how long does it take, and which destination is the trouble.",
    )
    .choose([Variable::Destination])
    .mark([Annotation::Breaker])
    .mark(Annotation::OF_THE_GROUP)
    .line(
        4,
        [
            (3, in_the_end()),
            (3, at_first()),
            (3, budget()),
            (3, latency_now()),
            (3, oldest()),
            (3, waiting()),
            (3, given_up()),
            (3, unaccounted()),
        ],
    )
    .line(9, [(7, funnel()), (17, course())])
    .line(8, [(7, latency()), (7, attempts()), (10, waits())])
    .line(9, [(24, destinations())])
    .heading("Audiences")
    .line(7, [(8, members()), (8, changes()), (8, judged())])
}

fn in_the_end() -> Panel {
    Panel::stat(
        "Delivered",
        "Of the deliveries that ended in the time range, those that were delivered; the others became dead letters.",
        "percentunit",
    )
    .ask(
        "",
        r#"sum(increase(webhooks_deliveries_delivered_total{d}[$__range]))
         / (sum(increase(webhooks_deliveries_delivered_total{d}[$__range]))
            + sum(increase(webhooks_deliveries_dead_lettered_total{d,destination!="none"}[$__range])) > 0)"#,
    )
    .decimals(2)
    .from("red", &[(0.99, "orange"), (0.999, "green")])
    .next("Dead letters", "webhooks-delays")
}

fn at_first() -> Panel {
    Panel::stat(
        "First attempt",
        "Of the deliveries that were delivered in the time range, those that needed a single attempt.",
        "percentunit",
    )
    .ask(
        "",
        "sum(increase(webhooks_deliveries_first_attempt_delivered_total{d}[$__range]))
         / (sum(increase(webhooks_deliveries_delivered_total{d}[$__range])) > 0)",
    )
    .decimals(1)
    .from("red", &[(0.9, "orange"), (0.98, "green")])
    .next("Outcomes of a destination", "webhooks-destination")
}

fn budget() -> Panel {
    Panel::stat(
        "Error budget",
        "The objective is that 99 of 100 deliveries are delivered within 5 minutes. What is left of the hundredth that may be \
         late in the time range: 100 % when none was, below 0 when the objective was missed, by as much again or more at -100 %.",
        "percentunit",
    )
    .ask(
        "",
        r#"clamp_min(1 - (1 - clamp_max(sum(increase(webhooks_delivery_latency_seconds_bucket{d,le=~"300(\\.0)?"}[$__range]))
                    / (sum(increase(webhooks_deliveries_created_total{d}[$__range])) > 0), 1)) / 0.01, -1)"#,
    )
    .decimals(0)
    .from("red", &[(0.0, "orange"), (0.5, "green")])
    .next("Outcomes of a destination", "webhooks-destination")
}

fn latency_now() -> Panel {
    Panel::stat(
        "Latency p95",
        "From the event's time in Kafka to its delivery, retries and waits included, in the time range.",
        "s",
    )
    .ask(
        "",
        "histogram_quantile(0.95, sum by (le) (increase(webhooks_delivery_latency_seconds_bucket{d}[$__range]))) >= 0",
    )
    .from("green", &[(10.0, "orange"), (300.0, "red")])
    .next("Latency of a destination", "webhooks-destination")
}

fn oldest() -> Panel {
    Panel::course(
        "Oldest",
        "How old the oldest event is that a replica holds and has not delivered. Dead letters come after 4 hours, unless \
         `give_up_after` says otherwise.",
        "s",
    )
    .ask("", "max(time() - webhooks_oldest_accepted_timestamp_seconds{d}) or vector(0)")
    .from("green", &[(3600.0, "orange"), (10_800.0, "red")])
    .next("What waits", "webhooks-delays")
}

fn waiting() -> Panel {
    Panel::course(
        "Waiting",
        "Deliveries that no receiver has taken and nobody has given up: those in the tiers, and those about to be attempted. \
         Of all destinations.",
        "short",
    )
    .ask("", WAITING)
    .from("text", &[])
    .next("What waits", "webhooks-delays")
}

/// Every record of a deliveries or delay topic that is not settled is a delivery that waits.
const WAITING: &str = r#"sum(max by (topic, partition) (webhooks_kafka_lag_records)
     * on (topic) group_left max by (topic) (webhooks_topic_info{kind=~"deliveries|delay"}))"#;

fn given_up() -> Panel {
    Panel::stat("Dead letters", "Deliveries given up in the time range. They lie in the dead-letter topic.", "short")
        .ask("", "sum(increase(webhooks_deliveries_dead_lettered_total{d}[$__range]))")
        .decimals(0)
        .from("green", &[(1.0, "red")])
        .next("Dead letters", "webhooks-delays")
}

fn unaccounted() -> Panel {
    Panel::stat(
        "Unaccounted",
        "What came to be in the time range and is neither delivered nor given up nor waiting: 0 at quiet, else deliveries were \
         lost. While much is under way it is off by what happens between two scrapes. It says nothing where a replica came, \
         went, began anew or lost its session in the time range, since a process takes its counts with it. Needs the recording rules.",
        "short",
    )
    .ask(
        "",
        "webhooks:deliveries_unaccounted:sum - (webhooks:deliveries_unaccounted:sum offset $__range)
         and on () (count(count_over_time(webhooks_build_info[$__range])) == count(webhooks_build_info))
         and on () (count(webhooks_build_info offset $__range) == count(webhooks_build_info))
         and on () (sum(changes(process_start_time_seconds[$__range]) and on (instance, job) webhooks_build_info) == 0)
         unless on () (sum(increase(webhooks_kafka_rebalances_total{kind=\"lost\"}[$__range])) > 0)",
    )
    .decimals(0)
    .from("red", &[(0.0, "green"), (1.0, "red")])
    .next("Kafka and replicas", "webhooks-replicas")
}

fn funnel() -> Panel {
    let all = "sum(increase(webhooks_events_consumed_total[$__range]))";
    Panel::bars(
        "From events to deliveries",
        "In the time range: each event makes a delivery for each destination that wants it. What was put off counts each time.",
        "short",
    )
    .ask("events read", all)
    .ask("not wanted", "sum(increase(webhooks_events_filtered_total{d}[$__range]))")
    .ask("made", "sum(increase(webhooks_deliveries_created_total{d}[$__range]))")
    .ask("delivered", "sum(increase(webhooks_deliveries_delivered_total{d}[$__range]))")
    .ask("put off", "sum(increase(webhooks_deliveries_delayed_total{d}[$__range]))")
    .ask("dead letters", "sum(increase(webhooks_deliveries_dead_lettered_total{d}[$__range]))")
    .decimals(0)
    .next("Outcomes of a destination", "webhooks-destination")
}

fn course() -> Panel {
    Panel::lines(
        "What is made, and what becomes of it",
        "Per second: deliveries that came to be, were delivered, were put off into a tier, were given up.",
        "suffix:/s",
    )
    .ask("made", "sum(rate(webhooks_deliveries_created_total{d}[$__rate_interval]))")
    .ask("delivered", "sum(rate(webhooks_deliveries_delivered_total{d}[$__rate_interval]))")
    .ask("put off", "sum(rate(webhooks_deliveries_delayed_total{d}[$__rate_interval]))")
    .ask("dead letters", "sum(rate(webhooks_deliveries_dead_lettered_total{d}[$__rate_interval]))")
    .figures(&["mean", "max", "lastNotNull"])
    .next("Outcomes of a destination", "webhooks-destination")
}

fn latency() -> Panel {
    let quantile = |part: &str| {
        format!(
            "histogram_quantile({part}, sum by (le) (rate(webhooks_delivery_latency_seconds_bucket{{d}}[$__rate_interval]))) >= 0"
        )
    };
    Panel::lines("Latency", "From the event's time in Kafka to its delivery, retries and waits included.", "s")
        .ask("p50", &quantile("0.5"))
        .ask("p95", &quantile("0.95"))
        .ask("p99", &quantile("0.99"))
        .next("Latency of a destination", "webhooks-destination")
}

fn attempts() -> Panel {
    Panel::stacked(
        "Attempts by outcome",
        "Attempts per second. What is no success is the receiver's doing in nearly every case; the log names the error.",
        "suffix:/s",
    )
    .ask("{{outcome}}", "sum by (outcome) (rate(webhooks_attempts_total{d}[$__rate_interval])) > 0")
    .next("Outcomes of a destination", "webhooks-destination")
}

fn waits() -> Panel {
    Panel::stacked(
        "Waiting, by topic",
        "Deliveries that wait in Kafka: in the deliveries topic for an attempt that is about to be made, in a tier for their \
         time to come. Of all destinations.",
        "short",
    )
    .ask(
        "{{topic}}",
        r#"sum by (topic) (max by (topic, partition) (webhooks_kafka_lag_records)
            * on (topic) group_left max by (topic) (webhooks_topic_info{kind=~"deliveries|delay"}))"#,
    )
    .figures(&["lastNotNull"])
    .next("What waits", "webhooks-delays")
}

fn destinations() -> Panel {
    let link = json!([{
        "title": "This destination",
        "url": "/d/webhooks-destination?var-datasource=${datasource}&var-destination=${__value.raw}&${__url_time_range}",
    }]);
    let columns = vec![
        Column::new(
            "Failed attempts",
            "percentunit",
            r#"1 - sum by (destination) (increase(webhooks_attempts_total{d,outcome="delivered"}[$__range]))
               / (sum by (destination) (increase(webhooks_attempts_total{d}[$__range])) > 0)"#,
        )
        .from("green", &[(0.05, "orange"), (0.5, "red")]),
        Column::new(
            "Dead letters",
            "short",
            "sum by (destination) (increase(webhooks_deliveries_dead_lettered_total{d}[$__range]))",
        )
        .from("green", &[(1.0, "red")]),
        Column::new(
            "Made",
            "short",
            "sum by (destination) (increase(webhooks_deliveries_created_total{d}[$__range])) > 0",
        ),
        Column::new(
            "Delivered",
            "short",
            "sum by (destination) (increase(webhooks_deliveries_delivered_total{d}[$__range])) > 0",
        ),
        Column::new(
            "Put off",
            "short",
            "sum by (destination) (increase(webhooks_deliveries_delayed_total{d}[$__range]))",
        ),
        Column::new(
            "Latency p95",
            "s",
            "histogram_quantile(0.95, sum by (destination, le)
                (increase(webhooks_delivery_latency_seconds_bucket{d}[$__range]))) >= 0",
        ),
        Column::new("Oldest", "s", "max by (destination) (time() - webhooks_oldest_accepted_timestamp_seconds{d})")
            .from("text", &[(3600.0, "orange"), (10_800.0, "red")]),
        Column::new("Under way", "short", "sum by (destination) (webhooks_in_flight_requests{d})"),
        Column::new("Queued", "short", "sum by (destination) (webhooks_queued_deliveries{d})"),
    ];
    table(
        (
            "Destinations, worst first",
            "In the time range, but for the last three columns, which tell of now. The name leads to the destination's board.",
        ),
        &[("destination", "Destination")],
        columns,
    )
    .with("Destination", "links", link)
    .next("One destination", "webhooks-destination")
}

fn members() -> Panel {
    Panel::steps(
        "Memberships",
        "Users in audiences, and known computed traits, held in memory; of all replicas together.",
    )
    .ask("{{instance}}", "sum by (instance) (webhooks_memberships)")
    .next("Kafka and replicas", "webhooks-replicas")
}

fn changes() -> Panel {
    Panel::stacked(
        "Changes of memberships",
        "Per second; each is told to every destination that wants the audience.",
        "suffix:/s",
    )
    .ask("{{change}}", "sum by (change) (rate(webhooks_membership_changes_total[$__rate_interval]))")
    .next("Outcomes of a destination", "webhooks-destination")
}

fn judged() -> Panel {
    Panel::stacked(
        "Audience records",
        "Per second, by what each came to: news, the same again, older than what is known, or the very record that is known.",
        "suffix:/s",
    )
    .ask("{{result}}", "sum by (result) (rate(webhooks_membership_records_total[$__rate_interval]))")
    .next("Kafka and replicas", "webhooks-replicas")
}
