//! Destination filters: which events a destination does not get, and which of their members it does not get to see
//! (Segment: Destination Filters). Owns the order in which the actions of all filters of a destination take effect.
//!
//! `Condition::parse`, `Sample::new`, `Fields::new` and `Filters::new` refuse what is wrong, each with a hint;
//! [`Filters::apply`] decides on an event whose tree the caller has built, [`Filters::judge`] on one that others look at
//! too, [`Filters::edit`] does again what has to be done at every attempt. The language of conditions lies in `condition`
//! (`token` and `read` turn text into an `expression`, `evaluate` asks it of an event with the help of `value`, `function`
//! and `glob`); `sample` and `fields` are the actions that need something. Where filters stand in the configuration, and
//! which events come here at all, is left to others.

mod condition;
mod edit;
mod evaluate;
mod expression;
mod fields;
mod function;
mod glob;
mod judge;
mod read;
mod sample;
mod token;
mod value;

use std::fmt;

pub use condition::{Condition, NotFql};
pub use edit::Undecided;
pub use evaluate::Failure;
pub use fields::Fields;
pub use judge::{Dropped, Edits};
pub use sample::Sample;

use crate::event::json::Tree;

/// Filters a destination may have (Segment: Destination Filters, FAQ).
pub const MAX_FILTERS: usize = 10;

/// One filter, as configured.
#[derive(Clone, Debug)]
pub struct Filter {
    /// What people call it.
    pub title: Option<Box<str>>,
    /// One that is not enabled does nothing.
    pub enabled: bool,
    /// Which events it is about.
    pub condition: Condition,
    /// What becomes of those; the order does not matter.
    pub actions: Vec<Action>,
}

/// What a filter does with the events it is about.
#[derive(Clone, Debug)]
pub enum Action {
    /// They are not sent.
    Drop,
    /// Only a part of them is sent.
    Sample(Sample),
    /// They are sent without these members.
    DropProperties(Fields),
    /// They are sent with no members but these, where these stand.
    AllowProperties(Fields),
}

/// All filters of a destination.
#[derive(Clone, Debug, Default)]
pub struct Filters(Box<[Filter]>);

/// What the filters of a destination make of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The destination gets it.
    Kept {
        /// Some member was taken out. Of an event that was not changed the original bytes may be sent.
        changed: bool,
    },
    /// The destination does not get it.
    Dropped {
        /// Which filter says so, counted from 0; [`Filters::name`] has its name.
        by: usize,
        /// Why.
        why: Why,
    },
}

/// Why a filter does not let an event pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It drops such events.
    #[error("it drops such events")]
    Dropped,
    /// It lets a part of such events pass, and this one is not in it.
    #[error("it lets only a part of such events pass, and this one is not among them")]
    NotInSample,
    /// Its condition has no answer for this event. Then nothing is sent, since the filter may be there to hold back
    /// what must not get out (Segment: Destination Filters, error handling).
    #[error("its condition fails: {0}")]
    Failed(#[from] Failure),
}

/// Why a part of a filter cannot be meant; where it stands is known to whoever read it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct Refused {
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub hint: &'static str,
}

impl Filters {
    /// The filters of a destination, in the order of the configuration; those that are not enabled count too.
    pub fn new(filters: Vec<Filter>) -> Result<Self, Refused> {
        if filters.len() > MAX_FILTERS {
            let problem = format!("{} filters, and a destination has {MAX_FILTERS} at most", filters.len());
            return Err(Refused { problem, hint: "join conditions that have the same actions by `or`" });
        }
        Ok(Self(filters.into()))
    }

    /// Whether no filter can do anything, so that no tree of an event is needed.
    pub fn is_empty(&self) -> bool {
        self.enabled().next().is_none()
    }

    /// Decides on an event and takes out of it what the destination must not see.
    ///
    /// All conditions are asked of the event as it came. Then all samples take effect, then drops, then what is taken
    /// out, then what is allowed. One condition that fails drops the event, whatever the others say. An event that
    /// is dropped stays as it came.
    pub fn apply(&self, event: &mut Tree) -> Verdict {
        let edits = match self.judge(event) {
            Ok(edits) => edits,
            Err(Dropped { by, why }) => return Verdict::Dropped { by, why },
        };
        Verdict::Kept { changed: !edits.apply(event).is_empty() }
    }

    /// What to call a filter: its place, counted from 1, and its title.
    pub fn name(&self, by: usize) -> impl fmt::Display {
        let title = self.0.get(by).and_then(|filter| filter.title.as_deref());
        let place = by + 1;
        title.map_or_else(|| format!("filter {place}"), |title| format!("filter {place} (`{title}`)"))
    }

    fn enabled(&self) -> impl Iterator<Item = (usize, &Filter)> {
        self.0.iter().enumerate().filter(|(_, filter)| filter.enabled)
    }
}

/// The first sample, else the first drop, that does not let the event pass.
fn dropped(concerned: &[(usize, &Filter)], event: &Tree) -> Option<Dropped> {
    let missed = |action: &Action| matches!(action, Action::Sample(sample) if !sample.has(event));
    if let Some((by, _)) = actions(concerned).find(|(_, action)| missed(action)) {
        return Some(Dropped { by, why: Why::NotInSample });
    }
    let (by, _) = actions(concerned).find(|(_, action)| matches!(action, Action::Drop))?;
    Some(Dropped { by, why: Why::Dropped })
}

fn actions<'a>(filters: &[(usize, &'a Filter)]) -> impl Iterator<Item = (usize, &'a Action)> {
    filters.iter().flat_map(|(by, filter)| filter.actions.iter().map(|action| (*by, action)))
}

#[cfg(test)]
mod tests;
