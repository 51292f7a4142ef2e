//! What every board must be: of the form Grafana expects, told in words, with units. Whether its expressions name what
//! `/metrics` exports is asked in `runs`, where there is a replica.

use std::collections::BTreeSet;

use serde_json::Value;

use super::file::project;

/// Variables that Grafana knows by itself, and a value PromQL can stand on.
const BUILT_IN: [(&str, &str); 2] = [("$__rate_interval", "1m"), ("$__range", "1h")];
const COLUMNS: u64 = 24;

/// Every board, with its file's name.
pub(crate) fn boards() -> Vec<(String, Value)> {
    let entries = std::fs::read_dir(project().join("grafana/boards")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path.display().to_string(), serde_json::from_str(&text).unwrap())
    };
    files.into_iter().map(read).collect()
}

/// The expressions of a board, with variables replaced so that they are PromQL.
pub(super) fn expressions(board: &Value) -> Vec<String> {
    let targets = panels(board).flat_map(|panel| list(&panel["targets"]));
    let asking = targets.chain(list(&board["annotations"]["list"]));
    asking.map(|one| plain(one["expr"].as_str().unwrap_or_default(), board)).collect()
}

pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The panels that show something; headings do not.
pub(crate) fn panels(board: &Value) -> impl Iterator<Item = &Value> {
    list(&board["panels"]).filter(|panel| panel["type"] != "row")
}

fn plain(expression: &str, board: &Value) -> String {
    let mut text = expression.to_owned();
    for (name, value) in BUILT_IN {
        text = text.replace(name, value);
    }
    for variable in list(&board["templating"]["list"]) {
        text = text.replace(&format!("${}", variable["name"].as_str().unwrap_or_default()), ".*");
    }
    text
}

/// What is wrong with a board.
fn complaints(board: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    let mut cells = BTreeSet::new();
    for panel in panels(board) {
        let title = panel["title"].as_str().unwrap_or_default();
        let mut need = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{title}: {what}"));
            }
        };
        need(!title.is_empty(), "no title");
        need(ids.insert(panel["id"].as_u64()) && panel["id"].is_u64(), "its id is missing or another panel's");
        let description = panel["description"].as_str().unwrap_or_default();
        need(description.ends_with('.'), "its description is no sentence");
        let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or_default();
        need(!unit.is_empty(), "no unit");
        need(panel["datasource"]["uid"] == "${datasource}", "another data source than the board's");
        need(list(&panel["targets"]).count() > 0, "it asks nothing");
        let next = panel["links"][0]["url"].as_str().unwrap_or_default();
        need(next.starts_with("/d/webhooks-"), "no link to where a person looks next");
        let mut names = BTreeSet::new();
        for target in list(&panel["targets"]) {
            need(target["datasource"]["uid"] == "${datasource}", "an expression for another data source");
            need(names.insert(target["refId"].to_string()), "two expressions of one name");
            need(!plain(target["expr"].as_str().unwrap_or("$"), board).contains('$'), "an unknown variable");
        }
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap_or(0));
        need(w > 0 && h > 0 && x + w <= COLUMNS, "it does not lie on the board");
        let mut own = (x..x + w).flat_map(|column| (y..y + h).map(move |row| (column, row)));
        need(own.all(|cell| cells.insert(cell)), "it lies on another panel");
    }
    for variable in list(&board["templating"]["list"]) {
        let name = variable["name"].as_str().unwrap_or_default();
        let text = board["panels"].to_string();
        let used = [format!("${name}"), format!("${{{name}")].iter().any(|form| text.contains(form));
        if !used {
            wrong.push(format!("the variable {name} is used nowhere"));
        }
    }
    if !list(&board["templating"]["list"]).any(|variable| variable["type"] == "datasource") {
        wrong.push("the data source cannot be chosen".to_owned());
    }
    wrong
}

#[test]
fn boards_are_well_formed_and_tell_what_they_show() {
    let mut uids = BTreeSet::new();
    let mut next = BTreeSet::new();
    for (file, board) in boards() {
        assert_eq!(complaints(&board), [""; 0], "{file}");
        for field in ["uid", "title", "description"] {
            assert!(board[field].as_str().is_some_and(|text| !text.is_empty()), "{file} has no {field}");
        }
        assert!(board["schemaVersion"].is_u64(), "{file}");
        assert!(uids.insert(format!("/d/{}", board["uid"].as_str().unwrap())), "{file} has the uid of another board");
        let links = panels(&board).map(|panel| panel["links"][0]["url"].as_str().unwrap());
        next.extend(links.map(|url| url.split('?').next().unwrap().to_owned()));
        assert!(panels(&board).count() > 0, "{file} shows nothing");
    }
    assert_eq!(next, uids, "each board leads to another, and each is led to");
}

#[test]
fn a_board_that_is_not_is_noticed() {
    let (_, good) = boards().remove(0);
    let with = |path: &str, value: Value| {
        let mut board = good.clone();
        *board.pointer_mut(path).unwrap() = value;
        complaints(&board)
    };
    for (path, value, because) in [
        ("/panels/1/id", good["panels"][0]["id"].clone(), "another panel's"),
        ("/panels/1/title", Value::from(""), "no title"),
        ("/panels/1/description", Value::Null, "no sentence"),
        ("/panels/1/fieldConfig/defaults/unit", Value::from(""), "no unit"),
        ("/panels/1/gridPos", good["panels"][0]["gridPos"].clone(), "lies on another panel"),
        ("/panels/1/gridPos/x", Value::from(23), "does not lie on the board"),
        ("/panels/1/datasource/uid", Value::from("prometheus"), "another data source"),
        ("/panels/1/targets/0/expr", Value::from("sum(a{b=\"$c\"})"), "unknown variable"),
        ("/panels/1/targets", Value::from(Vec::<Value>::new()), "asks nothing"),
        ("/panels/1/links", Value::from(Vec::<Value>::new()), "no link"),
        ("/templating/list/1/name", Value::from("replica"), "used nowhere"),
    ] {
        let complaints = with(path, value);
        assert!(complaints.iter().any(|complaint| complaint.contains(because)), "{path}: {complaints:?}");
    }
}
