//! The filters of a destination: which there are, and the keys of one. `action` reads what one does with the events it is
//! about; what conditions and actions mean is `route::filter`'s business.

mod action;

use crate::route::filter::{Condition, Filter, Filters, NotFql, Refused};

use super::field::{Fault, Field};
use super::language::{self, Slip};
use super::section::Section;

/// Characters a title may have (Segment: Destination Filters).
const LONGEST_TITLE: usize = 64;

const CONDITION_HINT: &str = "say which events it is about, such as `if: type = 'identify'`, or `if: all`";

const ACTIONS_HINT: &str = "say what becomes of the events, such as `actions: [{ type: drop }]`";

/// Reads the filters; wrong ones were complained of.
pub(super) fn read(field: &Field<'_>) -> Filters {
    let items = field.list();
    // One that is wrong is counted all the same, so that too many are complained of at once.
    let filters = items.into_iter().filter_map(Section::of).map(|section| filter(section).unwrap_or_else(stand_in));
    let filters = Filters::new(filters.collect()).map_err(Fault::from);
    field.judge(filters).unwrap_or_default()
}

fn filter(section: Section<'_>) -> Option<Filter> {
    let title = title(&section.field("title"));
    let enabled = section.field("enabled").flag().unwrap_or(true);
    let condition = condition(&section);
    let actions = section.field("actions");
    if !actions.is_given() {
        section.missing("actions", ACTIONS_HINT);
    }
    let actions = actions.list().into_iter().filter_map(action::read).collect();
    section.finish();
    Some(Filter { title, enabled, condition: condition?, actions })
}

fn stand_in() -> Filter {
    let condition = Condition::parse("all").expect("`all` is a condition");
    Filter { title: None, enabled: false, condition, actions: Vec::new() }
}

fn title(field: &Field<'_>) -> Option<Box<str>> {
    let text = field.scalar()?;
    let is_right = text.value.chars().count() <= LONGEST_TITLE && !text.value.contains(char::is_control);
    let fault = || Fault::new(format!("is no title of at most {LONGEST_TITLE} characters on one line"));
    let title = (!text.value.is_empty()).then(|| text.value.as_str().into());
    field.judge(is_right.then_some(title).ok_or_else(|| fault().hint("shorten it"))).flatten()
}

fn condition(section: &Section<'_>) -> Option<Condition> {
    let field = section.field("if");
    if !field.is_given() {
        section.missing("if", CONDITION_HINT);
    }
    language::read(&field, |text| {
        let slip = |error: NotFql| Slip { at: error.at, problem: error.problem, hint: error.hint };
        Condition::parse(text).map_err(slip)
    })
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::new(refused.problem).hint(refused.hint)
    }
}
