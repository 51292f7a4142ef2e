//! The consumer sends an event only to destinations it is for: call types, the `integrations` object.

use crate::support::program::Setup;
use crate::support::receiver::Receiver;

/// Events, and whether a classic destination gets them.
const CASES: [(&str, bool); 16] = [
    (r#"{"type":"track","n":0}"#, true),
    (r#"{"type":"track","n":1,"integrations":{"All":false}}"#, false),
    (r#"{"type":"track","n":2,"integrations":{"all":false}}"#, false),
    (r#"{"type":"track","n":3,"integrations":{"All":false,"Webhooks":true}}"#, true),
    (r#"{"type":"track","n":4,"integrations":{"Webhooks":false}}"#, false),
    (r#"{"type":"track","n":5,"integrations":{"All":true,"Webhooks":false}}"#, false),
    (r#"{"type":"track","n":6,"integrations":{"All":false,"Webhooks":{"option":1}}}"#, true),
    (r#"{"type":"track","n":7,"integrations":{"webhooks":false}}"#, true),
    (r#"{"type":"track","n":8,"integrations":{"All":false,"webhooks":true}}"#, false),
    (r#"{"type":"track","n":9,"integrations":null}"#, true),
    (r#"{"type":"track","n":10,"integrations":{"Mixpanel":false}}"#, true),
    // User deletion is not filtered by it.
    (r#"{"type":"delete","n":11,"integrations":{"All":false}}"#, true),
    (r#"{"type":"Track","n":12}"#, false),
    (r#"{"type":"wave","n":13}"#, false),
    (r#"{"type":"wave","n":14,"integrations":{"Webhooks":true}}"#, false),
    (r#"{"type":"identify","n":15,"integrations":{"Webhook":false,"Webhooks (Actions)":false}}"#, true),
];

#[test]
fn what_is_not_for_a_destination_is_counted_and_passed() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("filters");
    setup.destination("crm", receiver.url("/crm"), "");
    setup.destination("lake", receiver.url("/lake"), "");
    let program = setup.start_ready();
    setup.events(&CASES.map(|(event, _)| event));

    let wanted: Vec<_> = CASES.iter().filter(|(_, wanted)| *wanted).map(|(event, _)| (*event).to_owned()).collect();
    receiver.wait_for(wanted.len() * 2);
    setup.quiet();
    for id in ["crm", "lake"] {
        let seen = receiver.requests_for(&format!("/{id}"));
        let mut bodies: Vec<_> = seen.iter().map(|seen| String::from_utf8(seen.body.to_vec()).unwrap()).collect();
        let mut expected = wanted.clone();
        bodies.sort();
        expected.sort();
        assert_eq!(bodies, expected, "{id}");
        let own = format!("destination=\"{id}\"");
        for (reason, count) in [("filtered_by_integrations_object", 5.0), ("unsupported_event_type", 3.0)] {
            let labels = [own.as_str(), &format!("reason=\"{reason}\"")];
            assert_eq!(program.metric("webhooks_events_filtered_total", &labels), count, "{id}: {reason}");
        }
        assert_eq!(program.metric("webhooks_deliveries_created_total", &[&own]), wanted.len() as f64);
    }
    assert_eq!(setup.read("deliveries").len(), wanted.len() * 2, "nothing is made of what is filtered");
    program.stop();
}

#[test]
fn offsets_pass_where_nothing_is_wanted_at_all() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("filters-all");
    setup.destination("crm", receiver.url("/crm"), "");
    let program = setup.start_ready();
    setup.events(&[r#"{"type":"track","integrations":{"All":false}}"#; 50]);
    setup.passed("route", "events");
    assert_eq!(program.metric("webhooks_events_consumed_total", &[]), 50.0);
    assert_eq!(program.metric("webhooks_events_filtered_total", &[]), 50.0);
    assert!(setup.read("deliveries").is_empty());
    assert_eq!(receiver.connections(), 0);
    program.stop();
}
