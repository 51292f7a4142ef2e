//! PromQL held against what `/metrics` exports: which metrics and labels an expression names, and which of them do not
//! exist. Which expressions there are is left to `boards`.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use promql_parser::parser::{self, Expr, LabelModifier, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

use super::rules::Rule;

/// Metrics with series only while something waits, and their labels; `tells_the_truth` sees them.
const WHILE_SOMETHING_WAITS: [(&str, &str); 2] = [
    ("webhooks_delay_oldest_due_timestamp_seconds", "tier"),
    ("webhooks_oldest_accepted_timestamp_seconds", "destination"),
];

/// Labels that Prometheus adds.
const ADDED: [&str; 2] = ["instance", "job"];

/// Every metric of a page, with the labels of its series. One that has had no series yet may not be on the page at all.
pub(super) struct Exported(BTreeMap<String, BTreeSet<String>>);

impl Exported {
    /// Reads Prometheus' text format.
    pub(super) fn read(page: &str) -> Self {
        let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in page.lines() {
            if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
                let ends: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                all.extend(ends.iter().map(|end| (format!("{name}{end}"), BTreeSet::new())));
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap_or_default();
                let labels =
                    line.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}')).map_or("", |found| found.0);
                let names = labels.split("\",").filter_map(|pair| pair.split_once("=\"")).map(|pair| pair.0.to_owned());
                all.entry(name.to_owned()).or_default().extend(names);
            }
        }
        Self(all)
    }

    /// What rules record exists too, which labels it has is theirs; and what there is only at times.
    pub(super) fn and_others(mut self, rules: &[Rule]) -> Self {
        for (name, label) in WHILE_SOMETHING_WAITS {
            self.0.entry(name.to_owned()).or_default().insert(label.to_owned());
        }
        // Whether a target answers is written down by Prometheus itself.
        self.0.entry("up".to_owned()).or_default();
        let labels: BTreeSet<String> = self.0.values().flatten().cloned().collect();
        let recorded = rules.iter().filter(|rule| !rule.record.is_empty());
        self.0.extend(recorded.map(|rule| (rule.record.clone(), labels.clone())));
        self
    }

    /// What an expression names that is not there.
    pub(super) fn complaints(&self, expression: &str) -> Vec<String> {
        let named = match Named::of(expression) {
            Ok(named) => named,
            Err(error) => return vec![format!("{expression}: {error}")],
        };
        let mut complaints = Vec::new();
        let mut known: BTreeSet<&str> = ADDED.into();
        for (metric, labels) in &named.selectors {
            let Some(own) = self.0.get(metric) else {
                complaints.push(format!("{expression}: there is no metric {metric}"));
                continue;
            };
            known.extend(own.iter().map(String::as_str));
            let unknown = labels.iter().filter(|label| !own.contains(*label) && !ADDED.contains(&label.as_str()));
            complaints.extend(unknown.map(|label| format!("{expression}: {metric} has no label {label}")));
        }
        if complaints.is_empty() {
            let unknown = named.grouping.iter().filter(|label| !known.contains(label.as_str()));
            complaints.extend(unknown.map(|label| format!("{expression}: nothing has a label {label}")));
        }
        complaints
    }
}

/// What an expression names.
#[derive(Default)]
struct Named {
    /// Metrics, each with the labels it is chosen by.
    selectors: Vec<(String, Vec<String>)>,
    grouping: Vec<String>,
}

impl Named {
    fn of(expression: &str) -> Result<Self, String> {
        let parsed = parser::parse(expression)?;
        let mut named = Self::default();
        let Ok(_) = walk_expr(&mut named, &parsed);
        if named.selectors.is_empty() {
            return Err("it names no metric".to_owned());
        }
        Ok(named)
    }

    fn select(&mut self, selector: &VectorSelector) {
        let labels = selector.matchers.matchers.iter().map(|matcher| matcher.name.clone()).collect();
        self.selectors.push((selector.name.clone().unwrap_or_default(), labels));
    }
}

impl ExprVisitor for Named {
    type Error = Infallible;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, Infallible> {
        match expression {
            Expr::VectorSelector(selector) => self.select(selector),
            Expr::MatrixSelector(range) => self.select(&range.vs),
            Expr::Aggregate(aggregate) => {
                if let Some(LabelModifier::Include(labels) | LabelModifier::Exclude(labels)) = &aggregate.modifier {
                    self.grouping.extend(labels.labels.iter().cloned());
                }
            }
            _ => {}
        }
        Ok(true)
    }
}

#[test]
fn what_is_not_exported_is_noticed() {
    let page = "# TYPE a_total counter\na_total{destination=\"crm, x\",reason=\"r\"} 0\n# TYPE h histogram\n# TYPE b gauge\nb 1\n";
    let exported = Exported::read(page);
    for good in [
        "sum by (destination) (rate(a_total{reason=~\"r.*\"}[1m])) / (sum by (destination) (a_total) > 0)",
        "rate(h_bucket[1m]) + on (instance) b",
        "sum by (job) (b)",
    ] {
        assert_eq!(exported.complaints(good), [""; 0]);
    }
    for (bad, because) in [
        ("sum(rate(a_totals[1m]))", "no metric a_totals"),
        ("h", "no metric h"),
        ("a_total{cause=\"x\"}", "a_total has no label cause"),
        ("sum by (tier) (a_total)", "nothing has a label tier"),
        ("sum by (reason (a_total)", ""),
        ("1 + 1", "names no metric"),
    ] {
        let complaints = exported.complaints(bad);
        assert!(complaints.len() == 1 && complaints[0].contains(because), "{bad}: {complaints:?}");
    }
}
