//! The headers of a hook or mapping: what HTTP allows (RFC 9110, section 5), without those that steer the
//! connection. A value may be a token, so no complaint shows one.

use crate::attempt::client::steers;

use super::field::{Fault, Field};
use super::section::named;

/// Names and values in the order of the file.
pub(super) fn read(field: &Field<'_>) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, field) in named(field) {
        let is_repeated = headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        if is_repeated {
            field.complain(Fault::new("is given twice; letter case makes no difference"));
            continue;
        }
        if name.eq_ignore_ascii_case("content-type") {
            let hint = "the body is always sent as application/json";
            field.complain(Fault::new("this header may not be changed").hint(hint));
            continue;
        }
        if field.judge(check_name(name)).is_none() {
            continue;
        }
        if !field.is_given() {
            field.complain(Fault::new("has no value").hint("write \"\" for an empty one"));
            continue;
        }
        let value = field.scalar().and_then(|text| {
            let value = text.value;
            field.judge(check_value(&value)).map(|()| value)
        });
        headers.extend(value.map(|value| (name.to_owned(), value)));
    }
    headers
}

/// Whether HTTP allows a value.
pub(super) fn check_value(value: &str) -> Result<(), Fault> {
    let hint = "write letters, digits, punctuation and spaces on one line; é and the like up to ÿ";
    let fault = || Fault::new("the value holds a character that HTTP does not allow").hint(hint);
    value.chars().all(is_allowed).then_some(()).ok_or_else(fault)
}

/// Whether HTTP allows a name, and we.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_token) {
        let hint = "a name has letters, digits and some of !#$%&'*+-.^_`|~, such as X-Team";
        return Err(Fault::new("is not the name of a header").hint(hint));
    }
    if steers(name) {
        let hint = "it steers the connection, which is ours to do";
        return Err(Fault::new("this header may not be set").hint(hint));
    }
    Ok(())
}

/// Visible ASCII, space, tab, and the upper half of Latin-1.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | ' '..='~' | '\u{a0}'..='\u{ff}')
}
