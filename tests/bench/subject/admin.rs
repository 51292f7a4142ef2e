//! The admin address of a running program: whether it is ready, and what its metrics say.
//! What is made of them is left to the scenarios.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Where a program can be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admin(SocketAddr);

impl Admin {
    /// The address as the program's log says it.
    pub(super) fn told_by(log: &str) -> Option<Self> {
        let line = log.lines().find(|line| line.contains("admin listening"))?;
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        line["address"].as_str()?.parse().ok().map(Self)
    }

    pub(super) fn is_ready(self) -> bool {
        self.ask("/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    /// The sum of a metric over all its series with a label, such as `("destination", "crm")`.
    pub(super) fn metric(self, name: &str, (label, value): (&str, &str)) -> Option<f64> {
        let (answer, own) = (self.ask("/metrics")?, format!("{label}=\"{value}\""));
        let series = answer.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.split_once("} "));
        let values = series.filter(|(labels, _)| labels.split(',').any(|label| label == own));
        let values: Vec<f64> = values.filter_map(|(_, value)| value.parse().ok()).collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// A metric without labels.
    pub(super) fn gauge(self, name: &str) -> Option<f64> {
        let answer = self.ask("/metrics")?;
        answer.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    fn ask(self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect_timeout(&self.0, Duration::from_secs(1)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n").as_bytes()).ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        Some(text)
    }
}
