//! How several deliveries of a mapping become one request: `enable_batching`, `batch_size`, `batch_keys`, `batch_wait`.
//! Forming batches is the business of `delivery`.

use std::time::Duration;

use crate::route::actions::{BatchKey, BatchTerms, MAX_BATCH};

use super::super::field::{Fault, Field};
use super::super::section::Section;

/// Segment's default (segment.md, section 1.2).
const USUAL_SIZE: usize = 1000;
const USUAL_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The terms of batches; none where each delivery is sent by itself.
pub(super) fn read(section: &Section<'_>) -> Option<BatchTerms> {
    let enabled = section.field("enable_batching").flag().unwrap_or(false);
    let (size, keys, wait) = (section.field("batch_size"), section.field("batch_keys"), section.field("batch_wait"));
    if !enabled {
        for given in [&size, &keys, &wait].into_iter().filter(|field| field.is_given()) {
            let fault = Fault::new("means nothing without batching");
            given.complain(fault.hint("write `enable_batching: true` beside it, or leave it out"));
        }
    }
    let given_size = size.whole(1..=MAX_BATCH as u64).and_then(|size| usize::try_from(size).ok());
    let terms = BatchTerms {
        size: given_size.unwrap_or(USUAL_SIZE),
        wait: wait.duration(Duration::ZERO..=LONGEST_WAIT).unwrap_or(USUAL_WAIT),
        keys: batch_keys(&keys),
    };
    enabled.then_some(terms)
}

/// The keys but those that always hold, each once.
fn batch_keys(field: &Field<'_>) -> Vec<BatchKey> {
    let mut keys: Vec<BatchKey> = Vec::new();
    for item in field.list() {
        if !item.is_given() {
            item.complain(Fault::new("is missing").hint(HINT));
        }
        let Some(parts) = item.language().and_then(|text| item.judge(parts(&text.value))) else { continue };
        let key = BatchKey(parts);
        let always_holds = key.0.first().is_some_and(|first| &**first != "data");
        if !always_holds && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

const HINT: &str = "write url, method, headers, data, or a path such as data.account.id";

fn parts(text: &str) -> Result<Box<[Box<str>]>, Fault> {
    let parts: Box<[Box<str>]> = text.split('.').map(Box::from).collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(Fault::new("is no path: a part of it is empty").hint(HINT));
    }
    let (first, is_whole) = (&*parts[0], parts.len() == 1);
    match first {
        "headers" | "data" => Ok(parts),
        "url" | "method" if is_whole => Ok(parts),
        "url" | "method" => Err(Fault::new(format!("`{first}` is a text and has no parts")).hint(HINT)),
        _ => Err(Fault::new("leads to nothing that a mapping has").hint(HINT)),
    }
}
