//! One colour for one thing on every board: what is well is green, what is late orange, what is lost red.

/// By the name in the legend.
const NAMED: [(&str, &str); 17] = [
    ("events read", "blue"),
    ("made", "blue"),
    ("returned", "blue"),
    ("replayed", "light-blue"),
    ("not wanted", "text"),
    ("delivered", "green"),
    ("at the first attempt", "green"),
    ("after retries", "light-green"),
    ("put off", "orange"),
    ("dead letters", "red"),
    ("p50", "green"),
    ("p95", "yellow"),
    ("p99", "orange"),
    ("under way", "green"),
    ("at most", "text"),
    ("queued", "orange"),
    ("failed", "red"),
];

/// By the value of label `outcome`.
const OUTCOMES: [(&str, &str); 9] = [
    ("delivered", "green"),
    ("rejected", "red"),
    ("throttled", "yellow"),
    ("server_error", "orange"),
    ("timed_out", "purple"),
    ("unreachable", "dark-red"),
    ("tls_failed", "dark-purple"),
    ("dns_failed", "dark-orange"),
    ("blocked", "text"),
];

/// By the value of label `result` of what Kafka took or not.
const RESULTS: [(&str, &str); 2] = [("ok", "green"), ("failed", "red")];

/// Names and colours of what a legend stands for.
pub(crate) fn of(legend: &str) -> &'static [(&'static str, &'static str)] {
    match legend {
        "{{outcome}}" => &OUTCOMES,
        "{{result}}" => &RESULTS,
        _ => NAMED.iter().position(|(name, _)| *name == legend).map_or(&[], |place| &NAMED[place..=place]),
    }
}
