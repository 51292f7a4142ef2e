//! Little to live on: few file descriptors, little memory, processors that others keep busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::scene::{Repeats, Scene, times};
use crate::support::cluster::Cluster;
use crate::support::note;
use crate::support::program::Program;

/// What a replica may use at most, in kB.
const MEMORY: u64 = 256 << 10;

/// Runs what follows with 80 descriptors, without those that the clients of other tests left open for every child.
const FEW_FILES: &str = r#"
for file in /proc/self/fd/*; do
    number=${file##*/}
    if ((number > 2)); then exec {number}>&-; fi
done
exec prlimit --nofile=80:80 "$@"
"#;

/// A figure of `/proc/PID/status` or the like, in its unit.
fn figure(program: &Program, file: &str, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/{file}", program.id())).unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line[name.len()..].split_whitespace().find_map(|word| word.parse().ok()).unwrap()
}

#[test]
fn eighty_file_descriptors_are_enough() {
    let scene = Scene::new(Cluster::start(), "descriptors", 0xfd64);
    scene.setup.create_topics();
    let program = scene.setup.start_by(&["bash", "-c", FEW_FILES, "few-files"], &[]);
    program.ready();
    assert_eq!(figure(&program, "limits", "Max open files"), 80);
    let acknowledged = scene.load_of((0, times(1_000, 20_000)), 1_000).finish();
    scene.settles(&acknowledged);
    let open = std::fs::read_dir(format!("/proc/{}/fd", program.id())).unwrap().count();
    scene.judge(&format!("80 descriptors, {open} open in the end"), &acknowledged, Repeats::None);
    program.stop();
}

#[test]
fn a_backlog_is_worked_off_in_256_mb() {
    let scene = Scene::new(Cluster::start(), "memory", 0x256);
    scene.setup.create_topics();
    // The embedded Kafka keeps 5 MiB of each partition.
    let acknowledged = scene.load_of((0, times(10_000, 20_000)), usize::MAX).finish();
    let program = scene.setup.start();
    scene.settles(&acknowledged);
    let peak = figure(&program, "status", "VmHWM:");
    scene.judge(&format!("a backlog in {} MB", peak >> 10), &acknowledged, Repeats::None);
    assert!(peak < MEMORY, "{peak} kB at the peak");
    program.stop();
}

/// Threads that compute for nothing until they are dropped: one for each processor.
struct Burners(Arc<AtomicBool>, Vec<JoinHandle<u64>>);

impl Burners {
    fn start() -> Self {
        let (on, processors) = (Arc::new(AtomicBool::new(true)), std::thread::available_parallelism().unwrap().get());
        let burn = |on: Arc<AtomicBool>| {
            let mut turns = 0_u64;
            while on.load(Ordering::Relaxed) {
                turns = std::hint::black_box(turns.wrapping_add(1));
            }
            turns
        };
        let threads = (0..processors).map(|_| on.clone()).map(|on| std::thread::spawn(move || burn(on))).collect();
        Self(on, threads)
    }

    /// Ends them, and answers how often each has turned.
    fn end(self) -> Vec<u64> {
        self.0.store(false, Ordering::Relaxed);
        self.1.into_iter().map(|thread| thread.join().unwrap()).collect()
    }
}

#[test]
fn busy_processors_lose_nothing() {
    let scene = Scene::new(Cluster::start(), "busy", 0xb_054);
    let program = scene.setup.start_ready();
    let burners = Burners::start();
    let acknowledged = scene.load_of((0, times(1_500, 30_000)), 500).finish();
    scene.settles(&acknowledged);
    let turns = burners.end();
    scene.judge("busy processors", &acknowledged, Repeats::None);
    note(&format!("  turns of the burners: {turns:?}"));
    assert!(turns.iter().all(|turns| *turns > 1_000_000), "{turns:?}");
    program.stop();
}
