//! The sample: a configuration with three destinations, events, and who enters and leaves an audience. All are files beside
//! this one, to be read as they are.
//! How the receiver behaves to them is `receiving`'s, when events are sent `dev`'s.

use std::net::SocketAddr;

/// The file that complaints would name.
pub(super) const NAME: &str = "sample.yaml";
/// The configuration; its variables are answered by [`variable`].
pub(super) const YAML: &str = include_str!("sample.yaml");

/// One of each behaviour: id, secret, what its endpoint does.
pub(super) const DESTINATIONS: [(&str, &str, &str); 3] = [
    ("crm", "the secret of crm", "answers 200"),
    ("flaky", "the secret of flaky", "answers 503 twice, then 200"),
    ("gone", "the secret of gone", "answers 404"),
];

/// Fewest events that are sent.
pub(super) const FEWEST: u64 = 3;

/// Audience records that are sent: one of them says what is known, and no destination hears of it.
pub(super) const AUDIENCE_RECORDS: u64 = 4;
/// Changes among them.
pub(super) const CHANGES: u64 = 3;
/// The key of the audience.
pub(super) const AUDIENCE: &str = "big_spenders";

const EVENTS: &str = include_str!("samples.jsonl");
const AUDIENCES: &str = include_str!("audiences.jsonl");

/// The value of a variable of the sample.
pub(super) fn variable(name: &str, receiver: SocketAddr) -> Option<String> {
    if name == "RECEIVER" {
        return Some(format!("http://{receiver}"));
    }
    let id = name.strip_suffix("_SECRET")?.to_lowercase();
    DESTINATIONS.iter().find(|(own, ..)| *own == id).map(|(_, secret, _)| (*secret).to_owned())
}

/// The event of a number, counted from 0: its key and its text, which no other number shares.
pub(super) fn event(number: u64) -> (String, String) {
    let mut lines = EVENTS.lines().cycle();
    let line = lines.nth(usize::try_from(number % FEWEST).unwrap_or(0)).unwrap_or("{}");
    let text = format!("{{\"messageId\":\"sample-{}\",{}", number + 1, line.strip_prefix('{').unwrap_or(line));
    (format!("u-{}", number % FEWEST + 1), text)
}

/// The audience record of a number, counted from 0. It has no key, as it needs none.
pub(super) fn audience_record(number: u64) -> &'static str {
    let lines = AUDIENCES.lines();
    lines.cycle().nth(usize::try_from(number % AUDIENCE_RECORDS).unwrap_or(0)).unwrap_or("{}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::event::Event;

    #[test]
    fn the_sample_is_a_valid_configuration_of_the_destinations_it_tells_of() {
        let receiver: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let environment = |name: &str| variable(name, receiver);
        let surroundings = config::Surroundings { environment: &environment, file_descriptors: 1024, brokers: None };
        let config = config::load_text(std::path::Path::new(NAME), YAML, &surroundings).unwrap();
        let own: Vec<_> = config.destinations.iter().map(|destination| destination.id.as_str()).collect();
        assert_eq!(own, DESTINATIONS.map(|(id, ..)| id));
        for (destination, (id, secret, _)) in config.destinations.iter().zip(DESTINATIONS) {
            assert_eq!(destination.shared_secret.as_ref().unwrap().expose(), secret);
            assert_eq!(destination.addresses()[0].as_str(), format!("http://127.0.0.1:8080/{id}"));
        }
    }

    #[test]
    fn every_sample_is_an_event_of_its_own() {
        let ids: std::collections::BTreeSet<_> = (0..7)
            .map(|number| {
                let (_, text) = event(number);
                Event::parse(text.as_bytes()).unwrap().message_id.unwrap().into_owned()
            })
            .collect();
        assert_eq!(ids.len(), 7);
        assert_eq!(EVENTS.lines().count() as u64, FEWEST);
    }

    #[test]
    fn every_audience_record_is_of_the_audience_and_all_but_one_are_changes() {
        use crate::audience::State;
        use crate::audience::record::{Read, read};

        assert_eq!(AUDIENCES.lines().count() as u64, AUDIENCE_RECORDS);
        let mut known = std::collections::BTreeMap::new();
        let changes = (0..AUDIENCE_RECORDS).filter(|number| {
            let Ok(Read::Change(change)) = read(audience_record(*number).as_bytes()) else { panic!("no membership") };
            assert_eq!(change.key, AUDIENCE);
            known.insert(change.user.key(), State::of(&change.value)) != Some(State::of(&change.value))
        });
        assert_eq!(changes.count() as u64, CHANGES);
    }
}
