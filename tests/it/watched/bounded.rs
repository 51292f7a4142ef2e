//! However many destinations there are and whatever receivers answer, `/metrics` is bounded, and cheap to answer.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::support::note;
use crate::support::program::{Program, Setup};
use crate::support::receiver::{Receiver, Reply};
use crate::support::states::PATIENCE;
use crate::support::wait::until;

const EVENT: &str = r#"{"type":"track"}"#;
const MANY: usize = 500;

/// The processor time a process took so far.
fn cpu(program: &Program) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", program.id())).unwrap();
    let fields: Vec<&str> = text.rsplit_once(") ").unwrap().1.split(' ').collect();
    // User and system time, in hundredths of a second.
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// The values of a label.
fn values(page: &str, label: &str) -> BTreeSet<String> {
    let begin = format!("{label}=\"");
    let found = page.lines().filter_map(|line| line.split_once(&begin)?.1.split('"').next());
    found.map(str::to_owned).collect()
}

#[test]
fn five_hundred_destinations_make_a_page_that_is_small_and_cheap() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("many");
    for number in 0..MANY {
        setup.destination(&format!("destination-number-{number}"), receiver.url("/hook"), "");
    }
    let program = setup.start_ready();
    setup.events(&[EVENT]);
    receiver.wait_for(MANY);
    setup.quiet();
    let page = program.get("/metrics").unwrap().1;
    let names = values(&page, "destination");
    assert_eq!(names.len(), 203, "200 of their own, and other, none and unknown");
    assert!(names.contains("destination-number-199") && !names.contains("destination-number-200"));
    let of = |name: &str, id: &str| program.metric(name, &[&format!("destination=\"{id}\"")]);
    assert_eq!(program.metric("webhooks_destinations_folded", &[]), 300.0);
    for name in ["webhooks_deliveries_created_total", "webhooks_deliveries_delivered_total", "webhooks_attempts_total"]
    {
        assert_eq!((of(name, "destination-number-0"), of(name, "other")), (1.0, 300.0), "{name}");
    }
    assert_eq!(of("webhooks_in_flight_limit", "other"), 300.0 * 100.0);

    let took = || {
        let began = Instant::now();
        program.get("/metrics").unwrap();
        began.elapsed()
    };
    // The best of a few, or of some more where the machine has other work.
    let mut best = (0..10).map(|_| took()).min().unwrap();
    until("a quick answer", PATIENCE, || {
        best = best.min(took());
        (best < Duration::from_millis(100)).then_some(())
    });
    let idle = {
        let (before, began) = (cpu(&program), Instant::now());
        until("a while", PATIENCE, || (began.elapsed() > Duration::from_secs(2)).then_some(()));
        (cpu(&program) - before).as_secs_f64() / began.elapsed().as_secs_f64()
    };
    let (before, began) = (cpu(&program), Instant::now());
    for _ in 0..20 {
        took();
    }
    let all = (cpu(&program) - before).as_secs_f64() - idle * began.elapsed().as_secs_f64();
    note(&format!(
        "/metrics of {MANY} destinations: {} bytes, best of ten {best:?}, CPU of a scrape {:.1} ms, idle {:.1} % of a core",
        page.len(),
        all / 20.0 * 1e3,
        idle * 1e2,
    ));
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    // Half a percent of a core, scraped every 15 s, is 75 ms, which a build for release must keep to; a debug build takes
    // nearly as much, and more on a machine with other work.
    assert!(all / 20.0 < 0.15, "{all} s of CPU for 20 scrapes");
    program.stop();
}

#[test]
fn a_status_nobody_knows_makes_no_series() {
    let receiver = Receiver::start();
    receiver.script("/crm", [200, 999, 599, 777].map(Reply::status));
    let mut setup = Setup::local("odd-status");
    setup.destination("crm", receiver.url("/crm"), ", breaker: { after: 0 }");
    let program = setup.start_ready();
    let labels = |program: &Program| {
        let page = program.get("/metrics").unwrap().1;
        ["destination", "outcome", "reason", "cause", "tier"].map(|label| values(&page, label))
    };
    let before = labels(&program);
    setup.events(&[EVENT; 4]);
    program.counts("webhooks_attempts_total", &[], 4.0);
    assert_eq!(labels(&program), before);
    assert!(!before[1].iter().any(|outcome| outcome.contains(|c: char| c.is_ascii_digit())), "{before:?}");
    program.stop();
}
