//! What Prometheus answers to an expression, as series of samples.

use std::collections::BTreeMap;

use serde_json::Value;

/// Series, or the error that Prometheus told.
pub type Answer = Result<Vec<Series>, String>;

/// One series of an answer: several samples over a time, one at a moment. A scalar is one without labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub labels: BTreeMap<String, String>,
    pub samples: Vec<f64>,
}

impl Series {
    /// The value of a label; empty where there is none, as Prometheus has it.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The latest sample.
    pub fn last(&self) -> Option<f64> {
        self.samples.last().copied()
    }
}

/// Reads the `data` of an answer.
pub(super) fn read(data: Result<Value, String>) -> Answer {
    let data = data?;
    let result = &data["result"];
    if data["resultType"] == "scalar" {
        return Ok(vec![Series { labels: BTreeMap::new(), samples: vec![sample(result)?] }]);
    }
    let series = |one: &Value| {
        let labels = serde_json::from_value(one["metric"].clone()).map_err(|error| error.to_string())?;
        let samples = match one["values"].as_array() {
            Some(values) => values.iter().map(sample).collect::<Result<_, _>>()?,
            None => vec![sample(&one["value"])?],
        };
        Ok(Series { labels, samples })
    };
    result.as_array().ok_or_else(|| format!("no series in {data}"))?.iter().map(series).collect()
}

/// A time and, as a text, a value.
fn sample(pair: &Value) -> Result<f64, String> {
    pair[1].as_str().and_then(|text| text.parse().ok()).ok_or_else(|| format!("no sample in {pair}"))
}

#[test]
fn all_forms_of_answers_are_read() {
    let read = |text: &str| read(Ok(serde_json::from_str(text).unwrap()));
    let vector = read(r#"{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1.5,"2"]}]}"#).unwrap();
    assert_eq!((vector[0].label("a"), vector[0].label("c"), vector[0].last()), ("b", "", Some(2.0)));
    let matrix = read(r#"{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"],[2,"+Inf"]]}]}"#).unwrap();
    assert_eq!(matrix[0].samples, [2.0, f64::INFINITY]);
    let scalar = read(r#"{"resultType":"scalar","result":[1,"NaN"]}"#).unwrap();
    assert!(scalar[0].samples[0].is_nan());
    assert_eq!(read(r#"{"resultType":"vector","result":[]}"#), Ok(Vec::new()));
    assert!(read(r#"{"resultType":"string","result":[1,"a"]}"#).is_err());
}
