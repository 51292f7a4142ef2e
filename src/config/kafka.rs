//! The section `kafka`: brokers and group. Which librdkafka properties may be set is decided in
//! `kafka_properties`.

use super::Surroundings;
use super::field::{Fault, Field};
use super::kafka_properties;
use super::resolved::Kafka;
use super::section::Section;

/// The longest group name; leaves room for `.deliver` within Kafka's limits on names.
const MAX_GROUP: usize = 200;

/// What a complaint calls the brokers that do not come from the file.
const OVERRIDE: &str = "--brokers or KAFKA_BROKERS";

pub(super) fn read(section: Option<Section<'_>>, surroundings: &Surroundings<'_>) -> Kafka {
    let mut kafka = Kafka { brokers: "localhost:9092".into(), group: "webhooks".into(), properties: Vec::new() };
    let Some(section) = section else { return kafka };
    let in_file = section.field("brokers");
    if let Some(brokers) = text(&in_file, check_brokers) {
        kafka.brokers = brokers;
    }
    if let Some(brokers) = &surroundings.brokers {
        // It overrides the file, so nothing in the file is at fault.
        if in_file.judge_elsewhere(OVERRIDE, check_brokers(brokers)) {
            kafka.brokers.clone_from(brokers);
        }
    }
    if let Some(group) = text(&section.field("group"), check_group) {
        kafka.group = group;
    }
    kafka.properties = kafka_properties::read(&section.field("properties"));
    section.finish();
    kafka
}

fn text(field: &Field<'_>, check: fn(&str) -> Result<(), Fault>) -> Option<String> {
    let text = field.text()?;
    field.judge(check(&text.value)).map(|()| text.value)
}

fn check_brokers(brokers: &str) -> Result<(), Fault> {
    let valid = |broker: &str| {
        // librdkafka also takes `SASL_SSL://host:9092`.
        let address = broker.split_once("://").map_or(broker, |(_, address)| address);
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (address, None),
        };
        let port_is_valid = port.is_none_or(|port| port.parse().is_ok_and(|n: u16| n > 0));
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '/';
        !host.is_empty() && !host.contains(odd) && port_is_valid
    };
    let all_valid = brokers.split(',').map(str::trim).all(valid);
    all_valid
        .then_some(())
        .ok_or_else(|| Fault::new("is not a list of brokers").hint("write host:port, several separated by commas"))
}

fn check_group(group: &str) -> Result<(), Fault> {
    let plain =
        !group.is_empty() && group.len() <= MAX_GROUP && !group.contains(|c: char| c.is_control() || c.is_whitespace());
    plain
        .then_some(())
        .ok_or_else(|| Fault::new(format!("is not a group name of 1 to {MAX_GROUP} characters without spaces")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brokers_are_a_list_of_hosts_and_ports() {
        for good in ["localhost:9092", "a", "a:1,b:65535, c:9", "SASL_SSL://a:9093", "[::1]:9092", "[::1]"] {
            assert!(check_brokers(good).is_ok(), "{good}");
        }
        for bad in ["", "a:9092,", ":9092", "a:0", "a:b", "a:70000", "a b:1", "http://a:1/x", "a\0"] {
            assert!(check_brokers(bad).is_err(), "{bad:?}");
        }
    }
}
