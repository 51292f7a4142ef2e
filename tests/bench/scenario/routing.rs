//! Routing: many destinations look at every event, by a trigger of two conditions each that does not match, so that nothing
//! but reading and routing is done. What is counted is the CPU of the whole program, with one destination and with all.

use std::time::{Duration, Instant};

use crate::endpoint::{Behaviour, Endpoint, pause};
use crate::event::now_us;
use crate::failure::Failure;
use crate::measure::{CpuEach, Row, per_second};
use crate::options::Sizes;
use crate::producer::hold;
use crate::report::{Limit, Report};
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout};

const SCENARIO: &str = "routing";
const DESTINATIONS: usize = 1_000;
const MOST_US: f64 = 100.0;
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) fn routing(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let one = measure(broker, sizes, 1)?;
    let all = measure(broker, sizes, DESTINATIONS)?;
    let each = all.cpu_us.who;
    report.rows.extend([one, all]);
    let measure = format!("CPU µs per event, {DESTINATIONS} destinations with triggers of two conditions");
    report.bar(SCENARIO, &measure, (each, Limit::AtMost(MOST_US)));
    Ok(())
}

fn measure(broker: &Broker, sizes: &Sizes, destinations: usize) -> Result<Row, Failure> {
    let topics = broker.topics(Layout::STAYS)?;
    let mut endpoint = Endpoint::start(Behaviour::Fast)?;
    let ids: Vec<String> = (0..destinations).map(|number| format!("d-{number}")).collect();
    let trigger = |number: &usize| format!("trigger: 'type = \"track\" and properties.total < -{number}'");
    let triggers: Vec<String> = (0..destinations).map(|number| trigger(&(number + 1))).collect();
    let of = |(id, trigger)| Destination { mapping: Some(trigger), ..Destination::usual(id, &endpoint) };
    let all: Vec<Destination<'_>> =
        ids.iter().map(String::as_str).zip(triggers.iter().map(String::as_str)).map(of).collect();
    let mut subject = Subject::program(&topics, &all)?;
    drop(all);
    let run = endpoint.begin(sizes.warm_up)?;
    let mut expected = f64::from(sizes.warm_up);
    hold(&topics, run, sizes.warm_up)?.release()?;
    wait(&mut subject, &topics.events(), expected)?;

    let run = endpoint.begin(sizes.events)?;
    let held = hold(&topics, run, sizes.events)?;
    expected += f64::from(sizes.events);
    let (before, began) = (subject.cpu_time()?, now_us());
    held.release()?;
    wait(&mut subject, &topics.events(), expected)?;
    let who = (subject.cpu_time()? - before).each(sizes.events);
    Ok(Row {
        scenario: SCENARIO.to_owned(),
        who: format!("program, {destinations} destination(s), none matches"),
        deliveries: sizes.events,
        per_second: per_second(sizes.events, began, now_us()),
        peak_mb: subject.memory()?.peak,
        cpu_us: CpuEach { who, ..CpuEach::default() },
        ..Row::default()
    })
}

/// Asks seldom: what is asked costs the program time as well.
fn wait(subject: &mut Subject, topic: &str, expected: f64) -> Result<(), Failure> {
    let began = Instant::now();
    loop {
        let consumed = subject.consumed(topic);
        if consumed.is_some_and(|consumed| consumed >= expected) {
            return Ok(());
        }
        if began.elapsed() > PATIENCE || !subject.is_alive() {
            return Err(Failure::Said(format!("{consumed:?} events of {expected} were read")));
        }
        pause(Duration::from_millis(500));
    }
}
