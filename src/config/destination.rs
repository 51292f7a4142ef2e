//! One destination: its keys, defaults and limits. What its type says is `kind`'s; filters, secret and connection have
//! files of their own; that ids are unique is seen to by `destinations`.

mod kind;

use std::collections::BTreeSet;
use std::time::Duration;

use crate::event::json::BigIntegers;
use crate::route::Kind;
use crate::route::destination::{Destination, DestinationId};

use super::audiences;
use super::connection;
use super::field::{Fault, Field};
use super::filters;
use super::flow;
use super::http::in_flight;
use super::mappings::Terms;
use super::resolved::{Http, Retries};
use super::retries::{give_up_after, max_attempts};
use super::secret;
use super::section::{Harmless, Section};
use super::web_address::Reach;

/// What a destination takes over where it says nothing.
pub(super) struct Defaults<'a> {
    pub(super) http: &'a Http,
    pub(super) retries: &'a Retries,
}

/// Segment waits 5 s for a classic webhook, and 10 s for one of Actions (segment.md, section 1).
const USUAL_TIMEOUT: Duration = Duration::from_secs(5);
const USUAL_TIMEOUT_OF_ACTIONS: Duration = Duration::from_secs(10);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);
const USUAL_IN_FLIGHT: usize = 100;
/// More partitions than anybody has; what is spread wider than there are partitions has all of them.
const MOST_SPREAD: u64 = 10_000;

/// Reads a destination; `None` where it cannot be one, which was complained of then.
pub(super) fn read(section: Section<'_>, defaults: &Defaults<'_>) -> Option<Destination> {
    let id = id(&section);
    // The keys of a type that is not available have other meanings, or none: to judge them would mislead.
    let kind = kind::read(&section)?;
    let connection = connection::read(&section, defaults.http);
    let reach = match connection.proxy {
        Some(_) => Reach::Proxied,
        None => Reach::Direct(&connection.allow_networks),
    };
    let big_integers = big_integers(&section.field("big_integers")).unwrap_or_default();
    let sends = kind::sends(&section, kind, &Terms { reach, big_integers });
    let (inline, in_file) = (section.field("shared_secret"), section.field("shared_secret_file"));
    let shared_secret = secret::read(&inline, &in_file);
    let timeout = section.field("timeout").duration(Duration::from_millis(1)..=LONGEST_TIMEOUT);
    let usual_timeout = if kind == Kind::Actions { USUAL_TIMEOUT_OF_ACTIONS } else { USUAL_TIMEOUT };
    let max_in_flight = in_flight(&section.field("max_in_flight")).unwrap_or(USUAL_IN_FLIGHT);
    let own_give_up_after = give_up_after(&section, Some(defaults.retries.expire_after));
    let own_max_attempts = max_attempts(&section);
    let destination = Destination {
        enabled: section.field("enabled").flag().unwrap_or(true),
        paused: section.field("paused").flag().unwrap_or(false),
        spread: spread(&section.field("spread"), max_in_flight).unwrap_or(1),
        sends,
        filters: filters::read(&section.field("filters")),
        shared_secret,
        timeout: timeout.unwrap_or(usual_timeout),
        max_in_flight,
        rate_limit: flow::rate_limit(&section.field("rate_limit")),
        breaker: flow::breaker(section.section("breaker")),
        give_up_after: own_give_up_after.unwrap_or(defaults.retries.give_up_after),
        max_attempts: own_max_attempts.or(defaults.retries.max_attempts),
        retry_on: retry_on(&section.field("retry_on")),
        big_integers,
        audiences: audiences::audiences(&section.field("audiences")).unwrap_or_default(),
        audience_calls: audiences::calls(&section.field("audience_calls")).unwrap_or_default(),
        connection,
        // The last, so that everything else is read and judged even where the id is wrong.
        id: match id {
            Some(id) => id,
            None => return finished(section, kind, None),
        },
    };
    finished(section, kind, Some(destination))
}

fn finished(section: Section<'_>, kind: Kind, destination: Option<Destination>) -> Option<Destination> {
    for key in ["standard_webhooks_secret", "auth", "insert_function"] {
        section.later(key, &Harmless::Nothing);
    }
    let mut hints = kind::misplaced(kind);
    hints.extend([
        ("globalHook", "write `url`"),
        ("sharedSecret", "write `shared_secret`"),
        ("signing_secret", "write `shared_secret`"),
    ]);
    section.finish_with(&hints);
    destination
}

fn id(section: &Section<'_>) -> Option<DestinationId> {
    let field = section.field("id");
    if !field.is_given() {
        section.missing("id", "give the destination a short name, such as `id: crm`");
    }
    let text = field.text()?;
    let id = DestinationId::new(&text.value);
    field.judge(id.map_err(|error| Fault::new(error.to_string())))
}

/// No wider than there are deliveries to divide.
fn spread(field: &Field<'_>, max_in_flight: usize) -> Option<u32> {
    let spread = field.whole(1..=MOST_SPREAD).and_then(|spread| u32::try_from(spread).ok())?;
    let fault = || {
        let fault = Fault::new(format!("is more than `max_in_flight`, {max_in_flight}"));
        fault.hint("each partition must have one delivery under way at least")
    };
    field.judge(if spread as usize <= max_in_flight { Ok(spread) } else { Err(fault()) })
}

fn retry_on(field: &Field<'_>) -> Option<BTreeSet<u16>> {
    let items = field.list();
    let status = |item: &Field<'_>| {
        if !item.is_given() {
            item.complain(Fault::new("is missing"));
        }
        item.whole(300..=599).and_then(|status| u16::try_from(status).ok())
    };
    field.is_given().then(|| items.iter().filter_map(status).collect())
}

fn big_integers(field: &Field<'_>) -> Option<BigIntegers> {
    let text = field.text()?;
    let choice = match text.value.as_str() {
        "exact" => Some(BigIntegers::Exact),
        "javascript" => Some(BigIntegers::JavaScript),
        _ => None,
    };
    field.judge(
        choice.ok_or_else(|| {
            Fault::new(format!("{} is not a choice here", text.shown)).hint("write exact or javascript")
        }),
    )
}
