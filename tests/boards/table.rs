//! A table: several answers joined by their labels, one column each.

use serde_json::{Map, Value, json};

use super::panel::{Panel, thresholds};

/// A column: its name, what it asks, its unit.
pub(crate) struct Column {
    name: &'static str,
    expression: &'static str,
    unit: &'static str,
    steps: Option<(&'static str, Vec<(f64, &'static str)>)>,
}

impl Column {
    pub(crate) fn new(name: &'static str, unit: &'static str, expression: &'static str) -> Self {
        Self { name, expression, unit, steps: None }
    }

    /// Coloured from these values on.
    pub(crate) fn from(mut self, base: &'static str, steps: &[(f64, &'static str)]) -> Self {
        self.steps = Some((base, steps.to_vec()));
        self
    }
}

/// The labels that name a row, as in the answers and as a person reads them.
type Keys = &'static [(&'static str, &'static str)];

/// A table whose rows are named by labels, worst first by one of its columns.
pub(crate) fn table(texts: (&'static str, &'static str), keys: Keys, columns: Vec<Column>) -> Panel {
    let (title, about) = texts;
    let first = columns.first().map_or("", |column| column.name);
    let mut panel = Panel::new("table", title, about).unit("short").at_once().options(json!({
        "showHeader": true, "cellHeight": "sm", "footer": { "show": false },
        "sortBy": [{ "displayName": first, "desc": true }],
    }));
    let mut renamed = Map::new();
    let mut places = Map::new();
    for (place, (label, name)) in keys.iter().enumerate() {
        renamed.insert((*label).to_owned(), json!(name));
        places.insert((*label).to_owned(), json!(place));
    }
    for (index, column) in columns.iter().enumerate() {
        panel = panel.ask("", column.expression).with(column.name, "unit", json!(column.unit));
        if let Some((base, steps)) = &column.steps {
            panel = panel.with(column.name, "custom.cellOptions", json!({ "type": "color-text" })).with(
                column.name,
                "thresholds",
                thresholds(base, steps),
            );
        }
        let answer = format!("Value #{}", char::from(b'A' + u8::try_from(index).expect("a handful of columns")));
        renamed.insert(answer.clone(), json!(column.name));
        places.insert(answer, json!(keys.len() + index));
    }
    let hidden: Value = json!({ "Time": true });
    let organize = json!({ "excludeByName": hidden, "indexByName": places, "renameByName": renamed });
    panel
        .tabular()
        .transformed(vec![json!({ "id": "merge", "options": {} }), json!({ "id": "organize", "options": organize })])
}
