//! A destination that was down, has a great many deliveries waiting and comes back: the wave of returning records until the
//! last of them is delivered, within the destination's own limits, and a healthy one in the same partition meanwhile.
//! The measurement lasts as long as the wave.

use std::time::{Duration, Instant};

use super::super::open::Load;
use super::super::place::{HEALTHY, in_the_same_partition};
use super::super::tries::Tries;
use super::SCENARIO;
use crate::endpoint::{Behaviour, Endpoint, pause};
use crate::failure::Failure;
use crate::measure::{Row, per_second};
use crate::options::{Outage, Sizes};
use crate::producer::hold;
use crate::receiver::tally::Counts;
use crate::report::{Limit, Report};
use crate::subject::{Destination, Subject};
use crate::topics::{Broker, Layout};

/// What it takes for each request once it is back, so that those under way meet.
const ANSWERS_AFTER: Duration = Duration::from_millis(5);

/// From its return until the wave flows: a probe and a stay in a delay.
const PATIENCE: Duration = Duration::from_secs(240);

/// The longest that a wave may take.
const LONGEST_SECONDS: u32 = 300;

/// Who comes back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Returning {
    pub(super) outage: Outage,
    pub(super) in_flight: u32,
    /// Requests per second.
    pub(super) rate_limit: Option<u32>,
}

impl Returning {
    pub(super) fn judge(self, tries: Tries, (broker, sizes): (&Broker, &Sizes), report: &mut Report) {
        let limit = self.rate_limit.map_or_else(String::new, |rate| format!(" at {rate}/s"));
        let who = format!("{} returning{limit}", self.outage.waiting);
        let mut last = None;
        tries.judge(&format!("healthy beside {who}"), report, || {
            let (row, counts) = self.measure(broker, sizes)?;
            last = Some(counts);
            Ok(row)
        });
        let Some(counts) = last else { return };
        let most_at_once = (counts.most_at_once.into(), Limit::AtMost(self.in_flight.into()));
        report.bar(SCENARIO, &format!("requests at once, {who}"), most_at_once);
        if let Some(rate) = self.rate_limit {
            // A second of the receiver's clock is not quite one of the sender's.
            let busiest = (counts.busiest_second.into(), Limit::AtMost(f64::from(rate) * 1.05));
            report.bar(SCENARIO, &format!("requests in the busiest second, {who}"), busiest);
        }
        let drained = per_second(counts.distinct, counts.first_us, counts.last_us);
        report.rows.push(Row { per_second: drained, ..Row::of(SCENARIO, &who, counts) });
    }

    /// The healthy one's figures while the wave flows, and what came of the wave.
    fn measure(self, broker: &Broker, sizes: &Sizes) -> Result<(Row, Counts), Failure> {
        let layout = Layout { tiers: self.outage.tiers, ..Layout::USUAL };
        let topics = broker.topics(layout)?;
        let mut healthy = Endpoint::start(Behaviour::Fast)?;
        let mut back = Endpoint::start(Behaviour::DownThenAfter(ANSWERS_AFTER))?;
        let (id, terms) = (in_the_same_partition(layout)?, self.terms());
        let usual = Destination::usual(&id, &back);
        let bad = Destination { terms: &terms, in_flight: self.in_flight as usize, ..usual };
        let mut subject = Subject::program(&topics, &[Destination::usual(HEALTHY, &healthy), bad])?;

        let waiting = self.outage.waiting;
        let run = healthy.begin(waiting)?;
        back.expect(run, waiting)?;
        hold(&topics, run, waiting)?.release()?;
        let _counts = healthy.all(waiting, || subject.is_alive())?;
        // All but one, the next probe, wait in a delay.
        let put_off = |count: f64| count >= f64::from(waiting - 1);
        subject.wait_for(("webhooks_deliveries_delayed_total", &id), put_off, PATIENCE)?;
        back.come_up()?;
        let seconds = LONGEST_SECONDS;
        let load = Load { broker, topics: &topics, per_second: sizes.beside, seconds };
        let producer = load.warm_up(&mut subject, &mut healthy)?;
        self.wait_for_the_wave(&mut back, &mut subject)?;

        let mut looked = Instant::now();
        let row = load.measure_until(&producer, (&mut subject, &mut healthy), || {
            if looked.elapsed() < Duration::from_millis(100) {
                return Ok(false);
            }
            looked = Instant::now();
            Ok(back.counts()?.distinct >= waiting)
        })?;
        Ok((row, back.all(waiting, || subject.is_alive())?))
    }

    fn terms(self) -> String {
        let limit = self.rate_limit.map(|rate| format!("rate_limit: {rate}"));
        let breaker = Some(self.outage.breaker.to_owned()).filter(|breaker| !breaker.is_empty());
        [breaker, limit].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Until the first of those that waited have come, a few in a thousand.
    fn wait_for_the_wave(self, back: &mut Endpoint, subject: &mut Subject) -> Result<(), Failure> {
        let began = Instant::now();
        while back.counts()?.distinct <= self.outage.waiting / 500 {
            if began.elapsed() > PATIENCE || !subject.is_alive() {
                return Err(Failure::Said("what waited does not come back".to_owned()));
            }
            pause(Duration::from_millis(20));
        }
        Ok(())
    }
}
