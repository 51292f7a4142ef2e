//! The section `retries`, and the two limits every destination may set for itself. How a schedule
//! follows from them is the business of `outcome`.

use std::time::Duration;

use crate::outcome::schedule::Tier;

use super::duration;
use super::field::{Fault, Field};
use super::resolved::Retries;
use super::section::Section;

/// Nothing may wait longer than half of the 7 days that `topics create` gives to deliveries and
/// delays, or retention might overtake it.
const LONGEST: Duration = Duration::from_secs(84 * 3600);

const USUAL_EXPIRY: Duration = Duration::from_secs(72 * 3600);

/// More than a delivery can have within 84 hours, at one a second.
const MOST_ATTEMPTS: u64 = 1_000_000;

pub(super) fn read(section: Option<Section<'_>>) -> Retries {
    let seconds = [10, 60, 300, 900, 1800, 3600];
    let tiers = seconds.map(|s| Tier::new(Duration::from_secs(s)));
    let mut retries = Retries {
        tiers: tiers.into_iter().flatten().collect(),
        give_up_after: Duration::from_secs(4 * 3600),
        max_attempts: None,
        expire_after: USUAL_EXPIRY,
    };
    let Some(section) = section else { return retries };
    let given = section.field("tiers");
    if given.is_given() {
        retries.tiers = tiers_of(&given);
    }
    if let Some(limit) = give_up_after(&section, None) {
        retries.give_up_after = limit;
    }
    retries.max_attempts = max_attempts(&section);
    retries.expire_after = expire_after(&section, retries.give_up_after);
    section.finish();
    retries
}

/// `give_up_after`, here or at a destination, where nothing may wait longer than `expire_after`.
pub(super) fn give_up_after(section: &Section<'_>, expire_after: Option<Duration>) -> Option<Duration> {
    let field = section.field("give_up_after");
    let own = field.duration(Duration::from_millis(1)..=LONGEST)?;
    match expire_after.filter(|most| own > *most) {
        None => Some(own),
        Some(most) => {
            let fault = Fault::new(format!("is longer than `retries.expire_after`, {}", duration::spell(most)));
            field.complain(fault.hint("nothing waits longer than that; raise it, at most to 84h, or lower this"));
            None
        }
    }
}

/// `expire_after`: at least as long as the clock may run.
fn expire_after(section: &Section<'_>, give_up_after: Duration) -> Duration {
    let field = section.field("expire_after");
    let usual = USUAL_EXPIRY.max(give_up_after);
    match field.duration(Duration::from_millis(1)..=LONGEST) {
        Some(own) if own < give_up_after => {
            let fault = Fault::new(format!("is shorter than `give_up_after`, {}", duration::spell(give_up_after)));
            field.complain(fault.hint("a delivery must be able to wait as long as its clock may run"));
            usual
        }
        own => own.unwrap_or(usual),
    }
}

/// `max_attempts`, here or at a destination.
pub(super) fn max_attempts(section: &Section<'_>) -> Option<u32> {
    let number = section.field("max_attempts").whole(1..=MOST_ATTEMPTS)?;
    u32::try_from(number).ok()
}

fn tiers_of(field: &Field<'_>) -> Vec<Tier> {
    let items = field.list();
    if items.is_empty() && matches!(field.value, Some(super::raw::Value::List(_))) {
        field.complain(Fault::new("there must be at least one tier"));
    }
    let mut tiers: Vec<Tier> = Vec::new();
    for item in items {
        if !item.is_given() {
            item.complain(Fault::new("is missing").hint(duration::EXAMPLES));
            continue;
        }
        let wait = item.duration(Duration::from_millis(1)..=LONGEST);
        let Some(tier) = wait.and_then(Tier::new) else {
            continue;
        };
        match tiers.last() {
            Some(last) if *last == tier => {
                item.complain(Fault::new("is the same tier as the one before"));
            }
            Some(last) if *last > tier => {
                let fault = Fault::new(format!("is shorter than the tier before, {}", last.name()));
                item.complain(fault.hint("order the tiers from short to long"));
            }
            _ => tiers.push(tier),
        }
    }
    tiers
}
