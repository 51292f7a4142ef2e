//! A clock that is wrong, and one that is set while the consumer works: nothing is lost, nothing expires too early.
//! Only the consumer sees that clock, by way of a small library in C (`clock.c`), which the compiler makes that made
//! librdkafka; only Apache Kafka stamps records, by which the clock is found out.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::scene::{PATIENCE, Repeats, Scene, is_unready, times};
use crate::support::cluster::Cluster;
use crate::support::load::Rng;
use crate::support::{note, skipped};

const SEED: u64 = 0xc_10c;
const LIBRARY: &str = include_str!("clock.c");

/// The clock of one program.
struct Clock {
    file: PathBuf,
    library: PathBuf,
}

impl Clock {
    /// A clock that is right.
    fn new(scene: &Scene) -> Self {
        let folder = scene.setup.folder.path();
        let (text, library) = (folder.join("clock.c"), folder.join("clock.so"));
        std::fs::write(&text, LIBRARY).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o"]);
        let made = compiler.arg(&library).arg(&text).arg("-ldl").output();
        let made = made.expect("cc is missing; install it with: apt-get install gcc libc6-dev");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let clock = Self { file: folder.join("shift"), library };
        File::create(&clock.file).unwrap();
        clock.is_off(0.0);
        clock
    }

    /// From now on it is so many seconds ahead.
    fn is_off(&self, seconds: f64) {
        let ms = (seconds * 1000.0).round() as i64;
        // All eight bytes at once: nobody reads half a time.
        File::options().write(true).open(&self.file).unwrap().write_all_at(&ms.to_ne_bytes(), 0).unwrap();
    }

    fn variables(&self) -> [(&str, &str); 2] {
        [("LD_PRELOAD", self.library.to_str().unwrap()), ("CLOCK_SHIFT", self.file.to_str().unwrap())]
    }
}

#[test]
fn a_wrong_clock_loses_nothing_and_nothing_expires_by_it() {
    let Some(cluster) = Cluster::apache() else { return skipped("a wrong clock") };
    let mut scene = Scene::new(cluster, "clock", SEED);
    let clock = Clock::new(&scene);
    scene.setup.create_topics();
    let start = || {
        let program = scene.setup.start_by(&[], &clock.variables());
        program.ready();
        program
    };
    let load = scene.load(200);
    // Set while the consumer works, and wrong from its start. It is not set back under it: librdkafka has waits that go by the
    // time of day, and one that has just begun would last for hours.
    for (hours, when) in [(5.0, "set at work"), (-1.0, "from the start"), (5.0, "from the start")].repeat(times(1, 3)) {
        let program = if when == "set at work" {
            let program = start();
            scene.goes_on(300);
            clock.is_off(hours * 3600.0);
            program
        } else {
            clock.is_off(hours * 3600.0);
            scene.setup.start_by(&[], &clock.variables())
        };
        let said = is_unready(&program, "clock: ");
        let took = scene.catches_up(&load, PATIENCE);
        // Dead letters too are written by a consumer whose clock is ahead, and Kafka takes nothing from the future.
        let before = program.metric("webhooks_deliveries_dead_lettered_total", &[]);
        program.counts("webhooks_deliveries_dead_lettered_total", &[], before + 2.0);
        note(&format!("  {hours:+} h, {when}: {}; caught up in {took:.1?}", said.trim()));
        program.stop();
        clock.is_off(0.0);
    }
    let program = start();
    let (mut rng, began) = (Rng::new(SEED), Instant::now());
    for _ in 0..times(30, 300) {
        scene.goes_on(20);
        clock.is_off(rng.within(0..21) as f64 / 10.0 - 1.0);
    }
    program.ready();
    scene.recovers(began, &load);
    scene.ends("a wrong clock", load, Repeats::None);
    // A clock that is set lets a wait end too early by as much as it was set forward, until the next append tells.
    let waits = scene.waits_of_retries();
    let early = waits.iter().filter(|wait| **wait < Duration::from_millis(100)).count();
    note(&format!("  {} retries, {early} of them too early", waits.len()));
    assert!(early < waits.len() / 4, "{early} of {} waits ended too early", waits.len());
    program.stop();
}
