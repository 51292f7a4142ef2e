//! All destinations of a configuration, as routing asks them about an event (contract section 7, in that order): type,
//! `integrations`, `audiences`, filters, triggers. What an event has is read once for all of them, and a destination that
//! does not want it costs no allocation. What was decided is told step by step, so that `explain` shows what counts.
//!
//! A filter is asked about deletions, too, unlike the `integrations` object: that is the word of whoever sent the event,
//! this the word of whoever runs the destination, and it can name them (`type != "delete"`).

use std::fmt;
use std::sync::Arc;

use super::asked::Asked;
use super::audiences::AudienceCalls;
use super::filter::Edits;
use super::refusal::Refusal;
use super::trigger::{Bound, Facts, Fields};
use super::{Branch, Kind, Route};
use crate::event::Malformed;
use crate::event::json::Tree;

/// The destinations of a configuration.
#[derive(Debug)]
pub struct Routes {
    all: Vec<Routed>,
    /// What any trigger looks at.
    fields: Fields,
}

/// A destination, ready to be asked about events.
#[derive(Debug)]
pub struct Routed {
    route: Route,
    /// The trigger of each branch.
    triggers: Box<[Bound]>,
}

/// A step on the way to what becomes of an event at one destination.
#[derive(Debug)]
pub enum Step<'a> {
    /// It gets nothing; the last step.
    Refused(Refusal<'a>),
    /// Filters let the event pass and may take something out of it.
    Edits(&'a Edits<'a>, &'a Tree),
    /// A mapping does not want it.
    Unwanted(Unwanted<'a>),
    /// A delivery, of the mapping that is named where there is a name.
    Wanted(Option<&'a Arc<str>>),
}

/// Why a mapping does not want an event; shown in words.
#[derive(Clone, Copy, Debug)]
pub struct Unwanted<'a> {
    /// Which mapping.
    pub branch: &'a Branch,
    trigger: &'a Bound,
    facts: &'a Facts<'a>,
}

impl Routes {
    /// In the order of the configuration.
    pub fn new(routes: Vec<Route>) -> Self {
        let mut fields = Fields::default();
        let routed = |route: Route| {
            let triggers = route.branches.iter().map(|branch| fields.bind(&branch.trigger)).collect();
            Routed { route, triggers }
        };
        Self { all: routes.into_iter().map(routed).collect(), fields }
    }

    /// All of them, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Routed> {
        self.all.iter()
    }

    /// Whether some destination hears of audiences by this call.
    pub fn hear_by(&self, calls: AudienceCalls) -> bool {
        self.all.iter().any(|routed| routed.route.enabled && routed.route.audience_calls == calls)
    }

    /// Reads an event that these destinations are to be asked about.
    pub fn ask<'e>(&'e self, event: &'e [u8]) -> Result<Asked<'e>, Malformed> {
        Asked::read(&self.fields, event)
    }
}

impl Routed {
    /// What is known of the destination.
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Tells what becomes of an event: either it is refused, or there is a delivery for each mapping that wants it.
    ///
    /// It must have been read by the [`Routes`] this is from.
    #[inline]
    pub fn decide(&self, asked: &Asked<'_>, mut tell: impl FnMut(Step<'_>)) {
        if let Some(refusal) = self.refusal(asked) {
            return tell(Step::Refused(refusal));
        }
        if self.route.filters.is_empty() {
            return self.unchanged(asked, &mut tell);
        }
        let event = asked.tree();
        match self.route.filters.judge(event) {
            Err(dropped) => tell(Step::Refused(Refusal::Filter { filters: &self.route.filters, dropped })),
            Ok(edits) if edits.is_empty() => self.unchanged(asked, &mut tell),
            Ok(edits) => {
                tell(Step::Edits(&edits, event));
                match self.changed(&edits, event) {
                    None => self.unchanged(asked, &mut tell),
                    Some(text) => self.branch(asked.fields().read(text.as_bytes()).ok().as_ref(), &mut tell),
                }
            }
        }
    }

    fn refusal(&self, asked: &Asked<'_>) -> Option<Refusal<'static>> {
        let Route { enabled, kind, audiences, .. } = &self.route;
        if !enabled {
            return Some(Refusal::Disabled);
        }
        if !kind.takes(asked.call()) {
            return Some(Refusal::Unsupported(asked.call()));
        }
        if !asked.is_allowed(*kind) {
            return Some(Refusal::Integrations);
        }
        asked.audience().filter(|key| !audiences.has(key)).map(|_| Refusal::Audience)
    }

    /// The event as triggers are to see it, where filters take something out; what is sent is edited at each attempt.
    fn changed(&self, edits: &Edits<'_>, event: &Tree) -> Option<String> {
        if self.route.kind == Kind::Webhooks {
            return None;
        }
        let mut event = event.clone();
        let changed = !edits.apply(&mut event).is_empty();
        changed.then(|| event.text())
    }

    #[inline]
    fn unchanged(&self, asked: &Asked<'_>, tell: &mut impl FnMut(Step<'_>)) {
        match self.route.kind {
            Kind::Webhooks => tell(Step::Wanted(None)),
            Kind::Actions => self.branch(asked.facts(), tell),
        }
    }

    /// Asks every mapping; that there are no facts cannot be, for what is asked about was read before.
    #[inline]
    fn branch(&self, facts: Option<&Facts<'_>>, tell: &mut impl FnMut(Step<'_>)) {
        let mut wanted = false;
        for (branch, trigger) in self.route.branches.iter().zip(&self.triggers) {
            let Some(facts) = facts else { break };
            if branch.enabled && trigger.matches(facts) {
                wanted = true;
                tell(Step::Wanted(branch.name.as_ref()));
            } else {
                tell(Step::Unwanted(Unwanted { branch, trigger, facts }));
            }
        }
        if !wanted {
            tell(Step::Refused(Refusal::NoMapping));
        }
    }
}

impl fmt::Display for Unwanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.trigger.why_not(self.facts) {
            _ if !self.branch.enabled => f.write_str("the mapping is not enabled"),
            Some(why_not) => write!(f, "{why_not}"),
            None => f.write_str("its trigger matches"),
        }
    }
}

#[cfg(test)]
mod tests;
