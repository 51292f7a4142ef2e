//! One destination is down and a great many deliveries wait for it, with breaker and tiers as they come: they go round in
//! the delays, from the shortest to longer ones, and memory stays as it is. Where each is attempted is `failing`.

use std::time::{Duration, Instant};

use crate::endpoint::{Behaviour, Endpoint, pause};
use crate::event::now_us;
use crate::failure::Failure;
use crate::measure::{Row, per_second};
use crate::note;
use crate::options::Sizes;
use crate::producer::hold;
use crate::report::{Limit, Report};
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout};

const SCENARIO: &str = "one-down";
const DOWN: &str = "down";
const MOST_MB: f64 = 250.0;

/// How long all of them may take to be put off once.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn one_down(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let topics = broker.topics(Layout::USUAL)?;
    let mut endpoint = Endpoint::start(Behaviour::DownThenAfter(Duration::ZERO))?;
    let mut subject = Subject::program(&topics, &[Destination::usual(DOWN, &endpoint)])?;
    let waiting = sizes.waiting;
    let run = endpoint.begin(waiting)?;
    let began = hold(&topics, run, waiting)?.release()?;
    let put_off = |share: u32| move |count: f64| count >= f64::from(waiting / share - 1);
    let delayed = ("webhooks_deliveries_delayed_total", DOWN);
    subject.wait_for(delayed, put_off(5), PATIENCE)?;
    let with_a_fifth = subject.memory()?.now;
    subject.wait_for(delayed, put_off(1), PATIENCE)?;
    let ended = now_us();
    let thirds = [(); 3].map(|()| most_within(&subject, Duration::from_secs((3 * sizes.seconds).into())));
    let [first, second, last] = thirds;
    let (first, second, last) = (first?, second?, last?);
    note(&format!("  {with_a_fifth:.0} MB with a fifth, then {first:.0}, {second:.0}, {last:.0} MB"));
    let measure = |what: &str| format!("resident MB with {waiting} waiting, {what}");
    let peak = subject.memory()?.peak;
    report.bar(SCENARIO, &measure("peak"), (peak, Limit::AtMost(MOST_MB)));
    report.bar(SCENARIO, &measure("last third of a while ÷ first"), (last / first, Limit::AtMost(1.1)));
    report.rows.push(Row {
        scenario: SCENARIO.to_owned(),
        who: "program".to_owned(),
        deliveries: waiting,
        per_second: per_second(waiting, began, ended),
        peak_mb: peak,
        ..Row::default()
    });
    Ok(())
}

/// The most memory that is seen in a stretch of time.
fn most_within(subject: &Subject, time: Duration) -> Result<f64, Failure> {
    let began = Instant::now();
    let mut most = 0.0_f64;
    while began.elapsed() < time {
        most = most.max(subject.memory()?.now);
        pause(Duration::from_millis(250));
    }
    Ok(most)
}
