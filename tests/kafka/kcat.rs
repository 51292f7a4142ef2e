//! The real kcat: what a person with a terminal would put into Kafka and see in it.
//! Works on any broker that listens, the embedded one too. Says which package to install when it is missing.

use std::time::Duration;

use serde::Deserialize;

use super::program::{Program, ProgramError};

const KCAT: Program = Program { name: "kcat", package: "kcat", deadline: Duration::from_secs(60) };

/// Why kcat was of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KcatError {
    #[error("cannot run kcat")]
    Program(#[from] ProgramError),
    #[error("kcat printed no JSON")]
    Output(#[from] serde_json::Error),
}

/// A record as kcat shows it. Keys, values and headers must be text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Record {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<String>,
    #[serde(rename = "payload")]
    pub(crate) value: Option<String>,
    /// Names and values in turn.
    #[serde(default)]
    headers: Vec<String>,
}

impl Record {
    /// The value of the first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.headers.chunks_exact(2);
        pairs.find_map(|pair| (pair[0] == name).then_some(pair[1].as_str()))
    }
}

/// Writes each line as one record, all with the same key or none, and waits for Kafka's confirmation.
pub(crate) fn produce(bootstrap: &str, topic: &str, lines: &[&str], key: Option<&str>) -> Result<(), KcatError> {
    let mut args = vec!["-P", "-b", bootstrap, "-t", topic, "-X", "message.timeout.ms=30000"];
    if let Some(key) = key {
        args.extend(["-k", key]);
    }
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    KCAT.run(&args, input.as_bytes())?;
    Ok(())
}

/// Reads all that is in a topic now, from its first record; partitions come in any order.
pub(crate) fn consume(bootstrap: &str, topic: &str) -> Result<Vec<Record>, KcatError> {
    let printed = KCAT.run(&["-C", "-b", bootstrap, "-t", topic, "-o", "beginning", "-e", "-q", "-J"], &[])?;
    let records = serde_json::Deserializer::from_slice(&printed).into_iter();
    Ok(records.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_record_is_read_with_its_headers() {
        let printed = r#"{"topic":"t","partition":2,"offset":7,"tstype":"create","ts":1,"broker":1,
            "headers":["attempts","3","source","events/0@1"],"key":"crm","payload":"{}"}"#;
        let record: Record = serde_json::from_str(printed).expect("a line that kcat printed");
        assert_eq!((record.partition, record.offset), (2, 7));
        assert_eq!(record.key.as_deref(), Some("crm"));
        assert_eq!(record.value.as_deref(), Some("{}"));
        assert_eq!(record.header("source"), Some("events/0@1"));
        assert_eq!(record.header("reason"), None);
    }

    #[test]
    fn a_record_without_key_value_and_headers_is_read() {
        let printed = r#"{"partition":0,"offset":0,"key":null,"payload":null}"#;
        let record: Record = serde_json::from_str(printed).expect("a line that kcat printed");
        assert_eq!((record.key, record.value), (None, None));
    }
}
