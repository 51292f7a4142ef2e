//! Filters: what a destination does not get, and what it does not get to see, whatever its type.

use std::time::Duration;

use super::produce;
use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Seen};
use crate::support::wait::until;

const FILTERS: &str = r#"    filters:
      - { title: tests, if: 'event = "Test"', actions: [{ type: drop }] }
      - { if: all, actions: [{ type: drop_properties, fields: { context: [ip], "": [secret] } }] }
"#;

fn events() -> Vec<String> {
    let event = |name: &str| {
        format!(r#"{{"type":"track","event":"{name}","secret":"s","context":{{"ip":"1.2.3.4","page":1}},"n":1.0}}"#)
    };
    vec![event("Test"), event("Order"), r#"{"type":"track","event":"Plain","n":1.0}"#.to_owned()]
}

#[test]
fn what_a_filter_drops_or_takes_out_never_leaves_and_kafka_keeps_the_event_as_it_was() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("filters");
    for (id, kind) in [("classic", "webhooks"), ("actions", "webhooks_actions")] {
        let url = receiver.url(&format!("/{id}"));
        let target = match kind {
            "webhooks" => format!("    url: \"{url}\"\n"),
            _ => format!("    mappings:\n      - {{ trigger: 'type = \"track\"', url: \"{url}\" }}\n"),
        };
        setup.destinations.push_str(&format!("  - id: {id}\n    type: {kind}\n{target}{FILTERS}"));
    }
    let program = setup.start_ready();
    produce(&setup, &events());
    let seen =
        until("two events each", Duration::from_secs(30), || Some(receiver.requests()).filter(|seen| seen.len() == 4));
    for id in ["/classic", "/actions"] {
        let text = |seen: &Seen| String::from_utf8(seen.body.to_vec()).unwrap();
        let mut bodies: Vec<_> = seen.iter().filter(|seen| seen.path == id).map(text).collect();
        bodies.sort();
        let expected = [
            r#"{"type":"track","event":"Order","context":{"page":1},"n":1}"#,
            r#"{"type":"track","event":"Plain","n":1}"#,
        ];
        assert_eq!(bodies, expected, "{id}");
    }
    for id in ["\"classic\"", "\"actions\""] {
        program.counts("webhooks_events_filtered_total", &[id, "filtered_by_rules"], 1.0);
    }
    let kept = setup.read("deliveries");
    let texts: Vec<_> = kept.iter().map(|record| record.value.clone().unwrap()).collect();
    assert!(texts.iter().all(|text| events()[1..].iter().any(|event| event.as_bytes() == &text[..])), "byte for byte");
    program.stop();
}
