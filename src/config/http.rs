//! The section `http`: what holds for all requests of the process.
//! How connections are made of it is the business of `attempt::client`.

use super::Surroundings;
use super::field::Field;
use super::networks;
use super::resolved::Http;
use super::section::Section;
use super::web_address;

/// More requests at once than this bring a process nothing.
pub(super) const MOST_IN_FLIGHT: u64 = 100_000;

/// The default, if there are file descriptors for it.
const USUAL_IN_FLIGHT: u64 = 2000;

pub(super) fn read(section: Option<Section<'_>>, surroundings: &Surroundings<'_>) -> Http {
    let spare = (surroundings.file_descriptors / 2).clamp(1, USUAL_IN_FLIGHT);
    let mut http = Http { max_in_flight: usize::try_from(spare).unwrap_or(1), allow_networks: Vec::new(), proxy: None };
    let Some(section) = section else { return http };
    if let Some(limit) = in_flight(&section.field("max_in_flight")) {
        http.max_in_flight = limit;
    }
    http.allow_networks = networks::read(&section.field("allow_networks"));
    http.proxy = web_address::proxy(&section.field("proxy"));
    section.finish();
    http
}

/// A limit of requests under way, here or at a destination.
pub(super) fn in_flight(field: &Field<'_>) -> Option<usize> {
    field.whole(1..=MOST_IN_FLIGHT).and_then(|limit| usize::try_from(limit).ok())
}
