//! The run that is watched: destinations of all tempers, replicas that come and go, and what is written for them.
//!
//! A replica that ends takes along what it counted after its last scrape. So the one that leaves does so while nothing is
//! under way: then its counts are known to Prometheus to the last one, and sums over the run are exact.

use std::time::{Duration, Instant};

use super::{figures, rules};
use crate::compose::file::text;
use crate::support::audiences::{record, users};
use crate::support::cluster::Cluster;
use crate::support::load::{Acknowledged, Events, Load, Pace};
use crate::support::oracle::{Answer, Ledger};
use crate::support::program::{Program, Setup};
use crate::support::prometheus::{Prometheus, now};
use crate::support::receiver::Receiver;
use crate::support::wait::until;

const PATIENCE: Duration = Duration::from_secs(60);
const PER_SECOND: usize = 20;
const PARTITIONS: i32 = 6;
/// Nothing comes back from it while the test runs.
pub(super) const LONG: &str = "10m";

/// No event at all.
pub(super) const MALFORMED: [&str; 3] = ["", "no JSON", r#"{"event":"without a type"}"#];
/// Events that nobody wants.
const UNWANTED: [&str; 2] =
    [r#"{"type":"track","integrations":{"All":false}}"#, r#"{"type":"screen","integrations":{"Webhooks":false}}"#];

/// The one that is told of audiences.
pub(super) const TOLD: &str = "crm";
/// The one whose port nobody listens at, so that there is no receiver to ask.
pub(super) const GONE: &str = "gone";

/// The one that gets batches of what a mapping makes of events.
const BULK: &str = "bulk";

/// Destinations, and what sets them apart; how each is answered says `answer`.
const DESTINATIONS: [(&str, &str); 8] = [
    (TOLD, ""),
    // Slow, now and then too slow.
    ("lake", ", max_in_flight: 20, audiences: none"),
    ("flapping", ", breaker: { after: 10, probe: 250ms, probe_max: 500ms }, audiences: none"),
    ("dead", ", max_attempts: 3, breaker: { after: 0 }, audiences: none"),
    ("refuses", ", audiences: none"),
    // Asks for more rest than the run takes.
    ("closed", ", audiences: none"),
    (BULK, ", max_in_flight: 2"),
    (GONE, ", give_up_after: 6s, breaker: { after: 5, probe: 500ms, probe_max: 1s }, audiences: none"),
];

/// All destinations.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    DESTINATIONS.iter().map(|(id, _)| *id)
}

/// What a receiver answers a delivery that came so often before.
fn answer(destination: &str, age: Duration, (delivery, before): (&str, usize)) -> Answer {
    match destination {
        "crm" => Answer::ok().after_ms(5),
        "lake" if before == 0 && delivery.ends_with(['a', 'b']) => Answer::status(504).after_ms(8_000),
        "lake" => Answer::ok().after_ms(250),
        // Never so often that the long tier is reached.
        "flapping" if before < 2 && age.as_millis() % 6_000 < 1_500 => Answer::status(503),
        "flapping" => Answer::ok().after_ms(20),
        "bulk" if age.as_millis() % 6_000 < 500 => Answer::status(503),
        "bulk" => Answer::ok().after_ms(20),
        "refuses" => Answer::status(404),
        "closed" => Answer::status(429).retry_after(590),
        _ => Answer::status(503),
    }
}

/// What runs, and what was written.
pub(super) struct Scene {
    pub(super) setup: Setup,
    pub(super) prometheus: Prometheus,
    pub(super) ledger: Ledger,
    pub(super) acknowledged: Acknowledged,
    /// How often the malformed and the unwanted were written.
    pub(super) rounds: usize,
    /// When Prometheus first saw all replicas, in seconds since 1970.
    pub(super) began: f64,
    /// Since when no replica came or went; all was quiet then.
    pub(super) settled: f64,
    /// When all was quiet again.
    pub(super) ended: f64,
    replicas: Vec<Program>,
    _receiver: Receiver,
}

impl Scene {
    /// Two replicas with nothing to do yet, and a Prometheus that sees them.
    pub(super) fn start(cluster: Cluster) -> Self {
        let receiver = Receiver::start();
        let began = Instant::now();
        let ledger = Ledger::on(&receiver, move |seen, before| {
            let delivery = seen.header("webhook-id").unwrap_or_default();
            answer(seen.path.trim_start_matches('/'), began.elapsed(), (delivery, before))
        });
        let mut setup = Setup::local_on(cluster, "truth").with_audiences();
        setup.partitions = PARTITIONS;
        setup.tiers = vec!["500ms", "1s", "2s", LONG];
        setup.retries = format!("{{ tiers: [{}], give_up_after: 4h }}", setup.tiers.join(", "));
        for (id, keys) in DESTINATIONS {
            let url =
                if id == GONE { "http://127.0.0.1:1/gone".to_owned() } else { receiver.url(&format!("/{id}")).into() };
            if id == BULK {
                let mapping =
                    format!("trigger: 'type = \"track\"', url: \"{url}\", enable_batching: true, batch_size: 10");
                setup.mappings(id, &[&mapping], keys);
            } else {
                setup.destination(id, url, keys);
            }
        }
        setup.create_topics();
        let replicas = vec![setup.start(), setup.start()];
        let prometheus = Prometheus::start(&job(), &rules::files());
        replicas.iter().for_each(Program::ready);
        prometheus.watch(&replicas);
        let scene = Self {
            setup,
            prometheus,
            ledger,
            acknowledged: Acknowledged::new(),
            rounds: 0,
            began: now(),
            settled: now(),
            ended: now(),
            replicas,
            _receiver: receiver,
        };
        scene.is_shared();
        scene
    }

    /// The whole run: traffic for two, for three, and for two again.
    pub(super) fn play(&mut self) {
        let load = self.write(600);
        until("a good deal of events", PATIENCE, || (load.acknowledged() >= 250).then_some(()));
        self.replicas.push(self.setup.start());
        self.is_shared();
        self.prometheus.watch(&self.replicas);
        self.acknowledged.extend(load.finish());
        self.quiet();
        self.prometheus.catches_up();

        self.replicas.remove(0).stop();
        self.prometheus.watch(&self.replicas);
        self.is_shared();
        self.settled = self.agrees();
        let load = self.write(200);
        self.acknowledged.extend(load.finish());
        self.quiet();
        self.ended = self.agrees();
    }

    /// Ends all replicas in good order.
    pub(super) fn stop(self) {
        self.replicas.into_iter().for_each(Program::stop);
    }

    /// Begins to write so many more events, and writes a round of everything else.
    fn write(&mut self, count: usize) -> Load {
        let pace = Pace { first: self.acknowledged.len(), count, per_second: PER_SECOND };
        let load = Load::start(&self.setup, Events { seed: 0x7e11 }, pace);
        self.setup.events(&[MALFORMED.as_slice(), &UNWANTED].concat());
        // Of the second round, some are known already, some leave, and some are new.
        let inside = self.rounds * 10..self.rounds * 10 + 40;
        let mut records: Vec<String> = users(inside).map(|user| record("Big Spenders", &user, true)).collect();
        records.extend(users(0..self.rounds * 10).map(|user| record("Big Spenders", &user, false)));
        records.push(format!(
            r#"{{"type":"identify","userId":"u1","traits":{{"ltv":{}}},"context":{{"personas":{{"computation_class":"trait","computation_key":"ltv"}}}}}}"#,
            self.rounds
        ));
        self.setup.audiences(&records);
        self.rounds += 1;
        load
    }

    /// Waits until Prometheus tells the truth, and its rules have seen it, and answers when that was.
    fn agrees(&self) -> f64 {
        figures::agree(self);
        self.prometheus.catches_up();
        now()
    }

    /// Waits until nothing is under way but what waits for long.
    fn quiet(&self) {
        self.setup.quiet_but_for(&[LONG], PATIENCE);
    }

    /// Waits until each replica has a share of the deliveries, and none is nobody's.
    fn is_shared(&self) {
        until("the replicas to share the partitions", PATIENCE, || {
            let label = ["stage=\"deliver\""];
            let assigned = self.replicas.iter().map(|own| own.metric("webhooks_kafka_assigned_partitions", &label));
            let assigned: Vec<f64> = assigned.collect();
            let all = assigned.iter().sum::<f64>() == f64::from(PARTITIONS);
            (all && assigned.iter().all(|own| *own > 0.0)).then_some(())
        });
    }
}

/// Under which name the Prometheus of the compose file knows the replicas.
fn job() -> String {
    let configuration: serde_json::Value = serde_saphyr::from_str(&text("grafana/compose/prometheus.yml")).unwrap();
    configuration["scrape_configs"][0]["job_name"].as_str().unwrap().to_owned()
}
