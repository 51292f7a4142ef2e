//! What `dev` says around the table: what runs where, and the exact lines to try from another terminal. Pure functions; the
//! lines must work as printed, so nothing in them is coloured, shortened or broken.

use std::net::SocketAddr;

use anstyle::Style;

use crate::cli::paint::Paint;
use crate::config::Config;
use crate::settle::Topics;

/// Where everything runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places<'a> {
    /// Of the in-memory Kafka.
    pub(super) brokers: &'a str,
    /// Of `/metrics`.
    pub(super) admin: SocketAddr,
    /// Of the sample's receiver, where there is one.
    pub(super) receiver: Option<SocketAddr>,
}

/// The first lines: what runs where; and remarks, a line each.
pub(super) fn opening(places: Places<'_>, destinations: &[(String, String)], remarks: &[String]) -> Vec<String> {
    let Places { brokers, admin, receiver } = places;
    let mut lines = vec![
        "kafka-webhooks dev: everything in this process, all in memory: gone when you stop (Ctrl-C)".to_owned(),
        String::new(),
        named("kafka", &format!("{brokers} (in memory)")),
        named("admin", &format!("http://{admin}/metrics, /healthz, /readyz")),
    ];
    lines.extend(receiver.map(|address| named("receiver", &format!("http://{address} (checks every signature)"))));
    let width = destinations.iter().map(|(id, _)| id.chars().count()).max().unwrap_or(0);
    for (number, (id, what)) in destinations.iter().enumerate() {
        lines.push(named(if number == 0 { "sends to" } else { "" }, &format!("{id:<width$}  {what}")));
    }
    lines.extend(remarks.iter().map(|remark| named("note", remark)));
    lines.push(String::new());
    lines
}

/// The lines to try, below captions.
pub(super) fn to_try(paint: Paint, config: &Config, names: &Topics, admin: SocketAddr) -> Vec<String> {
    let brokers = &config.kafka.brokers;
    let caption = |text: &str| paint.paint(Style::new().bold(), text);
    let read = |topic: &str| format!("  kcat -C -b {brokers} -t {topic} -e -q -f '%k %h %s\\n'");
    let mut lines = vec![
        String::new(),
        caption("Your turn, from another terminal (kcat is a package of that name): send an event"),
        format!(
            "  echo '{{\"type\":\"track\",\"event\":\"Hello\",\"userId\":\"me\"}}' | kcat -P -b {brokers} -t {}",
            config.topics.events
        ),
        caption(&format!(
            "who enters or leaves an audience is told by such records in topic {}",
            config.topics.audiences
        )),
        r#"  {"audience":"Big Spenders","userId":"me","member":true}"#.to_owned(),
        caption("and see what became of it: deliveries, waits, dead letters, counts"),
        read(&names.deliveries),
    ];
    lines.extend(config.retries.tiers.first().map(|tier| read(&names.tier(*tier))));
    lines.push(read(&names.dead_letters));
    lines.push(format!("  curl -s http://{admin}/metrics | grep '^webhooks_deliveries.* [1-9]'"));
    lines.push(String::new());
    lines
}

fn named(name: &str, what: &str) -> String {
    format!("  {name:<8}  {what}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_opening_says_what_runs_where() {
        let places = Places {
            brokers: "127.0.0.1:4100",
            admin: "127.0.0.1:9464".parse().unwrap(),
            receiver: "127.0.0.1:4101".parse().ok(),
        };
        let destinations =
            [("crm".to_owned(), "answers 200".to_owned()), ("flaky".to_owned(), "answers 503".to_owned())];
        let lines = opening(places, &destinations, &["a remark".to_owned()]);
        assert!(lines[0].contains("in memory: gone when you stop"));
        assert_eq!(
            lines[2..],
            [
                "  kafka     127.0.0.1:4100 (in memory)",
                "  admin     http://127.0.0.1:9464/metrics, /healthz, /readyz",
                "  receiver  http://127.0.0.1:4101 (checks every signature)",
                "  sends to  crm    answers 200",
                "            flaky  answers 503",
                "  note      a remark",
                "",
            ]
        );
    }
}
