//! How fast a destination may be called, and when it is left alone: `rate_limit` and `breaker`.
//! What they do is the business of `delivery`.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::route::flow::{BreakerTerms, RequestRate};

use super::duration;
use super::field::{Fault, Field};
use super::section::Section;

/// More failures in a row than this are as good as never.
const MOST_FAILURES: u64 = 1_000_000;
/// A receiver that is back should not wait longer for being noticed.
const PROBES: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(3600);

/// Requests per second.
pub(super) fn rate_limit(field: &Field<'_>) -> Option<RequestRate> {
    let text = field.number()?;
    let rate = text.value.parse().ok().and_then(RequestRate::per_second);
    field.judge(rate.ok_or_else(|| {
        let fault = Fault::new(format!("{} is not a number above 0 and up to 100000", text.shown));
        fault.hint("write requests per second, such as 10 or 0.5")
    }))
}

/// The breaker, with the usual terms where the file says nothing.
pub(super) fn breaker(section: Option<Section<'_>>) -> BreakerTerms {
    let mut terms = BreakerTerms::USUAL;
    let Some(section) = section else { return terms };
    let after = section.field("after").whole(0..=MOST_FAILURES);
    if let Some(after) = after.and_then(|after| u32::try_from(after).ok()) {
        terms.after = after;
    }
    if let Some(probe) = section.field("probe").duration(PROBES) {
        terms.probe = probe;
    }
    let longest = section.field("probe_max");
    match longest.duration(PROBES) {
        Some(given) if given < terms.probe => {
            let fault = Fault::new(format!("is shorter than `probe`, {}", duration::spell(terms.probe)));
            longest.complain(fault.hint("between two probes there is at first `probe`, at last `probe_max`"));
        }
        Some(given) => terms.probe_max = given,
        None => terms.probe_max = terms.probe_max.max(terms.probe),
    }
    section.finish();
    terms
}
