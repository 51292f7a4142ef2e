//! The consumer accounts for everything: at quiet its counts agree with each other, with the topics and with the receiver.

use std::collections::BTreeSet;

use crate::support::program::Setup;
use crate::support::receiver::{Receiver, Reply};

#[test]
fn what_was_created_was_delivered_or_given_up_at_quiet() {
    let receiver = Receiver::start();
    receiver.script("/no", [Reply::status(404)]);
    receiver.script("/dead", [Reply::status(500)]);
    receiver.answer_with("/now-and-then", |seen| Reply::status(if seen.number % 3 == 0 { 503 } else { 200 }));
    let mut setup = Setup::local("conserves");
    for id in ["fine", "no", "dead", "now-and-then"] {
        // Else not every delivery would be tried.
        setup.destination(id, receiver.url(&format!("/{id}")), ", breaker: { after: 0 }");
    }
    let program = setup.start_ready();
    let events: Vec<String> = (0..40).map(|number| format!(r#"{{"type":"track","messageId":"{number}"}}"#)).collect();
    setup.events(&events.iter().map(String::as_str).collect::<Vec<_>>());
    program.counts("webhooks_deliveries_dead_lettered_total", &[r#"destination="dead""#], 40.0);
    setup.quiet();

    let dead = setup.read("dead-letters");
    for id in ["fine", "no", "dead", "now-and-then"] {
        let own = [format!("destination=\"{id}\"")];
        let own = [own[0].as_str()];
        let created = program.metric("webhooks_deliveries_created_total", &own);
        let delivered = program.metric("webhooks_deliveries_delivered_total", &own);
        let given_up = program.metric("webhooks_deliveries_dead_lettered_total", &own);
        assert_eq!(created, 40.0, "{id}");
        assert_eq!(created, delivered + given_up, "{id}");
        let letters = dead.iter().filter(|letter| letter.key_text() == id).count();
        assert_eq!(given_up, letters as f64, "{id}");
        let requests = receiver.requests_for(&format!("/{id}"));
        assert_eq!(program.metric("webhooks_attempts_total", &own), requests.len() as f64, "{id}");
        assert_eq!(program.metric("webhooks_attempt_duration_seconds_count", &own), requests.len() as f64);
        assert_eq!(program.metric("webhooks_delivery_latency_seconds_count", &own), delivered, "{id}");
        let ids: BTreeSet<_> = requests.iter().filter_map(|seen| seen.header("webhook-id")).collect();
        assert_eq!(ids.len(), 40, "{id}: every delivery was tried");
        assert_eq!(program.metric("webhooks_in_flight_requests", &own), 0.0, "{id}");
        assert_eq!(program.metric("webhooks_queued_deliveries", &own), 0.0, "{id}");
    }
    assert_eq!(program.metric("webhooks_delayed_deliveries", &[]), 0.0, "nothing waits");
    assert_eq!(program.metric("webhooks_kafka_produced_total", &[r#"result="failed""#]), 0.0);
    program.stop();
}
