//! Every expression of every board, with its variables replaced as Grafana would, for a person who looks at the run.
//! A variable that takes one value only takes each in turn; one that takes several takes them all.

use std::collections::BTreeMap;

use serde_json::Value;

use super::checks::{Asked, Checks, Form, Wrong};
use crate::compose::boards::{boards, list, panels};
use crate::support::prometheus::Answer;

/// What Grafana makes of `$__rate_interval` where a scrape comes every second, and somewhat more: machines are busy.
const RATE: &str = "10s";

/// Values of variables.
type Values = Vec<(String, String)>;

/// What is wrong with each expression of each board, by where it stands.
pub(super) fn wrong(checks: &Checks<'_>) -> BTreeMap<String, Vec<Wrong>> {
    let mut found = BTreeMap::new();
    for places in all(checks).into_values() {
        for (place, asked) in places {
            // What one value of a variable has, another may lack; errors and strange numbers are nobody's right.
            let each: Vec<Vec<Wrong>> = asked.iter().map(|asked| checks.wrong(asked)).collect();
            let lacking = each.iter().all(|wrong| wrong.iter().any(Wrong::is_want));
            let kept = each.into_iter().flatten().filter(|wrong| lacking || !wrong.is_want());
            found.insert(place, kept.collect());
        }
    }
    found
}

/// What a panel shows of a run.
pub(super) fn answers(checks: &Checks<'_>, place: &str) -> Vec<Answer> {
    let mut all: Vec<Asked> =
        all(checks).into_values().flatten().filter(|(own, _)| own == place).flat_map(|(_, asked)| asked).collect();
    assert!(!all.is_empty(), "there is no {place}");
    all.drain(..).map(|asked| checks.answer(&asked)).collect()
}

/// Every expression with a metric renamed, each of its metrics in turn.
pub(super) fn renamed(checks: &Checks<'_>) -> Vec<Asked> {
    let asked = all(checks).into_values().flat_map(BTreeMap::into_values).flatten();
    let renamed = asked.flat_map(|asked| {
        let names = super::checks::selectors(&asked.expression).unwrap_or_default();
        let names = names.into_iter().filter_map(|selector| selector.name);
        let rename = |name: String| Asked {
            expression: asked.expression.replace(&name, &format!("renamed_{name}")),
            place: format!("{} without {name}", asked.place),
            ..asked.clone()
        };
        names.map(rename).collect::<Vec<_>>()
    });
    renamed.collect()
}

/// What is asked, by board and place.
fn all(checks: &Checks<'_>) -> BTreeMap<String, BTreeMap<String, Vec<Asked>>> {
    let of_board = |(file, board): (String, Value)| {
        let name = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".json").to_owned();
        let mut places: BTreeMap<String, Vec<Asked>> = BTreeMap::new();
        for values in assignments(checks, &board) {
            for asked in asked(&name, &board) {
                let expression = filled(&asked.expression, &values);
                places.entry(asked.place.clone()).or_default().push(Asked { expression, ..asked });
            }
        }
        (name, places)
    };
    boards().into_iter().map(of_board).collect()
}

/// What a board asks, its variables not replaced yet: panels, then annotations.
fn asked(name: &str, board: &Value) -> Vec<Asked> {
    let mut all = Vec::new();
    for panel in panels(board) {
        for target in list(&panel["targets"]) {
            let place = format!("{name}: {} ({})", text(&panel["title"]), text(&target["refId"]));
            let expression = text(&target["expr"]).to_owned();
            // Grafana asks for a range where nothing is said.
            let forms = [
                (target["instant"] != true || target["range"] == true, Form::Range),
                (target["instant"] == true, Form::Instant),
            ];
            let forms = forms.into_iter().filter(|(wanted, _)| *wanted);
            all.extend(forms.map(|(_, form)| Asked { place: place.clone(), expression: expression.clone(), form }));
        }
    }
    for annotation in list(&board["annotations"]["list"]) {
        let expression = [&annotation["expr"], &annotation["target"]["expr"]].into_iter().find_map(Value::as_str);
        // Grafana's own annotations ask no Prometheus.
        let place = format!("{name}: annotation {}", text(&annotation["name"]));
        all.extend(expression.map(|own| Asked { place, expression: own.to_owned(), form: Form::Range }));
    }
    all
}

/// The values of a board's variables, one list for each choice a person has to make.
fn assignments(checks: &Checks<'_>, board: &Value) -> Vec<Values> {
    let built_in =
        [("__rate_interval", RATE.to_owned()), ("__interval", "2s".to_owned()), ("__range", checks.run().length())];
    let mut all: Vec<Values> = vec![built_in.map(|(name, value)| (name.to_owned(), value)).into()];
    for variable in list(&board["templating"]["list"]).filter(|variable| variable["type"] != "datasource") {
        let several = variable["multi"] == true || variable["includeAll"] == true;
        let choices = |known: &Values| match text(&variable["type"]) {
            _ if several => vec![".*".to_owned()],
            "query" => {
                let query = variable["query"]["query"].as_str().unwrap_or(text(&variable["query"]));
                values(checks, &filled(query, known))
            }
            _ => vec![text(&variable["current"]["value"]).to_owned()],
        };
        let name = text(&variable["name"]);
        let with = |known: &Values, value: String| [known.as_slice(), &[(name.to_owned(), value)]].concat();
        all = all.iter().flat_map(|known| choices(known).into_iter().map(|value| with(known, value))).collect();
    }
    assert!(!all.is_empty(), "a variable of {} has no values", board["title"]);
    all
}

/// The values of a variable of the form `label_values(selector, label)`.
fn values(checks: &Checks<'_>, query: &str) -> Vec<String> {
    let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')'));
    let parts = inner.and_then(|inner| inner.rsplit_once(','));
    let (selector, label) = parts.unwrap_or_else(|| panic!("{query} is no label_values(selector, label)"));
    checks.prometheus().label_values(label.trim(), selector.trim())
}

/// An expression with these variables replaced, in all of Grafana's forms.
fn filled(expression: &str, values: &Values) -> String {
    let mut values: Vec<_> = values.iter().collect();
    // A name may begin with another one.
    values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut text = expression.to_owned();
    for (name, value) in values {
        for form in [format!("${{{name}}}"), format!("${{{name}:regex}}"), format!("${name}")] {
            text = text.replace(&form, value);
        }
    }
    text
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn variables_are_replaced_in_all_forms() {
    let values = [("a", "1"), ("a_b", "2"), ("__range", "9s")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let filled = filled("$a $a_b ${a} ${a_b:regex} [$__range]", &values.into());
    assert_eq!(filled, "1 2 1 2 [9s]");
}
