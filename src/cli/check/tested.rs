//! Runs the tests that stand in the configuration: each asks the parts that decide, as `explain` does, and holds the answer
//! against what the test expects. How two requests differ is `difference`'s.

use super::difference::{Difference, NOTHING, of_request};
use crate::cli::Failure;
use crate::cli::explain::{Explainer, Given, Line, Topic, Whom};
use crate::config::Config;
use crate::config::testing::{ConfigTest, Expect, ExpectedRequest, TestTopic};

/// What came of all tests.
#[derive(Debug, Default)]
pub(super) struct Tested {
    pub(super) passed: usize,
    /// What to tell of each that failed.
    pub(super) failed: Vec<String>,
}

pub(super) fn run(config: &Config) -> Result<Tested, Failure> {
    let mut tested = Tested::default();
    if config.tests.is_empty() {
        return Ok(tested);
    }
    let explainer = Explainer::new(config)?;
    for test in &config.tests {
        let differences = differences(test, &explainer);
        if differences.is_empty() {
            tested.passed += 1;
        } else {
            tested.failed.push(told(test, &differences));
        }
    }
    Ok(tested)
}

fn differences(test: &ConfigTest, explainer: &Explainer) -> Vec<Difference> {
    let topic = match test.topic {
        TestTopic::Events => Topic::Events,
        TestTopic::Audiences => Topic::Audiences,
    };
    let given = Given { topic, number: 0, record: &test.event };
    let accounts = explainer.accounts(&given, Whom::One(&test.destination));
    let mut lines: Vec<Line<'_>> = accounts.iter().flat_map(|account| account.lines(0)).collect();
    if let Some(mapping) = &test.mapping {
        // Where the destination as a whole says no, that is said of the mapping, too.
        lines.retain(|line| line.mapping.is_none_or(|name| name == mapping));
    }
    match &test.expect {
        Expect::Reason(reason) => of_reason(reason, &lines),
        Expect::Request(request) => of_lines(request, &lines),
    }
}

/// Nothing may be sent, and this must be why.
fn of_reason(reason: &str, lines: &[Line<'_>]) -> Vec<Difference> {
    let is_sent = lines.iter().any(|line| !line.requests.is_empty());
    if !is_sent && lines.iter().any(|line| line.reason == Some(reason)) {
        return Vec::new();
    }
    let found: Vec<String> = lines.iter().filter(|line| is_sent != line.requests.is_empty()).map(found).collect();
    vec![Difference::new("reason", reason, joined(&found))]
}

/// Exactly one destination or mapping must send such a request.
fn of_lines(expected: &ExpectedRequest, lines: &[Line<'_>]) -> Vec<Difference> {
    let sending: Vec<&Line<'_>> = lines.iter().filter(|line| !line.requests.is_empty()).collect();
    // Of several hooks any may be meant, and of several that differ the nearest is told.
    let nearest = |line: &Line<'_>| {
        line.requests.iter().map(|request| of_request(expected, request)).min_by_key(Vec::len).unwrap_or_default()
    };
    let is_one_of_several = sending.len() > 1;
    let named = |line: &Line<'_>| match line.mapping.filter(|_| is_one_of_several) {
        Some(mapping) => nearest(line).into_iter().map(|difference| difference.of(mapping)).collect(),
        None => nearest(line),
    };
    let compared: Vec<Vec<Difference>> = sending.iter().map(|line| named(line)).collect();
    let matching: Vec<&str> = sending
        .iter()
        .zip(&compared)
        .filter(|(_, differences)| differences.is_empty())
        .filter_map(|(line, _)| line.mapping)
        .collect();
    if matching.len() > 1 {
        let found = format!("one of each of the mappings {} (say which is meant with `mapping`)", matching.join(", "));
        return vec![Difference::new("request", "one such request", found)];
    }
    compared.into_iter().min_by_key(Vec::len).unwrap_or_else(|| {
        let found: Vec<String> = lines.iter().map(found).collect();
        vec![Difference::new("request", "one", joined(&found))]
    })
}

/// What became of it, in words.
fn found(line: &Line<'_>) -> String {
    let mapping = line.mapping.map(|name| format!("{name}: ")).unwrap_or_default();
    if let Some(request) = line.requests.first() {
        return format!("{mapping}{} {}", request.method, request.url);
    }
    let detail = line.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{mapping}{}{detail}", line.reason.unwrap_or(line.decision))
}

fn joined(found: &[String]) -> String {
    if found.is_empty() { NOTHING.to_owned() } else { found.join("; ") }
}

fn told(test: &ConfigTest, differences: &[Difference]) -> String {
    let name = test.name.as_deref().map(|name| format!(" `{name}`")).unwrap_or_default();
    let mapping = test.mapping.as_deref().map(|name| format!(", mapping {name}")).unwrap_or_default();
    let mut text = format!("{}: test{name} failed (destination {}{mapping})", test.at, test.destination);
    for difference in differences {
        text.push_str(&format!("\n  {difference}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::attempt::request::Preview;

    const SENT: &[Preview] = &[];

    fn preview(url: &str) -> Vec<Preview> {
        let (url, body) = (url.to_owned(), Some("{}".to_owned()));
        vec![Preview { method: "POST", url, headers: BTreeMap::new(), body }]
    }

    fn line<'a>(mapping: Option<&'a str>, reason: Option<&'static str>, requests: &'a [Preview]) -> Line<'a> {
        let decision = if reason.is_some() { "filtered" } else { "deliver" };
        Line { event: 0, destination: Some("crm"), mapping, decision, reason, detail: None, requests }
    }

    fn url(url: &str) -> ExpectedRequest {
        ExpectedRequest { url: Some(url.to_owned()), ..ExpectedRequest::default() }
    }

    #[test]
    fn a_reason_holds_only_where_nothing_is_sent() {
        let one = preview("https://a.example.com/");
        let none = Some("no_matching_mapping");
        assert_eq!(of_reason("no_matching_mapping", &[line(None, none, SENT)]), []);
        let other = of_reason("filtered_by_rules", &[line(None, none, SENT)]);
        assert_eq!(other, [Difference::new("reason", "filtered_by_rules", "no_matching_mapping")]);
        let sent = of_reason("no_matching_mapping", &[line(Some("a"), none, SENT), line(Some("b"), None, &one)]);
        assert_eq!(sent, [Difference::new("reason", "no_matching_mapping", "b: POST https://a.example.com/")]);
    }

    #[test]
    fn one_of_several_mappings_must_send_it_and_no_other() {
        let (one, two) = (preview("https://a.example.com/"), preview("https://b.example.com/"));
        let lines = [line(Some("a"), None, &one), line(Some("b"), None, &two)];
        assert_eq!(of_lines(&url("https://b.example.com/"), &lines), []);
        let neither = of_lines(&url("https://c.example.com/"), &lines);
        assert_eq!(neither, [Difference::new("a: url", "https://c.example.com/", "https://a.example.com/")]);
        let both = of_lines(&ExpectedRequest::default(), &lines);
        assert!(matches!(&both[..], [one] if one.found.starts_with("one of each of the mappings a, b")), "{both:?}");
    }

    #[test]
    fn where_nothing_is_sent_the_reason_is_told() {
        let found = of_lines(&url("https://a.example.com/"), &[line(None, Some("destination_disabled"), SENT)]);
        assert_eq!(found, [Difference::new("request", "one", "destination_disabled")]);
    }
}
