//! A first sync of an audience that no destination wants, so that only memberships are made; then the process is killed and
//! another one restores them: how long that takes, from its first partition to its last, and how much memory it holds.

use std::time::{Duration, Instant};

use crate::endpoint::{Behaviour, Endpoint, pause};
use crate::event::now_us;
use crate::failure::Failure;
use crate::measure::{Row, per_second};
use crate::options::Sizes;
use crate::producer::members;
use crate::report::{Limit, Report};
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout};

const SCENARIO: &str = "memberships";
const HELD: &str = "webhooks_memberships";
const RESTORING: &str = "webhooks_memberships_restoring";
const MOST_SECONDS: f64 = 20.0;
const MOST_MB: f64 = 300.0;

/// A sync, and what it takes Kafka to notice that a process is gone.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) fn memberships(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let topics = broker.topics(Layout::USUAL)?;
    let endpoint = Endpoint::start(Behaviour::Fast)?;
    let destination = || Destination { terms: "audiences: none", ..Destination::usual("nobody", &endpoint) };
    let row = |who: &str, (began, ended): (u64, u64), peak_mb: f64| Row {
        scenario: SCENARIO.to_owned(),
        who: who.to_owned(),
        deliveries: sizes.members,
        per_second: per_second(sizes.members, began, ended),
        peak_mb,
        ..Row::default()
    };

    let mut first = Subject::program(&topics, &[destination()])?;
    let began = now_us();
    members(&topics, sizes.members)?;
    holds(&mut first, sizes.members)?;
    report.rows.push(row("first sync, from producing", (began, now_us()), first.memory()?.peak));
    drop(first);

    let mut next = Subject::starting(&topics, &[destination()])?;
    let restored = restored(&mut next, sizes.members)?;
    let peak = next.memory()?.peak;
    report.rows.push(row("restored by another process", restored, peak));
    let (began, ended) = restored;
    let seconds = Duration::from_micros(ended - began).as_secs_f64();
    let measure = |what: &str| format!("{what} of a restore of {}", sizes.members);
    report.bar(SCENARIO, &measure("seconds"), (seconds, Limit::AtMost(MOST_SECONDS)));
    report.bar(SCENARIO, &measure("resident MB, peak"), (peak, Limit::AtMost(MOST_MB)));
    Ok(())
}

fn holds(subject: &mut Subject, members: u32) -> Result<(), Failure> {
    wait(subject, "memberships", |subject| (subject.gauge(HELD)? >= f64::from(members)).then_some(()))
}

/// When the first partition came, and when all was restored.
fn restored(subject: &mut Subject, members: u32) -> Result<(u64, u64), Failure> {
    let began = wait(subject, "partitions to restore", |subject| {
        (subject.gauge(RESTORING)? > 0.0 || subject.gauge(HELD)? > 0.0).then(now_us)
    })?;
    let ended = wait(subject, "the end of the restore", |subject| {
        (subject.gauge(RESTORING)? == 0.0 && subject.gauge(HELD)? >= f64::from(members)).then(now_us)
    })?;
    Ok((began, ended))
}

fn wait<T>(subject: &mut Subject, what: &str, found: impl Fn(&Subject) -> Option<T>) -> Result<T, Failure> {
    let began = Instant::now();
    loop {
        if let Some(found) = found(subject) {
            return Ok(found);
        }
        if began.elapsed() > PATIENCE || !subject.is_alive() {
            let held = subject.gauge(HELD);
            return Err(Failure::Said(format!("waited for {what}; {held:?} memberships are held")));
        }
        pause(Duration::from_millis(50));
    }
}
