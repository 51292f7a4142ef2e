//! The consumer accounts for everything: at quiet its counts agree with each other, with the topics and with the receiver.

use std::collections::BTreeSet;

use crate::support::audiences::{record, users};
use crate::support::cluster::Cluster;
use crate::support::program::{Program, Setup};
use crate::support::receiver::{Receiver, Reply};
use crate::support::states::PATIENCE;
use crate::support::topics::New;
use crate::support::wait::until_explained;

/// What the counters of a destination say, over all replicas.
#[derive(Debug)]
struct Account {
    created: f64,
    replayed: f64,
    delivered: f64,
    dead: f64,
    /// Begun waits that have not ended.
    waiting: f64,
}

impl Account {
    fn of(programs: &[&Program], id: &str) -> Self {
        let sum = |name: &str| {
            let own = [format!("destination=\"{id}\"")];
            let all = programs
                .iter()
                .map(|program| program.metric(&format!("webhooks_deliveries_{name}_total"), &[own[0].as_str()]));
            all.sum::<f64>()
        };
        Self {
            created: sum("created"),
            replayed: sum("replayed"),
            delivered: sum("delivered"),
            dead: sum("dead_lettered"),
            waiting: sum("delayed") - sum("returned"),
        }
    }

    fn holds(&self) {
        assert_eq!(self.created + self.replayed, self.delivered + self.dead + self.waiting, "{self:?}");
    }
}

/// What waits in Kafka, as the lags tell it.
fn lag(programs: &[&Program], setup: &Setup) -> f64 {
    let kinds = ["deliveries".to_owned()].into_iter().chain(setup.tiers.iter().map(|tier| format!("delays.{tier}")));
    let topics: Vec<String> = kinds.map(|kind| format!("topic=\"{}\"", setup.topic(&kind))).collect();
    let of = |program: &&Program| {
        topics.iter().map(|topic| program.metric("webhooks_kafka_lag_records", &[topic])).sum::<f64>()
    };
    programs.iter().map(of).sum()
}

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
        Account::of(&[&program], id).holds();
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

#[test]
fn what_waits_is_part_of_the_account_whoever_made_it_and_wherever_partitions_move() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("conserves-waiting").with_audiences();
    setup.restarts();
    setup.retries = "{ tiers: [100ms, 1h], give_up_after: 4h }".to_owned();
    setup.tiers = vec!["100ms", "1h"];
    setup.properties.push_str(", statistics.interval.ms: 200");
    receiver.script("/now-and-then", [503, 200, 200].map(Reply::status));
    receiver.script("/no", [Reply::status(404)]);
    receiver.script("/later", [Reply::status(429).header("retry-after", "3000")]);
    let ids = ["fine", "no", "now-and-then", "later", "slow", "told"];
    for id in ids.iter().take(4) {
        setup.destination(id, receiver.url(&format!("/{id}")), "");
    }
    // It holds much that is handed back when partitions move.
    receiver.answer_with("/slow", |_| Reply::status(200).after(std::time::Duration::from_millis(50)));
    setup.destination("slow", receiver.url("/slow"), ", max_in_flight: 1");
    setup.destination("told", receiver.url("/told"), ", max_in_flight: 2");
    receiver.answer_with("/told", |_| Reply::status(200).after(std::time::Duration::from_millis(50)));
    let first = setup.start_ready();
    setup.audiences(&users(0..30).map(|user| record("VIP", &user, true)).collect::<Vec<_>>());
    receiver.wait_for(30 * 5);
    setup.quiet_but_for(&["1h"], PATIENCE);

    // Told anew, replayed and made of events, all at once, while the partitions move to another replica and back.
    let output = setup.command(&["audiences", "sync", "told"]);
    assert!(output.status.success(), "{output:?}");
    let events: Vec<String> = (0..40).map(|number| format!(r#"{{"type":"track","messageId":"{number}"}}"#)).collect();
    setup.events(&events.iter().map(String::as_str).collect::<Vec<_>>());
    for number in 0..10 {
        let headers = vec![
            ("delivery-id", format!("dlv_{number:0>26}")),
            ("replays", "1".to_owned()),
            ("reason", "rejected".to_owned()),
        ];
        let value = Some(br#"{"type":"track"}"#.as_slice());
        setup.put("deliveries", New { key: Some(b"slow"), value, headers, ..New::default() });
    }
    // The embedded Kafka takes no commit while its group rebalances: there what moves may come again, and count twice.
    let second = matches!(setup.cluster, Cluster::Apache(_)).then(|| setup.start());
    second.iter().for_each(Program::ready);
    setup.quiet_but_for(&["1h"], PATIENCE);

    let both: Vec<&Program> = [&first].into_iter().chain(&second).collect();
    for id in ids {
        let account = Account::of(&both, id);
        account.holds();
        let synced = if id == "told" { 30.0 } else { 0.0 };
        let replayed = if id == "slow" { 10.0 } else { 0.0 };
        assert_eq!((account.created, account.replayed), (30.0 + 40.0 + synced, replayed), "{id}");
        let in_tiers = setup.waiting().iter().filter(|waits| waits.key_text() == id).count();
        assert_eq!(account.waiting, in_tiers as f64, "{id}");
        assert_eq!(account.waiting > 0.0, id == "later", "{id}");
    }
    let waiting: f64 = ids.iter().map(|id| Account::of(&both, id).waiting).sum();
    until_explained(
        || format!("a lag of {waiting}, it is {}", lag(&both, &setup)),
        PATIENCE,
        || (lag(&both, &setup) == waiting).then_some(()),
    );
    second.into_iter().chain([first]).for_each(Program::stop);
}
