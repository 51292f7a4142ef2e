//! The second board: what a destination's receiver answers, and what that does to its deliveries.

use super::annotation::Annotation;
use super::board::Board;
use super::panel::Panel;
use super::variable::Variable;

pub(crate) fn board() -> Board {
    Board::new(
        "destination",
        "Webhooks: destination",
        "What a destination's receiver answers, how fast, and what that does to its deliveries.",
    )
    .choose([Variable::Destination])
    .mark([Annotation::Breaker])
    .mark(Annotation::OF_THE_GROUP)
    .line(
        4,
        [
            (3, succeeded()),
            (3, duration()),
            (3, under_way()),
            (3, queued()),
            (3, oldest()),
            (3, paused()),
            (3, in_tiers()),
            (3, unaccounted()),
        ],
    )
    .line(9, [(12, outcomes()), (12, ended())])
    .line(9, [(12, durations()), (12, quantiles())])
    .line(8, [(12, breaker()), (12, flow())])
    .line(8, [(8, put_off()), (8, dead()), (8, not_wanted())])
}

fn succeeded() -> Panel {
    Panel::stat("Success", "Of the attempts in the time range, those answered with 2xx.", "percentunit")
        .ask(
            "",
            r#"sum(increase(webhooks_attempts_total{d,outcome="delivered"}[$__range]))
               / (sum(increase(webhooks_attempts_total{d}[$__range])) > 0)"#,
        )
        .decimals(1)
        .from("red", &[(0.9, "orange"), (0.98, "green")])
        .next("What waits for another attempt", "webhooks-delays")
}

fn duration() -> Panel {
    Panel::stat(
        "Answer p95",
        "How long attempts took in the time range, from the request to the answer or to its absence.",
        "s",
    )
    .ask(
        "",
        "histogram_quantile(0.95, sum by (le) (increase(webhooks_attempt_duration_seconds_bucket{d}[$__range]))) >= 0",
    )
    .from("green", &[(1.0, "orange"), (5.0, "red")])
    .next("Replicas", "webhooks-replicas")
}

fn under_way() -> Panel {
    Panel::course(
        "Under way",
        "Requests without an answer yet, as a part of how many may be; at 100 % the receiver is slower than its events come.",
        "percentunit",
    )
    .ask("", "sum(webhooks_in_flight_requests{d}) / (sum(webhooks_in_flight_limit{d}) > 0)")
    .decimals(0)
    .from("green", &[(0.8, "orange"), (1.0, "red")])
    .next("Replicas", "webhooks-replicas")
}

fn queued() -> Panel {
    Panel::course("Queued", "Deliveries read from Kafka that wait for their turn in a replica's memory.", "short")
        .ask("", "sum(webhooks_queued_deliveries{d})")
        .decimals(0)
        .from("text", &[])
        .next("What waits for another attempt", "webhooks-delays")
}

fn oldest() -> Panel {
    Panel::course("Oldest", "How old the oldest event is that a replica holds and has not delivered.", "s")
        .ask("", "max(time() - webhooks_oldest_accepted_timestamp_seconds{d}) or vector(0)")
        .from("green", &[(3600.0, "orange"), (10_800.0, "red")])
        .next("What waits for another attempt", "webhooks-delays")
}

fn paused() -> Panel {
    Panel::course(
        "Left alone for",
        "How long the receiver asked by Retry-After to be left alone; of several destinations the longest.",
        "s",
    )
    .ask("", "max(clamp_min(webhooks_paused_until_timestamp_seconds{d} - time(), 0))")
    .decimals(0)
    .from("green", &[(1.0, "orange"), (900.0, "red")])
    .next("What waits for another attempt", "webhooks-delays")
}

fn in_tiers() -> Panel {
    Panel::stat(
        "Put off",
        "Deliveries that went into the tiers in the time range and have not returned; below 0 when more returned.",
        "short",
    )
    .ask(
        "",
        "sum(increase(webhooks_deliveries_delayed_total{d}[$__range]))
         - sum(increase(webhooks_deliveries_returned_total{d}[$__range]))",
    )
    .decimals(0)
    .from("text", &[])
    .next("What waits for another attempt", "webhooks-delays")
}

fn unaccounted() -> Panel {
    Panel::stat(
        "Unaccounted",
        "What came to be or returned in the time range and is neither delivered nor given up nor put off: 0 at quiet, else what \
         is on its way. It says nothing where a replica came, went, began anew or lost its session. Needs the recording rules.",
        "short",
    )
    .ask(
        "",
        "sum(destination:webhooks_deliveries_unaccounted:sum{d} - (destination:webhooks_deliveries_unaccounted:sum{d} offset $__range))
         and on () (count(count_over_time(webhooks_build_info[$__range])) == count(webhooks_build_info))
         and on () (count(webhooks_build_info offset $__range) == count(webhooks_build_info))
         and on () (sum(changes(process_start_time_seconds[$__range]) and on (instance, job) webhooks_build_info) == 0)
         unless on () (sum(increase(webhooks_kafka_rebalances_total{kind=\"lost\"}[$__range])) > 0)",
    )
    .decimals(0)
    .from("text", &[])
    .next("What waits for another attempt", "webhooks-delays")
}

fn outcomes() -> Panel {
    Panel::stacked(
        "Attempts by outcome",
        "Attempts per second; the log names the error of each that failed.",
        "suffix:/s",
    )
    .ask("{{outcome}}", "sum by (outcome) (rate(webhooks_attempts_total{d}[$__rate_interval])) > 0")
    .figures(&["mean", "lastNotNull"])
    .next("What waits for another attempt", "webhooks-delays")
}

fn ended() -> Panel {
    Panel::stacked(
        "How deliveries end",
        "Deliveries per second that ended, by how many attempts they needed.",
        "suffix:/s",
    )
    .ask("at the first attempt", "sum(rate(webhooks_deliveries_first_attempt_delivered_total{d}[$__rate_interval]))")
    .ask(
        "after retries",
        "clamp_min(sum(rate(webhooks_deliveries_delivered_total{d}[$__rate_interval]))
             - sum(rate(webhooks_deliveries_first_attempt_delivered_total{d}[$__rate_interval])), 0)",
    )
    .ask("dead letters", "sum(rate(webhooks_deliveries_dead_lettered_total{d}[$__rate_interval]))")
    .figures(&["mean", "lastNotNull"])
    .next("What waits for another attempt", "webhooks-delays")
}

fn durations() -> Panel {
    Panel::heatmap("Answers, how many took how long", "Attempts by duration; a timeout lies where `timeout` is.", "s")
        .ask_buckets("sum by (le) (increase(webhooks_attempt_duration_seconds_bucket{d}[$__rate_interval]))")
        .next("Replicas", "webhooks-replicas")
}

fn quantiles() -> Panel {
    let quantile = |part: &str, of: &str| {
        format!("histogram_quantile({part}, sum by (le) (rate({of}_bucket{{d}}[$__rate_interval]))) >= 0")
    };
    Panel::lines(
        "Answers and latency",
        "How long attempts take (answer), and how old events are when they are delivered (latency): what lies between is \
         waiting, here or in a tier.",
        "s",
    )
    .ask("answer p50", &quantile("0.5", "webhooks_attempt_duration_seconds"))
    .ask("answer p99", &quantile("0.99", "webhooks_attempt_duration_seconds"))
    .ask("latency p50", &quantile("0.5", "webhooks_delivery_latency_seconds"))
    .ask("latency p99", &quantile("0.99", "webhooks_delivery_latency_seconds"))
    .paint("answer p50", "green")
    .paint("answer p99", "yellow")
    .paint("latency p50", "blue")
    .paint("latency p99", "purple")
    .next("Replicas", "webhooks-replicas")
}

fn breaker() -> Panel {
    Panel::timeline(
        "Breaker",
        "Open: the receiver failed too often in a row, so its deliveries wait and one at a time probes whether it is back.",
    )
    .ask("{{destination}}", "max by (destination) (webhooks_breaker_state{d})")
    .states(&[(0, "closed", "green"), (1, "half-open", "orange"), (2, "open", "red")])
    .next("What waits for another attempt", "webhooks-delays")
}

fn flow() -> Panel {
    Panel::lines(
        "Under way, and how many may be",
        "Requests without an answer, the most there may be at once, and what waits for its turn in memory.",
        "short",
    )
    .ask("under way", "sum(webhooks_in_flight_requests{d})")
    .ask("at most", "sum(webhooks_in_flight_limit{d})")
    .ask("queued", "sum(webhooks_queued_deliveries{d})")
    .figures(&["max", "lastNotNull"])
    .next("Replicas", "webhooks-replicas")
}

fn put_off() -> Panel {
    Panel::stacked(
        "Why deliveries are put off",
        "Per second: after a failure (retry), on the receiver's wish (throttled), because its breaker is open, because it is \
         slower than its events come (overflow), because it is paused here, not known here, or its address is refused (blocked).",
        "suffix:/s",
    )
    .ask("{{cause}}", "sum by (cause) (rate(webhooks_deliveries_delayed_total{d}[$__rate_interval])) > 0")
    .next("What waits for another attempt", "webhooks-delays")
}

fn dead() -> Panel {
    Panel::bars(
        "Dead letters by reason",
        "In the time range. The runbook in the README says what to do with each.",
        "short",
    )
    .ask("{{reason}}", "sum by (reason) (increase(webhooks_deliveries_dead_lettered_total{d}[$__range])) > 0")
    .decimals(0)
    .from("red", &[])
    .next("Dead letters", "webhooks-delays")
}

fn not_wanted() -> Panel {
    Panel::bars("Events not wanted", "In the time range, by why the destination got none of them.", "short")
        .ask("{{reason}}", "sum by (reason) (increase(webhooks_events_filtered_total{d}[$__range]))")
        .decimals(0)
        .from("text", &[])
        .next("Overview", "webhooks-overview")
}
