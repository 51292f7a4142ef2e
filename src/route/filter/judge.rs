//! Deciding on an event that several destinations look at, so that nothing of it is touched: whether the filters of one
//! let it pass, and what they would take out. The order in which actions take effect is Segment's (Destination Filters).

use super::{Action, Filter, Filters, Why, actions, dropped};
use crate::event::json::Tree;

/// The filters do not let an event pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Which filter says so, counted from 0; [`Filters::name`] has its name.
    pub by: usize,
    /// Why.
    pub why: Why,
}

/// What filters take out of an event they let pass.
#[derive(Clone, Debug)]
pub struct Edits<'a> {
    pub(super) concerned: Vec<(usize, &'a Filter)>,
}

impl Filters {
    /// Decides on an event as it came: all conditions are asked of it, then samples take effect, then drops. One condition
    /// that fails drops the event, whatever the others say.
    pub fn judge(&self, event: &Tree) -> Result<Edits<'_>, Dropped> {
        let mut concerned: Vec<(usize, &Filter)> = Vec::new();
        for (by, filter) in self.enabled() {
            match filter.condition.holds(event) {
                Ok(true) => concerned.push((by, filter)),
                Ok(false) => {}
                Err(failure) => return Err(Dropped { by, why: Why::Failed(failure) }),
            }
        }
        match dropped(&concerned, event) {
            Some(dropped) => Err(dropped),
            None => Ok(Edits::of(concerned)),
        }
    }
}

impl<'a> Edits<'a> {
    /// What these filters take out; those that only drop or draw play no part.
    pub(super) fn of(mut concerned: Vec<(usize, &'a Filter)>) -> Self {
        concerned.retain(|(_, filter)| filter.actions.iter().any(Action::edits));
        Self { concerned }
    }

    /// Whether there is nothing they could take out.
    pub fn is_empty(&self) -> bool {
        self.concerned.is_empty()
    }

    /// Takes it out, first what is to go, then what is not allowed; answers which filters found something, counted from
    /// 0. Where that is none, the event is as it was.
    pub fn apply(&self, event: &mut Tree) -> Vec<usize> {
        let mut by = Vec::new();
        for (index, action) in actions(&self.concerned) {
            if let Action::DropProperties(fields) = action
                && fields.drop_from(event)
            {
                by.push(index);
            }
        }
        for (index, action) in actions(&self.concerned) {
            if let Action::AllowProperties(fields) = action
                && fields.allow_in(event)
            {
                by.push(index);
            }
        }
        by.sort_unstable();
        by.dedup();
        by
    }
}

impl Action {
    pub(super) fn edits(&self) -> bool {
        matches!(self, Self::DropProperties(_) | Self::AllowProperties(_))
    }
}
