//! Tenures: which assignments a partition of the deliveries topic had, and from where each began to read.
//!
//! A crash between the append of a delay and the commit of its offset has the next owner read, and attempt, the delivery
//! again: from then on the next owner answers for it, and the delay that is in the log already is a copy that must not
//! live on. So every delay carries a [`Stamp`], the tenure and the record it was made from, and whoever reads it when it
//! has returned asks whether a later tenure began at or below that record.
//!
//! The tenures travel in the metadata of the group's commits, a few hundred bytes, so they cost no append. That is
//! enough: a tenure that never committed began where the next one begins, unless somebody moved the offsets. When in doubt
//! (metadata lost, offsets moved, clocks gone back, too many tenures, another partition) a delay lives on: a repeat does no
//! harm, a loss would. What it cannot see is a log whose end was cut off by an unclean election. Plain data; draws are
//! arguments.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::claim::{Spot, TopicPartition};
use crate::outcome::time::KafkaTime;

#[cfg(test)]
mod tests;

/// How many tenures of a partition are remembered; a delay older than these lives on even if it is a copy.
pub const REMEMBERED: usize = 24;

/// Stands between the parts of what a commit carries; each part knows its own by the first word.
pub const BETWEEN_NOTES: &str = "; ";

/// Which tenure put a delivery into a tier, and from which record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Stamp {
    place: Place,
    tenure: Name,
    /// The record it was made from.
    from: Spot,
}

/// A hash of topic and partition: a delay may return to another one, when partitions were added or the topic is another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Place(u32);

/// Tenures of a partition are counted, as far as they committed; the token, drawn at random, tells one that never did
/// from the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Name {
    number: u32,
    token: u32,
}

/// The tenures of one partition.
#[derive(Clone, Debug)]
pub struct Tenures {
    place: Place,
    past: VecDeque<Tenure>,
    present: Name,
    note: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tenure {
    name: Name,
    /// The first record it read. Of a topic that was made anew offsets mean other records, but later ones.
    start: Spot,
}

impl Tenures {
    /// Begins a tenure of a partition after those the last commit tells of; `draw` is a random number that names it.
    pub fn begin(at: &TopicPartition, note: Option<&str>, draw: u64) -> Self {
        let mut past = note.and_then(|note| note.split(BETWEEN_NOTES).find_map(parse)).unwrap_or_default();
        while past.len() >= REMEMBERED {
            past.pop_front();
        }
        let number = past.back().map_or(1, |last| last.name.number.saturating_add(1));
        // Half of it is random enough.
        Self { place: Place::of(at), past, present: Name { number, token: draw as u32 }, note: "".into() }
    }

    /// Hears of each record that is read; the first one tells where the tenure begins.
    pub fn read(&mut self, spot: Spot) {
        if self.past.back().is_none_or(|last| last.name != self.present) {
            self.past.push_back(Tenure { name: self.present, start: spot });
            self.note = to_note(&self.past);
        }
    }

    /// The stamp of what is made from a record.
    pub fn stamp(&self, from: Spot) -> Stamp {
        Stamp { place: self.place, tenure: self.present, from }
    }

    /// Whether a later tenure read the record again from which a delay was made, and so answers for the delivery.
    pub fn took_over(&self, stamp: &Stamp) -> bool {
        let Stamp { place, tenure, from } = stamp;
        let is_later = |own: &&Tenure| {
            own.name.number > tenure.number || (own.name.number == tenure.number && own.name.token != tenure.token)
        };
        let read_it = |own: &Tenure| own.start.offset <= from.offset && own.start.time <= from.time;
        *place == self.place && self.past.iter().filter(is_later).any(read_it)
    }

    /// What a commit of the present tenure carries for the next; empty before it has read anything.
    pub fn note(&self) -> Arc<str> {
        self.note.clone()
    }
}

/// Begins every note; another program's metadata is not ours to read.
const VERSION: &str = "tenures-1";

fn to_note(tenures: &VecDeque<Tenure>) -> Arc<str> {
    let words = tenures.iter().map(|tenure| format!(" {}", tenure.name.with(tenure.start)));
    std::iter::once(VERSION.to_owned()).chain(words).collect::<String>().into()
}

/// Reads a part of a note; `None` for what was not written by [`to_note`].
fn parse(note: &str) -> Option<VecDeque<Tenure>> {
    let mut words = note.split(' ');
    let tenure = |word| Name::parse(word).map(|(name, start)| Tenure { name, start });
    (words.next()? == VERSION).then(|| words.map(tenure).collect()).flatten()
}

impl Name {
    /// `7-9c1b2f44@4217/1763733600123`: number, token, offset and time.
    fn with(self, spot: Spot) -> String {
        format!("{}-{:x}@{}/{}", self.number, self.token, spot.offset, spot.time.as_millis())
    }

    fn parse(text: &str) -> Option<(Self, Spot)> {
        let (name, spot) = text.split_once('@')?;
        let (number, token) = name.split_once('-')?;
        let (offset, time) = spot.split_once('/')?;
        let name = Self { number: number.parse().ok()?, token: u32::from_str_radix(token, 16).ok()? };
        let spot = Spot { offset: offset.parse().ok()?, time: KafkaTime::from_millis(time.parse().ok()?) };
        Some((name, spot))
    }
}

impl Place {
    /// FNV-1a, which is the same in every process.
    fn of(at: &TopicPartition) -> Self {
        let text = at.to_string();
        let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        Self(text.bytes().fold(0x811c_9dc5, mix))
    }
}

impl Stamp {
    /// Reads what its `Display` wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (place, rest) = text.split_once('.')?;
        let place = Place(u32::from_str_radix(place, 16).ok()?);
        Name::parse(rest).map(|(tenure, from)| Self { place, tenure, from })
    }

    /// The random number that names its tenure.
    pub fn token(&self) -> u32 {
        self.tenure.token
    }

    /// The record it was made from.
    pub fn from(&self) -> Spot {
        self.from
    }

    /// What tells it from other stamps of a partition, as a number to be mixed into others.
    pub(super) fn bits(&self) -> u128 {
        let tenure = u128::from(self.tenure.number) << 32 | u128::from(self.tenure.token);
        tenure << 64 | u128::from(self.from.offset.unsigned_abs())
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{}", self.place.0, self.tenure.with(self.from))
    }
}
