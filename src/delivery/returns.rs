//! Returns: which records of the tiers have come back into a partition of the deliveries topic.
//!
//! The delay stage appends a due record to the deliveries topic and commits its offset a moment later. A crash in between
//! has the next owner append it once more, perhaps much later, for returning takes credit. So each returned record says
//! which record of which tier it was ([`Return`]), and whoever reads the deliveries drops one that came before: the first
//! answers for the delivery, whatever became of it.
//!
//! Within a tier records return nearly in order, so what has come back is a few spans of offsets. They travel in the
//! metadata of the group's commits, exactly as of the committed offset: a record that is read again must not be taken for
//! a copy of itself. When in doubt (metadata lost, too many spans, a tier made anew) a record counts as new: a repeat does
//! no harm, a loss would. What it cannot see, as `tenure` cannot: a tier whose end was cut off by an unclean election, and
//! one made anew by clocks that had gone back.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::claim::{Spot, TopicPartition};
use super::tenure::BETWEEN_NOTES;
use crate::outcome::time::KafkaTime;

#[cfg(test)]
mod tests;

/// Spans that are remembered of all tiers together; of one tier there is one, but for what Kafka refused for a while.
const REMEMBERED: usize = 1_024;
/// Bytes of a note. With the tenures' part it stays below `offset.metadata.max.bytes`, 4,096 by default.
const NOTE: usize = 2_600;

/// Which record of which tier came back.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Return {
    /// Where it waited.
    at: TopicPartition,
    /// Which record it was; the time tells it from one with this offset in a tier made anew.
    spot: Spot,
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
    note: Note,
}

/// What commits carry, kept until something of it changes.
#[derive(Debug, Default)]
struct Note {
    is_current: bool,
    /// What it continues.
    before: Arc<str>,
    text: Arc<str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Spans(Vec<Span>);

/// Records of one partition of a tier that came back without a gap.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Span {
    at: TopicPartition,
    first: i64,
    last: i64,
    /// The latest time of them.
    time: KafkaTime,
}

impl Return {
    /// Names a record of a tier.
    pub fn new(at: TopicPartition, spot: Spot) -> Self {
        Self { at, spot }
    }

    /// Reads what its `Display` wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let Span { at, first, last, time } = Span::parse(text)?;
        (first == last).then_some(Self { at, spot: Spot { offset: last, time } })
    }

    /// In which topic it waited.
    pub fn topic(&self) -> &str {
        &self.at.topic
    }

    /// When it was appended there.
    pub fn time(&self) -> KafkaTime {
        self.spot.time
    }

    /// The same, not later than the record it came in: nothing returns before it is there, so a later time is forged.
    pub fn not_after(self, time: KafkaTime) -> Self {
        Self { spot: Spot { time: self.spot.time.min(time), ..self.spot }, ..self }
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
        Self { read: spans.clone(), passed: spans, between: VecDeque::new(), note: Note::default() }
    }

    /// Hears of the offset of each record that is read, before anything else of it. Where the log begins anew, what was
    /// read from there on is read again, and must not be taken for a copy of itself.
    pub fn reads(&mut self, offset: i64) {
        if self.between.back().is_none_or(|(last, _)| *last < offset) {
            return;
        }
        self.between.retain(|(before, _)| *before < offset);
        self.read = self.passed.clone();
        for (_, returned) in &self.between {
            self.read.add(returned);
        }
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
        self.note.is_current = false;
    }

    /// Everything below an offset of the deliveries topic is settled. Answers what the commit of it is to carry for the
    /// next owner: another note, and after it what came back.
    pub fn pass(&mut self, next: i64, before: &Arc<str>) -> Arc<str> {
        while let Some((_, returned)) = self.between.front().filter(|(offset, _)| *offset < next) {
            self.passed.add(returned);
            self.between.pop_front();
            self.note.is_current = false;
        }
        if !(self.note.is_current && self.note.before == *before) {
            let text = match self.passed.to_note() {
                own if own.is_empty() => before.clone(),
                own => format!("{before}{BETWEEN_NOTES}{own}").into(),
            };
            self.note = Note { is_current: true, before: before.clone(), text };
        }
        self.note.text.clone()
    }
}

impl Spans {
    fn contains(&self, returned: &Return) -> bool {
        let Spot { offset, time } = returned.spot;
        let mut own = self.0.iter().filter(|span| span.at == returned.at);
        own.any(|span| (span.first..=span.last).contains(&offset) && time <= span.time)
    }

    fn add(&mut self, returned: &Return) {
        let new = Span::of(returned);
        let mut own = new.clone();
        self.0.retain(|span| {
            if span.at != new.at {
                return true;
            }
            // Offsets at or above this one with earlier times only: they are of a tier that is no more.
            if span.last >= new.last && span.time < new.time {
                return false;
            }
            let touches = span.last >= new.first - 1 && new.last >= span.first - 1;
            if touches {
                own.first = own.first.min(span.first);
                own.last = own.last.max(span.last);
                own.time = own.time.max(span.time);
            }
            !touches
        });
        self.0.push(own);
        if self.0.len() > REMEMBERED {
            let oldest = (0..self.0.len()).min_by_key(|index| self.0[*index].time);
            oldest.map(|index| self.0.remove(index));
        }
    }

    /// The spans with the latest records, as many as there is room for: those before them came back long ago, and their
    /// offsets are committed.
    fn to_note(&self) -> String {
        let mut spans: Vec<&Span> = self.0.iter().collect();
        spans.sort_by_key(|span| std::cmp::Reverse(span.time));
        let mut note = String::new();
        for span in spans {
            let word = span.to_string();
            if VERSION.len() + note.len() + word.len() >= NOTE {
                break;
            }
            note.extend([" ", &word]);
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
        let Return { at, spot: Spot { offset, time } } = returned.clone();
        Self { at, first: offset, last: offset, time }
    }

    /// `webhooks.delays.10s/3@41/1763733600123` or `webhooks.delays.10s/3@17-41/1763733600123`: tier, partition, offsets,
    /// time. The name of a topic has no other signs than letters, digits, `.`, `_` and `-`.
    fn parse(text: &str) -> Option<Self> {
        let (place, rest) = text.split_once('@')?;
        let (topic, partition) = place.split_once('/')?;
        let (offsets, time) = rest.split_once('/')?;
        let (first, last) = offsets.split_once('-').unwrap_or((offsets, offsets));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        let at = TopicPartition::new(topic, partition.parse().ok()?);
        let time = KafkaTime::from_millis(time.parse().ok()?);
        (0 <= first && first <= last).then_some(Self { at, first, last, time })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.at, self.first)?;
        if self.first < self.last {
            write!(f, "-{}", self.last)?;
        }
        write!(f, "/{}", self.time.as_millis())
    }
}
