//! A board: lines of panels, what a person can choose, and what is marked in all of them.

use serde_json::{Value, json};

use super::annotation::Annotation;
use super::panel::{Panel, datasource};
use super::variable::Variable;

/// Columns of Grafana's grid.
const COLUMNS: u64 = 24;

/// A board and its file's name.
pub(crate) struct Board {
    file: &'static str,
    title: &'static str,
    about: &'static str,
    variables: Vec<Variable>,
    annotations: Vec<Annotation>,
    panels: Vec<Value>,
    /// Where the next line begins.
    y: u64,
}

impl Board {
    pub(crate) fn new(file: &'static str, title: &'static str, about: &'static str) -> Self {
        let variables = vec![Variable::DataSource];
        Self { file, title, about, variables, annotations: Vec::new(), panels: Vec::new(), y: 0 }
    }

    pub(crate) fn file(&self) -> &'static str {
        self.file
    }

    pub(crate) fn choose(mut self, variables: impl IntoIterator<Item = Variable>) -> Self {
        self.variables.extend(variables);
        self
    }

    pub(crate) fn mark(mut self, annotations: impl IntoIterator<Item = Annotation>) -> Self {
        self.annotations.extend(annotations);
        self
    }

    /// A heading over the lines that follow.
    pub(crate) fn heading(mut self, title: &str) -> Self {
        self.panels.push(json!({
            "id": self.panels.len() + 1, "type": "row", "title": title, "collapsed": false, "panels": [],
            "gridPos": { "x": 0, "y": self.y, "w": COLUMNS, "h": 1 },
        }));
        self.y += 1;
        self
    }

    /// Panels of one height beside each other, each with its width in columns.
    pub(crate) fn line<const N: usize>(mut self, height: u64, panels: [(u64, Panel); N]) -> Self {
        let mut x = 0;
        for (width, panel) in panels {
            let mut json = panel.json();
            json["id"] = json!(self.panels.len() + 1);
            json["gridPos"] = json!({ "x": x, "y": self.y, "w": width, "h": height });
            self.panels.push(json);
            x += width;
        }
        assert_eq!(x, COLUMNS, "{}: the line at {} does not fill the board", self.file, self.y);
        self.y += height;
        self
    }

    /// As Grafana reads it.
    pub(crate) fn json(&self) -> Value {
        json!({
            "uid": format!("webhooks-{}", self.file),
            "title": self.title,
            "description": self.about,
            "tags": ["kafka-webhooks"],
            "schemaVersion": 41,
            "version": 1,
            "editable": true,
            "graphTooltip": 1,
            "timezone": "browser",
            "refresh": "10s",
            "time": { "from": "now-30m", "to": "now" },
            "annotations": { "list": self.annotations.iter().map(|own| own.json(&datasource())).collect::<Vec<_>>() },
            "links": [{
                "type": "dashboards", "title": "Boards", "tags": ["kafka-webhooks"], "asDropdown": false,
                "includeVars": true, "keepTime": true, "targetBlank": false, "icon": "external link",
            }],
            "templating": { "list": self.variables.iter().map(Variable::json).collect::<Vec<_>>() },
            "panels": self.panels,
        })
    }
}
