//! The third board: which replica has which share, whether all keep up with Kafka. What a person watches while scaling.

use super::annotation::Annotation;
use super::board::Board;
use super::panel::Panel;
use super::table::{Column, table};
use super::variable::Variable;

pub(crate) fn board() -> Board {
    Board::new(
        "replicas",
        "Webhooks: Kafka and replicas",
        "Which replica has which share of the partitions, and whether all keep up with Kafka. To be watched while scaling.",
    )
    .choose([Variable::Replica])
    .mark(Annotation::OF_THE_GROUP)
    .line(4, [(4, replicas()), (4, behind()), (4, moved()), (4, lost()), (4, skew()), (4, configurations())])
    .line(
        8,
        [
            (8, partitions("Partitions of deliver, by replica", "deliver")),
            (8, partitions("Partitions of route, by replica", "route")),
            (8, partitions("Partitions of delay, by replica", "delay")),
        ],
    )
    .line(8, [(7, throughput()), (10, lag()), (7, rebalances())])
    .line(8, [(7, polls()), (10, appends()), (7, commits())])
    .line(7, [(8, cpu()), (8, memory()), (8, held_back())])
    .line(8, [(12, fleet()), (12, by_partition())])
}

fn replicas() -> Panel {
    Panel::course("Replicas", "Processes that answer Prometheus.", "short")
        .ask("", "count(webhooks_build_info) or vector(0)")
        .from("text", &[])
        .next("Overview", "webhooks-overview")
}

fn behind() -> Panel {
    Panel::course("Not read yet", "Source records that no replica has made deliveries of; falls while the group catches up.", "short")
        .ask(
            "",
            r#"sum(max by (topic, partition) (webhooks_kafka_lag_records)
                * on (topic) group_left max by (topic) (webhooks_topic_info{kind=~"events|audiences|audience_records"}))"#,
        )
        .from("green", &[(10_000.0, "orange"), (1_000_000.0, "red")])
        .next("Overview", "webhooks-overview")
}

fn moved() -> Panel {
    Panel::stat("Rebalances", "How often a replica gave partitions back or lost them in the time range.", "short")
        .ask("", r#"sum(increase(webhooks_kafka_rebalances_total{kind=~"revoked|lost"}[$__range]))"#)
        .decimals(0)
        .from("text", &[(100.0, "orange")])
        .next("Overview", "webhooks-overview")
}

fn lost() -> Panel {
    Panel::stat(
        "Records lost to retention",
        "Records that Kafka deleted before they were read, in the time range. They cannot be had again from here.",
        "short",
    )
    .ask("", "sum(increase(webhooks_kafka_records_lost_total[$__range]))")
    .decimals(0)
    .from("green", &[(1.0, "red")])
    .next("Overview", "webhooks-overview")
}

fn skew() -> Panel {
    Panel::course(
        "Clock skew",
        "How far the worst replica's clock is from Kafka's. Beyond a minute a replica says it is not ready, and expires nothing.",
        "s",
    )
    .ask("", "max(abs(webhooks_clock_skew_seconds{r}))")
    .decimals(2)
    .from("green", &[(10.0, "orange"), (60.0, "red")])
    .next("Overview", "webhooks-overview")
}

fn configurations() -> Panel {
    Panel::course(
        "Configurations",
        "Different configurations among the replicas; more than one only while a new one is rolled out.",
        "short",
    )
    .ask("", "count(count by (hash) (webhooks_config_info))")
    .from("red", &[(1.0, "green"), (2.0, "orange")])
    .next("Overview", "webhooks-overview")
}

fn partitions(title: &'static str, stage: &str) -> Panel {
    Panel::steps(
        title,
        "Partitions assigned to each replica. While scaling the areas part anew and their sum stays the same.",
    )
    .ask("{{instance}}", &format!(r#"sum by (instance) (webhooks_kafka_assigned_partitions{{r,stage="{stage}"}})"#))
    .next("Overview", "webhooks-overview")
}

fn throughput() -> Panel {
    Panel::stacked(
        "Delivered, by replica",
        "Deliveries per second that each replica brought to an end with 2xx.",
        "suffix:/s",
    )
    .ask("{{instance}}", "sum by (instance) (rate(webhooks_deliveries_delivered_total{r}[$__rate_interval]))")
    .next("Overview", "webhooks-overview")
}

fn lag() -> Panel {
    Panel::lines(
        "Lag, by topic",
        "Records behind the end of the topic; of a delay topic those that wait for their time, which is no fault.",
        "short",
    )
    .ask("{{topic}}", "sum by (topic) (max by (topic, partition) (webhooks_kafka_lag_records))")
    .figures(&["lastNotNull"])
    .next("What waits", "webhooks-delays")
}

fn rebalances() -> Panel {
    Panel::lines(
        "Rebalances, by kind",
        "Per minute and stage: partitions assigned, given back in order, or lost without it.",
        "short",
    )
    .ask(
        "{{stage}} {{kind}}",
        "sum by (stage, kind) (rate(webhooks_kafka_rebalances_total{r}[$__rate_interval])) * 60 > 0",
    )
    .next("Overview", "webhooks-overview")
}

fn polls() -> Panel {
    Panel::lines(
        "Since the last poll and commit",
        "Of each stage the oldest among the replicas. A poll is due each second at least; a commit only when something was settled.",
        "s",
    )
    .ask("{{stage}} poll", "max by (stage) (time() - webhooks_kafka_last_poll_timestamp_seconds{r})")
    .ask("{{stage}} commit", "max by (stage) (time() - webhooks_kafka_last_commit_timestamp_seconds{r})")
    .next("Overview", "webhooks-overview")
}

fn commits() -> Panel {
    Panel::stacked(
        "Commits",
        "Per second, by whether Kafka took them. Some are refused while partitions move; that repeats nothing.",
        "suffix:/s",
    )
    .ask("{{result}}", "sum by (result) (rate(webhooks_kafka_commits_total{r}[$__rate_interval]))")
    .next("Overview", "webhooks-overview")
}

fn appends() -> Panel {
    Panel::lines(
        "Records appended, by topic",
        "Per second. What Kafka refuses is tried again until it takes it.",
        "suffix:/s",
    )
    .ask("{{topic}}", r#"sum by (topic) (rate(webhooks_kafka_produced_total{r,result="ok"}[$__rate_interval]))"#)
    .ask("failed", r#"sum(rate(webhooks_kafka_produced_total{r,result="failed"}[$__rate_interval]))"#)
    .figures(&["lastNotNull"])
    .next("What waits", "webhooks-delays")
}

fn cpu() -> Panel {
    Panel::lines("CPU, by replica", "In cores: 1 is one core busy all the time.", "short")
        .ask(
            "{{instance}}",
            "rate(process_cpu_seconds_total{r}[$__rate_interval]) and on (instance, job) webhooks_build_info",
        )
        .next("Overview", "webhooks-overview")
}

fn memory() -> Panel {
    Panel::lines("Memory, by replica", "Resident memory of the process.", "bytes")
        .ask("{{instance}}", "process_resident_memory_bytes{r} and on (instance, job) webhooks_build_info")
        .next("Overview", "webhooks-overview")
}

fn held_back() -> Panel {
    Panel::steps(
        "Partitions that pause",
        "Partitions whose reading pauses because enough of them is in memory; usual under load, and for tiers that wait.",
    )
    .ask("{{stage}}", "sum by (stage) (webhooks_kafka_paused_partitions{r})")
    .next("What waits", "webhooks-delays")
}

fn fleet() -> Panel {
    table(
        ("Replicas", "What each has and does now."),
        &[("instance", "Replica")],
        vec![
            Column::new(
                "Running for",
                "s",
                "max by (instance) (time() - (process_start_time_seconds{r} and on (instance, job) webhooks_build_info))",
            ),
            Column::new("Partitions", "short", "sum by (instance) (webhooks_kafka_assigned_partitions{r})"),
            Column::new(
                "Delivered /s",
                "short",
                "sum by (instance) (rate(webhooks_deliveries_delivered_total{r}[$__rate_interval]))",
            ),
            Column::new("Under way", "short", "sum by (instance) (webhooks_in_flight_requests{r})"),
            Column::new("Memberships", "short", "sum by (instance) (webhooks_memberships{r})"),
            Column::new(
                "Connections opened",
                "short",
                "sum by (instance) (increase(webhooks_connections_opened_total{r}[$__range])) and on (instance) webhooks_build_info",
            ),
            Column::new("Clock skew", "s", "max by (instance) (webhooks_clock_skew_seconds{r})"),
        ],
    )
    .next("Overview", "webhooks-overview")
}

fn by_partition() -> Panel {
    table(
        ("Lag, by partition", "Records behind the end, and where the group stands. One partition far above the others is one destination's."),
        &[("topic", "Topic"), ("partition", "Partition")],
        vec![
            Column::new("Lag", "short", "max by (topic, partition) (webhooks_kafka_lag_records)"),
            Column::new("Committed offset", "none", "max by (topic, partition) (webhooks_kafka_committed_offset) >= 0"),
        ],
    )
    .next("What waits", "webhooks-delays")
}
