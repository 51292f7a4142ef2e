//! What really happened to each delivery, as someone sees it who watches Kafka and the receivers: the truth by which
//! commits, appends and attempts are judged. The cores never see it.

use std::collections::HashMap;

use bytes::Bytes;
use kafka_webhooks::delivery::id::DeliveryId;
use kafka_webhooks::kafka::record::Append;

use crate::life::{Course, Hop, Life, before};
use crate::log::Log;
use crate::places::{DEAD, PARTITIONS, Slot, wait_of};
use crate::stage::Stage;
use crate::violation::{Checked, Invariant, hold};

/// All deliveries.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) courses: Vec<Course>,
    /// Deliveries that have not ended, by receiver.
    open: HashMap<usize, usize>,
}

impl Facts {
    /// A new delivery; its id is a function of its number, its value says it.
    pub(crate) fn create(&mut self, receiver: usize) -> Life {
        let number = self.courses.len();
        let text = format!("dlv_{number:026}");
        let id = DeliveryId::parse(&text).expect("26 digits are an id");
        let value = Bytes::from(format!("{{\"n\":{number:06}}}"));
        let (hops, outcomes) = (vec![Hop::default()], Vec::new());
        self.courses.push(Course {
            receiver,
            id,
            text,
            value,
            hops,
            costed: 0,
            outcomes,
            too_large: false,
            ended: false,
        });
        *self.open.entry(receiver).or_default() += 1;
        Life { delivery: number as u32, hops: 0 }
    }

    /// Deliveries of a receiver that have not ended.
    pub(crate) fn open(&self, receiver: usize) -> usize {
        self.open.get(&receiver).copied().unwrap_or(0)
    }

    /// Notes that a delivery was delivered or given up.
    pub(crate) fn end(&mut self, life: Life) {
        let course = &mut self.courses[life.delivery as usize];
        if !std::mem::replace(&mut course.ended, true) {
            *self.open.entry(course.receiver).or_default() -= 1;
        }
    }

    pub(crate) fn course(&mut self, life: Life) -> &mut Course {
        &mut self.courses[life.delivery as usize]
    }

    pub(crate) fn hop(&mut self, life: Life) -> &mut Hop {
        let hops = &mut self.courses[life.delivery as usize].hops;
        let index = life.hops as usize;
        if hops.len() <= index {
            hops.resize(index + 1, Hop::default());
        }
        &mut hops[index]
    }

    /// Which life an append carries, by its bytes; they must be those that were produced.
    pub(crate) fn identify(&self, append: &Append) -> Checked<Life> {
        let value = append.value.as_deref().unwrap_or_default();
        let number = value.get(5..11).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u32>().ok());
        let course = number.and_then(|number| self.courses.get(number as usize));
        let id = append.headers.text("delivery-id");
        let same = course.is_some_and(|course| course.value == value && Some(course.text.as_str()) == id);
        hold(same, Invariant::NothingGone, || format!("an append carries {value:?} as {id:?}"))?;
        let hops = append.headers.text("hops").map_or(0, |hops| hops.parse().unwrap_or(u32::MAX));
        Ok(Life { delivery: number.unwrap_or_default(), hops })
    }

    /// Whether a record may be committed past: what it stands for has happened, or goes on in another record.
    pub(crate) fn is_settled(&self, life: Life, slot: Slot) -> bool {
        let hops = &self.courses[life.delivery as usize].hops;
        let (this, next) = (&hops[life.hops as usize], hops.get(life.hops as usize + 1));
        let dead = this.dead != [0, 0];
        // Once a delivery is over, whatever is left of it in other lives is a copy.
        let is_over = || hops.iter().any(|hop| hop.delivered > 0 || hop.dead != [0, 0]);
        match slot {
            0..PARTITIONS => next.is_some_and(|next| next.waits > 0) || is_over(),
            _ => this.copies > 0 || dead,
        }
    }

    /// A record is in the log now; `by` is the stage that appended it, none for the route stage.
    pub(crate) fn landed(&mut self, slot: Slot, life: Life, by: Option<Stage>, now: i64) -> Checked {
        let hop = self.hop(life);
        match (slot, wait_of(slot)) {
            (DEAD, _) => hop.dead[by.unwrap_or(Stage::Deliver) as usize] += 1,
            (_, Some(wait)) => {
                hop.waits += 1;
                hop.due = Some(hop.due.map_or(now + wait, |due| due.min(now + wait)));
            }
            _ => hop.copies += 1,
        }
        let Some(by) = by else { return Ok(()) };
        if slot == DEAD {
            self.end(life);
        }
        self.is_explained(if wait_of(slot).is_some() { before(life) } else { life }, by)
    }

    /// Whether a stage has not carried a life on more often than it was given it.
    fn is_explained(&mut self, life: Life, by: Stage) -> Checked {
        let next = self.courses[life.delivery as usize].hops.get(life.hops as usize + 1).map_or(0, |next| next.waits);
        let hop = self.hop(life);
        let dead = hop.dead[by as usize];
        let (done, given) = match by {
            Stage::Deliver => (next + dead, hop.copies),
            Stage::Delay => (hop.copies + dead, hop.waits),
        };
        let again = hop.again[by as usize];
        hold(done <= given + again, Invariant::RepeatsAreExplained, || {
            format!("{by:?} appended {life:?} {done} times, given it {given} times and {again} by faults")
        })
    }

    /// An attempt begins; `skew` is how far clocks may be ahead, in milliseconds.
    pub(crate) fn attempt(&mut self, life: Life, now: i64, skew: i64) -> Checked<u32> {
        let hop = self.hop(life);
        hop.attempts += 1;
        let (attempts, due) = (hop.attempts, hop.due);
        hold(due.is_none_or(|due| now + skew >= due), Invariant::NeverEarly, || {
            format!("{life:?} is attempted at {now} and due at {due:?}")
        })?;
        // What the delay stage returned twice is known by where it waited.
        let given = if life.hops > 0 { hop.copies.min(hop.waits) } else { hop.copies };
        let allowed = given + hop.again[Stage::Deliver as usize];
        hold(attempts <= allowed, Invariant::RepeatsAreExplained, || {
            format!("{life:?} is attempted {attempts} times, which faults explain only {allowed} times")
        })?;
        Ok(attempts)
    }

    /// A stage may do again what lies between two offsets: all of it, or only what was settled there.
    pub(crate) fn allow_again(&mut self, again: &Again<'_>) -> u64 {
        let Again { log, slot, to, stage, all } = *again;
        let mut count = 0;
        for life in log.lives(slot, log.committed(slot), to) {
            if all || self.is_settled(life, slot) {
                self.hop(life).again[stage as usize] += 1;
                count += 1;
            }
        }
        count
    }
}

/// Records that are read again after a partition changed hands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Again<'a> {
    pub(crate) log: &'a Log,
    pub(crate) slot: Slot,
    /// Where the former owner had read to.
    pub(crate) to: i64,
    pub(crate) stage: Stage,
    /// Everything, or only what is settled beyond the committed offset.
    pub(crate) all: bool,
}
