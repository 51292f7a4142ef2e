//! The map `kafka.properties`: any librdkafka property but those on which the promise of at least
//! once rests, or which have a key of their own. librdkafka itself judges the values.

use super::complaint::quoted;
use super::field::{Fault, Field};
use super::section::named;

/// Properties that are refused, with the reason.
const OWNED: &[(&str, &str)] = &[
    ("bootstrap.servers", "use kafka.brokers"),
    ("metadata.broker.list", "use kafka.brokers"),
    ("group.id", "use kafka.group"),
    ("enable.auto.commit", COMMITS),
    ("enable.auto.offset.store", COMMITS),
    ("auto.commit.interval.ms", COMMITS),
    ("auto.offset.reset", "use topics.start_at"),
    ("partition.assignment.strategy", GROUPS),
    ("group.protocol", GROUPS),
    ("group.remote.assignor", GROUPS),
    ("group.instance.id", GROUPS),
    ("enable.partition.eof", GROUPS),
    ("isolation.level", "what is read must be what was committed"),
    ("enable.idempotence", APPENDS),
    ("acks", APPENDS),
    ("request.required.acks", APPENDS),
    ("transactional.id", APPENDS),
    ("message.timeout.ms", APPENDS),
    ("delivery.timeout.ms", APPENDS),
    ("delivery.report.only.error", APPENDS),
    ("partitioner", "the same destination must stay on one partition"),
    ("allow.auto.create.topics", "topics are made by `topics create`, with the right settings"),
];

const COMMITS: &str = "an offset is committed only when every delivery before it is settled";
const GROUPS: &str = "the program relies on how partitions move between replicas";
const APPENDS: &str = "an append counts only when Kafka has confirmed it";

pub(super) fn read(field: &Field<'_>) -> Vec<(String, String)> {
    let read = |(name, field): (&str, Field<'_>)| {
        if let Some(reason) = owner(name) {
            let fault = Fault::new(format!("{} may not be set", quoted(name)));
            field.complain(fault.hint(reason));
            return None;
        }
        if name.is_empty() || name.contains(|c: char| c.is_control() || c.is_whitespace()) {
            field.complain(Fault::new("is not the name of a librdkafka property"));
            return None;
        }
        if !field.is_given() {
            field.complain(Fault::new("has no value"));
            return None;
        }
        let text = field.scalar()?;
        let terminated = || Fault::new("the value holds a NUL character");
        let value = (!text.value.contains('\0')).then_some(text.value);
        let value = field.judge(value.ok_or_else(terminated))?;
        Some((name.to_owned(), value))
    };
    named(field).into_iter().filter_map(read).collect()
}

/// Why a property is not the user's to set.
fn owner(name: &str) -> Option<&'static str> {
    if name.starts_with("max.in.flight") {
        return Some(APPENDS);
    }
    let owned = OWNED.iter().find(|(owned, _)| *owned == name);
    owned.map(|(_, reason)| *reason)
}
