//! Returns: which records of the tiers have come back into a partition of the deliveries topic.
//!
//! The delay stage appends a due record to the deliveries topic and commits its offset a moment later. A crash in between
//! has the next owner append it once more, perhaps much later, for returning takes credit. So each returned record says
//! which record of which tier it was ([`Return`]), and whoever reads the deliveries drops one that came before: the first
//! answers for the delivery, whatever became of it.
//!
//! Within a tier records return nearly in order, so what has come back is a few [`Span`]s of offsets. They travel in the
//! metadata of the group's commits, exactly as of the committed offset: a record that is read again must not be taken for
//! a copy of itself. When in doubt (metadata lost, too many spans, a tier made anew) a record counts as new: a repeat does
//! no harm, a loss would.

use std::collections::VecDeque;
use std::fmt;

use super::claim::Spot;
use super::tenure::BETWEEN_NOTES;
use crate::outcome::schedule::Tier;
use crate::outcome::time::KafkaTime;

#[cfg(test)]
mod tests;

/// Spans that are remembered of all tiers together; of one tier there is one, but for what Kafka refused for a while.
const REMEMBERED: usize = 1_024;
/// Bytes of a note. With the tenures' part it stays below `offset.metadata.max.bytes`, 4,096 by default.
const NOTE: usize = 2_600;

/// Which record of which tier came back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Return {
    tier: Tier,
    partition: i32,
    offset: i64,
    /// Kafka's time of it, which tells it from one with this offset in a tier made anew.
    time: KafkaTime,
}

/// What came back into one partition.
#[derive(Debug, Default)]
pub struct Returns {
    /// In records that were read.
    read: Spans,
    /// In records below the offset that was last handed to Kafka.
    passed: Spans,
    /// What was read and has not passed, with the offset of the record it came in.
    between: VecDeque<(i64, Return)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Spans(Vec<Span>);

/// Records of one partition of a tier that came back without a gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    tier: Tier,
    partition: i32,
    first: i64,
    last: i64,
    /// The latest time of them.
    time: KafkaTime,
}

impl Return {
    /// Names a record of a partition of a tier.
    pub fn new(tier: Tier, partition: i32, spot: Spot) -> Self {
        Self { tier, partition, offset: spot.offset, time: spot.time }
    }

    /// Reads what its `Display` wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let Span { tier, partition, first, last, time } = Span::parse(text)?;
        (first == last).then_some(Self { tier, partition, offset: last, time })
    }

    /// The same, not later than the record it came in: nothing returns before it is there, so a later time is forged.
    pub fn not_after(self, time: KafkaTime) -> Self {
        Self { time: self.time.min(time), ..self }
    }
}

impl fmt::Display for Return {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span::of(self).fmt(f)
    }
}

impl Returns {
    /// Begins with what the last commit tells.
    pub fn begin(note: Option<&str>) -> Self {
        let spans = note.and_then(|note| note.split(BETWEEN_NOTES).find_map(parse)).unwrap_or_default();
        Self { read: spans.clone(), passed: spans, between: VecDeque::new() }
    }

    /// Whether a record of a tier came back before.
    pub fn contains(&self, returned: &Return) -> bool {
        self.read.contains(returned)
    }

    /// Hears that a record of a tier came back in a record of the deliveries topic.
    pub fn came(&mut self, returned: Return, offset: i64) {
        self.read.add(&returned);
        self.between.push_back((offset, returned));
    }

    /// Hears that it came back in a record that was settled long ago.
    pub fn recall(&mut self, returned: &Return) {
        self.read.add(returned);
        self.passed.add(returned);
    }

    /// Everything below an offset of the deliveries topic is settled. Answers what the commit of it is to carry for the
    /// next owner; empty where nothing came back.
    pub fn pass(&mut self, next: i64) -> String {
        while let Some((_, returned)) = self.between.front().filter(|(offset, _)| *offset < next) {
            self.passed.add(returned);
            self.between.pop_front();
        }
        self.passed.to_note()
    }
}

impl Spans {
    fn contains(&self, returned: &Return) -> bool {
        let own = Span::of(returned);
        self.0.iter().any(|span| {
            span.is_beside(&own) && span.first <= own.first && own.last <= span.last && own.time <= span.time
        })
    }

    fn add(&mut self, returned: &Return) {
        let new = Span::of(returned);
        let mut own = new;
        self.0.retain(|span| {
            // Offsets at or above this one with earlier times only: they are of a tier that is no more.
            let is_gone = span.is_beside(&new) && span.last >= new.last && span.time < new.time;
            let touches = span.is_beside(&new) && span.last >= new.first - 1 && new.last >= span.first - 1;
            if touches && !is_gone {
                own.first = own.first.min(span.first);
                own.last = own.last.max(span.last);
                own.time = own.time.max(span.time);
            }
            !is_gone && !touches
        });
        self.0.push(own);
        if self.0.len() > REMEMBERED {
            let oldest = (0..self.0.len()).min_by_key(|index| self.0[*index].time);
            oldest.map(|index| self.0.remove(index));
        }
    }

    /// The widest spans, as many as there is room for.
    fn to_note(&self) -> String {
        let mut spans = self.0.clone();
        spans.sort_by_key(|span| std::cmp::Reverse(span.width()));
        let mut note = String::new();
        for span in spans {
            let word = span.to_string();
            if VERSION.len() + note.len() + word.len() < NOTE {
                note.extend([" ", &word]);
            }
        }
        if note.is_empty() { note } else { format!("{VERSION}{note}") }
    }
}

/// Begins every note.
const VERSION: &str = "returns-1";

/// Reads a part of a note; `None` for what was not written by [`Returns::pass`].
fn parse(part: &str) -> Option<Spans> {
    let mut words = part.split(' ');
    (words.next()? == VERSION).then(|| words.map(Span::parse).collect::<Option<_>>().map(Spans))?
}

impl Span {
    fn of(returned: &Return) -> Self {
        let Return { tier, partition, offset, time } = *returned;
        Self { tier, partition, first: offset, last: offset, time }
    }

    fn is_beside(&self, other: &Self) -> bool {
        (self.tier, self.partition) == (other.tier, other.partition)
    }

    fn width(&self) -> i64 {
        self.last - self.first
    }

    /// `10s/3@41/1763733600123` or `10s/3@17-41/1763733600123`: tier, partition, offsets, time.
    fn parse(text: &str) -> Option<Self> {
        let (place, rest) = text.split_once('@')?;
        let (tier, partition) = place.split_once('/')?;
        let (offsets, time) = rest.split_once('/')?;
        let (first, last) = offsets.split_once('-').unwrap_or((offsets, offsets));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        let (tier, partition) = (Tier::from_name(tier)?, partition.parse().ok()?);
        (0 <= first && first <= last).then_some(Self {
            tier,
            partition,
            first,
            last,
            time: KafkaTime::from_millis(time.parse().ok()?),
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.tier.name(), self.partition, self.first)?;
        if self.first < self.last {
            write!(f, "-{}", self.last)?;
        }
        write!(f, "/{}", self.time.as_millis())
    }
}
