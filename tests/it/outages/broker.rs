//! A broker that is killed and comes back, at once or after a while: no reason to stop, and nothing is lost.
//! Apache Kafka only.

use std::time::{Duration, Instant};

use super::scene::{RECOVERS_WITHIN, Repeats, Scene, is_full, is_unready};
use crate::support::cluster::Cluster;
use crate::support::skipped;
use crate::support::wait::holds;

/// Longer than a broker needs to come back at once, so that it finds the same members again.
const SESSION: &str = "session.timeout.ms: 30000, heartbeat.interval.ms: 500, fetch.wait.max.ms: 20";
const SESSION_TIME: Duration = Duration::from_secs(30);

/// How many seconds a broker stays away after each kill, besides what it needs to start.
fn absences() -> Vec<u64> {
    if is_full() { [vec![0; 20], vec![3; 3], vec![60; 3], vec![300; 3]].concat() } else { vec![0, 0, 3] }
}

#[test]
fn a_broker_that_is_killed_under_load_and_comes_back_finds_the_same_process_at_work() {
    let Some(cluster) = Cluster::own_apache() else { return skipped("a broker killed under load") };
    let mut scene = Scene::new(cluster, "broker", 0xb_20c4);
    scene.setup.properties = SESSION.to_owned();
    let mut program = scene.setup.start_ready();
    let load = scene.load(300);
    for seconds in absences() {
        scene.goes_on(300);
        let began = Instant::now();
        scene.setup.cluster.broker().kill().unwrap();
        is_unready(&program, "no kafka broker can be reached");
        holds("waiting", Duration::from_secs(seconds), || program.is_running());
        assert_eq!(program.get("/healthz").unwrap().0, 200, "waiting is no illness");
        scene.setup.cluster.broker().restart().unwrap();
        if began.elapsed() < SESSION_TIME {
            scene.recovers(began, &load);
        } else {
            // Our members are new ones by now, and the broker, which remembers the old ones, waits for those first.
            scene.recovers_in_time(RECOVERS_WITHIN + SESSION_TIME, began, &load);
        }
        program.ready();
    }
    scene.ends("a broker killed and restarted", load, Repeats::AroundFaults);
    program.stop();
}
