//! The endpoints of a classic destination: `url` or one to five `hooks`.
//! What is sent to them is built by `attempt::request`; here is what may be written.

use crate::route::destination::Hook;

use super::field::{Fault, Field};
use super::headers;
use super::raw::Value;
use super::section::Section;
use super::web_address::{Reach, endpoint};

/// Segment's limit for classic webhooks (segment.md, section 1).
const MOST_HOOKS: usize = 5;

/// The endpoints; none if they are wrong, which was complained of then.
pub(super) fn read(section: &Section<'_>, reach: &Reach<'_>) -> Vec<Hook> {
    let (url, hooks) = (section.field("url"), section.field("hooks"));
    match (url.is_given(), hooks.is_given()) {
        (true, true) => {
            hooks.complain(Fault::new("`url` and `hooks` cannot both be given"));
            several(&hooks, reach)
        }
        (false, false) => {
            section.missing("url", "give a `url`, or several `hooks`");
            Vec::new()
        }
        (true, false) => endpoint(&url, reach).map(bare).into_iter().collect(),
        (false, true) => several(&hooks, reach),
    }
}

fn bare(url: url::Url) -> Hook {
    Hook { url, headers: Vec::new() }
}

fn several(field: &Field<'_>, reach: &Reach<'_>) -> Vec<Hook> {
    let items = field.list();
    let is_list = matches!(field.value, Some(Value::List(_)));
    if is_list && !(1..=MOST_HOOKS).contains(&items.len()) {
        let fault = Fault::new(format!("there are {} hooks", items.len()));
        field.complain(fault.hint(format!("a destination has 1 to {MOST_HOOKS}")));
    }
    items.into_iter().filter_map(|item| hook(item, reach)).collect()
}

fn hook(field: Field<'_>, reach: &Reach<'_>) -> Option<Hook> {
    let section = Section::of(field)?;
    let url = section.field("url");
    if !url.is_given() {
        section.missing("url", "each hook has a `url`");
    }
    let url = endpoint(&url, reach);
    let headers = headers::read(&section.field("headers"));
    section.finish();
    url.map(|url| Hook { url, headers })
}
