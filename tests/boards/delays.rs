//! The fourth board: what waits for another attempt, whether it returns in time, and what was given up.

use super::annotation::Annotation;
use super::board::Board;
use super::panel::Panel;
use super::table::{Column, table};
use super::variable::Variable;

pub(crate) fn board() -> Board {
    Board::new(
        "delays",
        "Webhooks: retries and dead letters",
        "What waits for another attempt, whether it returns in time, and what was given up.",
    )
    .choose([Variable::Destination])
    .mark([Annotation::Breaker])
    .mark(Annotation::OF_THE_GROUP)
    .line(4, [(4, waiting()), (4, late()), (4, oldest()), (4, retried()), (4, dead()), (4, replayed())])
    .line(9, [(12, by_tier()), (12, in_and_out())])
    .line(8, [(8, lateness()), (8, attempt_lag()), (8, causes())])
    .line(8, [(12, reasons()), (12, replays())])
    .line(9, [(24, destinations())])
}

const IN_TIERS: &str = r#"sum by (topic) (max by (topic, partition) (webhooks_kafka_lag_records)
    * on (topic) group_left max by (topic) (webhooks_topic_info{kind="delay"}))"#;

fn waiting() -> Panel {
    Panel::course("Waiting in the tiers", "Deliveries that wait for their time, of all destinations.", "short")
        .ask("", &format!("sum({IN_TIERS})"))
        .decimals(0)
        .from("text", &[])
        .next("Overview", "webhooks-overview")
}

fn late() -> Panel {
    Panel::course(
        "Late by",
        "How long the oldest has been due without having returned, of the worst tier. They return late when what has returned \
         before is not yet attempted.",
        "s",
    )
    .ask("", "max(clamp_min(time() - webhooks_delay_oldest_due_timestamp_seconds, 0)) or vector(0)")
    .decimals(0)
    .from("green", &[(60.0, "orange"), (300.0, "red")])
    .next("Kafka and replicas", "webhooks-replicas")
}

fn oldest() -> Panel {
    Panel::course("Oldest undelivered", "How old the oldest event is that a replica holds and has not delivered.", "s")
        .ask("", "max(time() - webhooks_oldest_accepted_timestamp_seconds{d}) or vector(0)")
        .from("green", &[(3600.0, "orange"), (10_800.0, "red")])
        .next("The destination", "webhooks-destination")
}

fn retried() -> Panel {
    Panel::stat("Retries", "Failed attempts in the time range after which the delivery waits for another.", "short")
        .ask("", r#"sum(increase(webhooks_deliveries_delayed_total{d,cause=~"retry|throttled"}[$__range]))"#)
        .decimals(0)
        .from("text", &[])
        .next("The destination", "webhooks-destination")
}

fn dead() -> Panel {
    Panel::stat("Dead letters", "Deliveries given up in the time range.", "short")
        .ask("", "sum(increase(webhooks_deliveries_dead_lettered_total{d}[$__range]))")
        .decimals(0)
        .from("green", &[(1.0, "red")])
        .next("The destination", "webhooks-destination")
}

fn replayed() -> Panel {
    Panel::stat("Replayed", "Dead letters that were given another life in the time range.", "short")
        .ask("", "sum(increase(webhooks_deliveries_replayed_total{d}[$__range]))")
        .decimals(0)
        .from("text", &[])
        .next("The destination", "webhooks-destination")
}

fn by_tier() -> Panel {
    Panel::stacked("Waiting, by tier", "Deliveries in each delay topic, of all destinations.", "short")
        .ask("{{topic}}", IN_TIERS)
        .figures(&["max", "lastNotNull"])
        .next("Overview", "webhooks-overview")
}

fn in_and_out() -> Panel {
    Panel::lines(
        "Into the tiers and out again",
        "Deliveries per second. As long as more are put off than return, what waits grows.",
        "suffix:/s",
    )
    .ask("put off", "sum(rate(webhooks_deliveries_delayed_total{d}[$__rate_interval]))")
    .ask("returned", "sum(rate(webhooks_deliveries_returned_total{d}[$__rate_interval]))")
    .ask("dead letters", "sum(rate(webhooks_deliveries_dead_lettered_total{d}[$__rate_interval]))")
    .figures(&["mean", "max", "lastNotNull"])
    .next("The destination", "webhooks-destination")
}

fn lateness() -> Panel {
    Panel::lines(
        "Oldest against its time",
        "How long the oldest of each tier has been due; below 0 it still has that long to wait.",
        "s",
    )
    .ask("{{tier}}", "max by (tier) (time() - webhooks_delay_oldest_due_timestamp_seconds)")
    .limit(300.0, "red")
    .next("Kafka and replicas", "webhooks-replicas")
}

fn attempt_lag() -> Panel {
    Panel::lines(
        "From due to attempted, 95 in 100",
        "By the tier it returned from; `none` is what comes fresh from an event. What is more than moments is waiting for a place.",
        "s",
    )
    .ask(
        "{{tier}}",
        "histogram_quantile(0.95, sum by (tier, le) (rate(webhooks_attempt_lag_seconds_bucket[$__rate_interval]))) >= 0",
    )
    .next("Kafka and replicas", "webhooks-replicas")
}

fn causes() -> Panel {
    Panel::stacked("Why deliveries are put off", "Deliveries per second that went into a tier, by cause.", "suffix:/s")
        .ask("{{cause}}", "sum by (cause) (rate(webhooks_deliveries_delayed_total{d}[$__rate_interval])) > 0")
        .next("The destination", "webhooks-destination")
}

fn reasons() -> Panel {
    Panel::stacked(
        "Dead letters, by reason",
        "Per second. The runbook in the README says what to do with each.",
        "suffix:/s",
    )
    .ask("{{reason}}", "sum by (reason) (rate(webhooks_deliveries_dead_lettered_total{d}[$__rate_interval])) > 0")
    .figures(&["mean", "lastNotNull"])
    .next("The destination", "webhooks-destination")
}

fn replays() -> Panel {
    Panel::lines(
        "Replayed, and what came of it",
        "Dead letters per second that came back into the deliveries topic; those that fail again are among the dead letters.",
        "suffix:/s",
    )
    .ask("replayed", "sum(rate(webhooks_deliveries_replayed_total{d}[$__rate_interval]))")
    .ask("dead letters", "sum(rate(webhooks_deliveries_dead_lettered_total{d}[$__rate_interval]))")
    .next("The destination", "webhooks-destination")
}

fn destinations() -> Panel {
    table(
        ("Who waits and who was given up", "In the time range; the last column tells of now."),
        &[("destination", "Destination")],
        vec![
            Column::new(
                "Put off",
                "short",
                "sum by (destination) (increase(webhooks_deliveries_delayed_total{d}[$__range])) > 0",
            ),
            Column::new(
                "Returned",
                "short",
                "sum by (destination) (increase(webhooks_deliveries_returned_total{d}[$__range]))",
            ),
            Column::new(
                "Dead letters",
                "short",
                "sum by (destination) (increase(webhooks_deliveries_dead_lettered_total{d}[$__range]))",
            )
            .from("green", &[(1.0, "red")]),
            Column::new(
                "Replayed",
                "short",
                "sum by (destination) (increase(webhooks_deliveries_replayed_total{d}[$__range]))",
            ),
            Column::new(
                "Copies dropped",
                "short",
                "sum by (destination) (increase(webhooks_deliveries_repeated_total{d}[$__range]))",
            ),
            Column::new("Oldest", "s", "max by (destination) (time() - webhooks_oldest_accepted_timestamp_seconds{d})")
                .from("text", &[(3600.0, "orange"), (10_800.0, "red")]),
        ],
    )
    .next("The destination", "webhooks-destination")
}
