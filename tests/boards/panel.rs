//! A panel: what it asks, in which unit, how it is drawn. What is the same in all panels stands here once.
//! Where it lies on its board is `board`'s; tables, which join several answers, are `table`'s.

use serde_json::{Value, json};

use super::colour;

/// A panel without its place.
#[derive(Clone)]
pub(crate) struct Panel {
    kind: &'static str,
    title: &'static str,
    about: &'static str,
    asks: Vec<Value>,
    defaults: Value,
    overrides: Vec<Value>,
    options: Value,
    transformations: Vec<Value>,
    next: Option<Value>,
    instant: bool,
}

impl Panel {
    pub(crate) fn new(kind: &'static str, title: &'static str, about: &'static str) -> Self {
        Self {
            kind,
            title,
            about,
            asks: Vec::new(),
            defaults: json!({ "noValue": "–" }),
            overrides: Vec::new(),
            options: json!({}),
            transformations: Vec::new(),
            next: None,
            instant: false,
        }
    }

    /// One number for the whole time range.
    pub(crate) fn stat(title: &'static str, about: &'static str, unit: &str) -> Self {
        let reduce = json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
        let mut panel = Self::new("stat", title, about).unit(unit);
        panel.instant = true;
        // Nothing to say is neither good nor bad.
        let nothing = json!({ "match": "null+nan", "result": { "text": "–", "color": "text" } });
        panel.defaults["mappings"] = json!([{ "type": "special", "options": nothing }]);
        panel.options = json!({
            "reduceOptions": reduce, "colorMode": "value", "graphMode": "none", "textMode": "value", "justifyMode": "auto",
        });
        panel
    }

    /// One number of now, with its course behind it.
    pub(crate) fn course(title: &'static str, about: &'static str, unit: &str) -> Self {
        let mut panel = Self::stat(title, about, unit);
        panel.instant = false;
        panel.options["graphMode"] = json!("area");
        panel
    }

    /// A line for each answer.
    pub(crate) fn lines(title: &'static str, about: &'static str, unit: &str) -> Self {
        let mut panel = Self::new("timeseries", title, about).unit(unit);
        panel.defaults["custom"] = json!({
            "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "fillOpacity": 8, "gradientMode": "none",
            "showPoints": "never", "spanNulls": false, "stacking": { "mode": "none", "group": "A" },
            "axisPlacement": "auto", "axisSoftMin": 0, "thresholdsStyle": { "mode": "off" },
        });
        panel.options = json!({
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
            "tooltip": { "mode": "multi", "sort": "desc" },
        });
        panel
    }

    /// Lines upon each other, where their sum means something.
    pub(crate) fn stacked(title: &'static str, about: &'static str, unit: &str) -> Self {
        let mut panel = Self::lines(title, about, unit);
        panel.defaults["custom"]["stacking"]["mode"] = json!("normal");
        panel.defaults["custom"]["fillOpacity"] = json!(30);
        panel
    }

    /// Whole numbers that change at once, upon each other: steps instead of slopes.
    pub(crate) fn steps(title: &'static str, about: &'static str) -> Self {
        let mut panel = Self::stacked(title, about, "short").decimals(0);
        panel.defaults["custom"]["lineInterpolation"] = json!("stepAfter");
        panel
    }

    /// A bar for each answer.
    pub(crate) fn bars(title: &'static str, about: &'static str, unit: &str) -> Self {
        let mut panel = Self::new("bargauge", title, about).unit(unit);
        panel.instant = true;
        panel.options = json!({
            "orientation": "horizontal", "displayMode": "basic", "valueMode": "text", "showUnfilled": true,
            "namePlacement": "top", "sizing": "auto", "minVizHeight": 16, "minVizWidth": 8,
            "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
            "legend": { "showLegend": false },
        });
        panel.defaults["min"] = json!(0);
        panel
    }

    /// How many fell into which bucket of a histogram, when.
    pub(crate) fn heatmap(title: &'static str, about: &'static str, unit: &str) -> Self {
        let mut panel = Self::new("heatmap", title, about).unit(unit);
        panel.options = json!({
            "calculate": false, "cellGap": 1,
            "color": { "mode": "scheme", "scheme": "Oranges", "fill": "dark-orange", "scale": "exponential",
                       "exponent": 0.5, "steps": 64, "reverse": false },
            "filterValues": { "le": 1e-9 }, "rowsFrame": { "layout": "auto" }, "cellValues": { "unit": "short" },
            "yAxis": { "axisPlacement": "left", "reverse": false, "unit": unit }, "legend": { "show": true },
            "tooltip": { "mode": "single", "yHistogram": false, "showColorScale": false },
        });
        panel
    }

    /// What state something was in, when; the states are given with [`Self::states`].
    pub(crate) fn timeline(title: &'static str, about: &'static str) -> Self {
        let mut panel = Self::new("state-timeline", title, about).unit("short");
        panel.defaults["custom"] = json!({ "fillOpacity": 70, "lineWidth": 0 });
        panel.options = json!({
            "mergeValues": true, "showValue": "auto", "alignValue": "left", "rowHeight": 0.8,
            "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "single", "sort": "none" },
        });
        panel
    }

    pub(crate) fn unit(mut self, unit: &str) -> Self {
        self.defaults["unit"] = json!(unit);
        self
    }

    pub(crate) fn decimals(mut self, decimals: u8) -> Self {
        self.defaults["decimals"] = json!(decimals);
        self
    }

    /// Makes it ask: `{d}` stands for the chosen destinations, `{r}` for the chosen replicas.
    pub(crate) fn ask(mut self, legend: &str, expression: &str) -> Self {
        let id = char::from(b'A' + u8::try_from(self.asks.len()).expect("a handful of expressions"));
        self.asks.push(json!({
            "refId": id.to_string(), "datasource": datasource(), "expr": expanded(expression), "legendFormat": legend,
            "instant": self.instant, "range": !self.instant,
        }));
        for (name, colour) in colour::of(legend) {
            self = self.paint(name, colour);
        }
        self
    }

    /// Asks in the form histograms are drawn from.
    pub(crate) fn ask_buckets(mut self, expression: &str) -> Self {
        self = self.ask("{{le}}", expression);
        if let Some(ask) = self.asks.last_mut() {
            ask["format"] = json!("heatmap");
        }
        self
    }

    /// Answers as rows of a table.
    pub(crate) fn tabular(mut self) -> Self {
        self.asks.iter_mut().for_each(|ask| ask["format"] = json!("table"));
        self
    }

    /// The same colour whoever else is drawn.
    pub(crate) fn paint(self, name: &str, colour: &str) -> Self {
        self.with(name, "color", json!({ "mode": "fixed", "fixedColor": colour }))
    }

    /// A property of one answer, told by its name.
    pub(crate) fn with(mut self, name: &str, property: &str, value: Value) -> Self {
        let own = self.overrides.iter_mut().find(|own| own["matcher"]["options"] == name);
        let property = json!({ "id": property, "value": value });
        match own.and_then(|own| own["properties"].as_array_mut()) {
            Some(properties) => properties.push(property),
            None => self.overrides.push(json!({
                "matcher": { "id": "byName", "options": name }, "properties": [property],
            })),
        }
        self
    }

    /// From which value on it is another colour; the first is that below all.
    pub(crate) fn from(mut self, base: &str, steps: &[(f64, &str)]) -> Self {
        self.defaults["thresholds"] = thresholds(base, steps);
        self.defaults["color"] = json!({ "mode": "thresholds" });
        self
    }

    /// Draws a line where it becomes serious.
    pub(crate) fn limit(mut self, at: f64, colour: &str) -> Self {
        self.defaults["thresholds"] = thresholds("transparent", &[(at, colour)]);
        self.defaults["custom"]["thresholdsStyle"]["mode"] = json!("dashed");
        self
    }

    /// What its numbers mean: text and colour.
    pub(crate) fn states(mut self, states: &[(u8, &str, &str)]) -> Self {
        let own = |(value, text, colour): &(u8, &str, &str)| {
            (value.to_string(), json!({ "text": text, "color": colour, "index": value }))
        };
        let options: serde_json::Map<String, Value> = states.iter().map(own).collect();
        self.defaults["mappings"] = json!([{ "type": "value", "options": options }]);
        self.defaults["color"] = json!({ "mode": "thresholds" });
        self
    }

    /// The legend as a table with these figures of each line, at the right.
    pub(crate) fn figures(mut self, figures: &[&str]) -> Self {
        self.options["legend"] =
            json!({ "displayMode": "table", "placement": "right", "showLegend": true, "calcs": figures });
        self
    }

    pub(crate) fn transformed(mut self, transformations: Vec<Value>) -> Self {
        self.transformations = transformations;
        self
    }

    pub(crate) fn options(mut self, options: Value) -> Self {
        self.options = options;
        self
    }

    /// Answers for one moment: the end of the time range.
    pub(crate) fn at_once(mut self) -> Self {
        self.instant = true;
        self
    }

    /// Where a person looks next.
    pub(crate) fn next(mut self, title: &str, board: &str) -> Self {
        // Grafana replaces both: what is chosen here stays chosen there.
        let url = format!("/d/{board}?${{__all_variables}}&${{__url_time_range}}");
        self.next = Some(json!({ "title": title, "url": url, "targetBlank": false }));
        self
    }

    /// As Grafana reads it, without its place and number.
    pub(crate) fn json(&self) -> Value {
        let mut json = json!({
            "type": self.kind, "title": self.title, "description": self.about, "datasource": datasource(),
            "fieldConfig": { "defaults": self.defaults, "overrides": self.overrides },
            "options": self.options, "targets": self.asks, "links": self.next.iter().collect::<Vec<_>>(),
        });
        if !self.transformations.is_empty() {
            json["transformations"] = json!(self.transformations);
        }
        json
    }
}

/// Steps of colour; the first is that below all.
pub(crate) fn thresholds(base: &str, steps: &[(f64, &str)]) -> Value {
    let first = json!({ "color": base, "value": null });
    let rest = steps.iter().map(|(value, colour)| json!({ "color": colour, "value": value }));
    json!({ "mode": "absolute", "steps": std::iter::once(first).chain(rest).collect::<Vec<_>>() })
}

/// The one a person chose.
pub(crate) fn datasource() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

fn expanded(expression: &str) -> String {
    let expression = expression.split_whitespace().collect::<Vec<_>>().join(" ");
    expression.replace("{d", r#"{destination=~"$destination""#).replace("{r", r#"{instance=~"$replica""#)
}
