//! How conditions are combined: groups on one level, each of conditions, joined by `and` or by `or`.
//! What a condition asks is `condition`'s; the field it asks about is a path while it is read, an index later.

use std::ops::Range;

use super::condition::Test;
use super::facts::Fact;
use super::why_not::WhyNot;

/// What a trigger says, as a tree of two levels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression<F> {
    /// What joins the groups.
    pub(super) joint: Joint,
    /// A condition that stands alone is a group, too.
    pub(super) groups: Vec<Group>,
    /// Those of all groups, in the order of the text.
    pub(super) conditions: Vec<Condition<F>>,
}

/// Conditions that stand in parentheses, or one that does not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    pub(super) joint: Joint,
    pub(super) conditions: Range<usize>,
    /// Where it stands in the text.
    pub(super) span: Range<usize>,
}

/// What one field must be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Condition<F> {
    pub(super) field: F,
    pub(super) test: Test,
    /// Where it stands in the text.
    pub(super) span: Range<usize>,
}

/// `and` or `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    And,
    Or,
}

impl Joint {
    #[inline]
    fn over<T>(self, parts: &[T], mut holds: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::And => parts.iter().all(holds),
            Self::Or => parts.iter().any(&mut holds),
        }
    }

    /// The word itself.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
        }
    }
}

impl<F> Expression<F> {
    /// The same about other names of the fields.
    pub(super) fn about<G>(&self, mut other: impl FnMut(&F) -> G) -> Expression<G> {
        let conditions = self.conditions.iter().map(|condition| Condition {
            field: other(&condition.field),
            test: condition.test.clone(),
            span: condition.span.clone(),
        });
        Expression { joint: self.joint, groups: self.groups.clone(), conditions: conditions.collect() }
    }

    /// Whether it is so, given what each field is.
    #[inline]
    pub(super) fn holds<'f, 'e: 'f>(&self, fact: impl Fn(&F) -> &'f Fact<'e>) -> bool {
        self.joint.over(&self.groups, |group| self.group_holds(group, &fact))
    }

    /// The first condition for which it is not so; `text` is what was parsed.
    pub(super) fn why_not<'f>(&'f self, text: &'f str, fact: impl Fn(&F) -> &'f Fact<'f>) -> Option<WhyNot<'f>> {
        if self.holds(&fact) {
            return None;
        }
        let group = self.groups.iter().find(|group| !self.group_holds(group, &fact))?;
        let failed = self.members(group).iter().find(|condition| !condition.test.holds(fact(&condition.field)))?;
        let alternatives = match (self.joint, group.joint) {
            (Joint::Or, _) => Some(text.trim()),
            (Joint::And, Joint::Or) => text.get(group.span.clone()),
            (Joint::And, Joint::And) => None,
        };
        let condition = text.get(failed.span.clone()).unwrap_or_default();
        Some(WhyNot { condition, alternatives, found: fact(&failed.field) })
    }

    #[inline]
    fn group_holds<'f, 'e: 'f>(&self, group: &Group, fact: &impl Fn(&F) -> &'f Fact<'e>) -> bool {
        group.joint.over(self.members(group), |condition| condition.test.holds(fact(&condition.field)))
    }

    #[inline]
    fn members(&self, group: &Group) -> &[Condition<F>] {
        self.conditions.get(group.conditions.clone()).unwrap_or_default()
    }
}
