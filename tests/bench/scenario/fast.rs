//! A receiver that answers at once, and one that takes 50 ms: how much gets through, and what it costs.
//! In `fast` the yardsticks take turns with the program, so that a noisy minute falls on all of them.

use std::time::Duration;

use super::closed::{Closed, Who};
use crate::bare::Kind;
use crate::endpoint::{Behaviour, Endpoint};
use crate::failure::Failure;
use crate::measure::{Parties, Row, per_second};
use crate::note;
use crate::options::Sizes;
use crate::report::{Limit, Report};
use crate::subject::{IN_FLIGHT, Subject};
use crate::topics::Broker;

const FAST: &str = "fast";
const SLOW: &str = "latency-50ms";

pub(super) fn fast(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let takes = what_the_receiver_takes(sizes)?;
    let turns = [Who::Bare(Kind::Hyper), Who::Program, Who::Bare(Kind::Reqwest), Who::Bare(Kind::Hop)];
    let mut rounds = turns.map(|who| (who, Vec::new()));
    for _ in 0..sizes.rounds {
        for (who, rows) in &mut rounds {
            let closed = Closed { scenario: FAST, who: *who, behaviour: Behaviour::Fast, in_flight: IN_FLIGHT };
            let row = closed.measure(broker, sizes)?;
            note(&format!("  round: {} {:.0}/s, {:.1} µs", row.who, row.per_second, row.cpu_us.who));
            rows.push(row);
        }
    }
    let [hyper, program, bare, hop] = rounds.map(|(_, rows)| {
        let median = Row::median(&rows);
        report.rounds.extend(rows);
        median
    });
    let rate = |of: &Row| program.per_second / of.per_second;
    let cpu = |of: &Row| program.cpu_us.who / of.cpu_us.who;
    for (measure, figure) in [
        ("rate ÷ bare (issue 4)", (rate(&bare), Limit::AtLeast(0.3))),
        ("CPU ÷ bare (issue 4)", (cpu(&bare), Limit::AtMost(4.0))),
        ("rate ÷ bare-hyper (later)", (rate(&hyper), Limit::AtLeast(0.5))),
        ("CPU ÷ bare-hyper (later)", (cpu(&hyper), Limit::AtMost(2.2))),
        // The receiver has one thread: near 1 it would be what limits, not who sends.
        ("receiver's share of a core, bare-hyper", (share_of_a_core(&hyper), Limit::AtMost(0.8))),
    ] {
        report.bar(FAST, measure, figure);
    }
    report.rows.extend([program, bare, hop, hyper, takes]);
    Ok(())
}

pub(super) fn latency_50ms(broker: &Broker, sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    const DELAY: Duration = Duration::from_millis(50);
    const UNDER_WAY: u32 = 1_000;
    for who in [Who::Program, Who::Bare(Kind::Hyper)] {
        let closed = Closed { scenario: SLOW, who, behaviour: Behaviour::After(DELAY), in_flight: UNDER_WAY as usize };
        let row = closed.measure(broker, sizes)?;
        let possible = f64::from(UNDER_WAY) / DELAY.as_secs_f64();
        if matches!(who, Who::Program) {
            report.bar(SLOW, "rate ÷ (under way ÷ 50 ms)", (row.per_second / possible, Limit::AtLeast(0.9)));
        }
        report.rows.push(row);
    }
    Ok(())
}

fn share_of_a_core(row: &Row) -> f64 {
    row.per_second * row.cpu_us.receiver / 1e6
}

/// What the receiver takes from the cheapest client, with no Kafka anywhere.
fn what_the_receiver_takes(sizes: &Sizes) -> Result<Row, Failure> {
    let mut endpoint = Endpoint::start(Behaviour::Fast)?;
    endpoint.begin(sizes.events)?;
    let mut subject = Subject::wire(&endpoint, sizes.events)?;
    let window = Parties { broker: None, subject: &subject, endpoint: &endpoint }.open()?;
    let counts = endpoint.all(sizes.events, || subject.is_alive())?;
    let parties = Parties { broker: None, subject: &subject, endpoint: &endpoint };
    Ok(Row {
        cpu_us: parties.close(&window, sizes.events)?,
        per_second: per_second(counts.distinct, counts.first_us, counts.last_us),
        peak_mb: subject.memory()?.peak,
        ..Row::of(FAST, Who::Bare(Kind::Wire).name(), counts)
    })
}
