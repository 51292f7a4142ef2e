//! What is wrong with a mapping whatever the event is, by the very rules of an attempt: for who checks a configuration, so
//! that nothing is accepted there that could never be sent. Where it stands in the file is known to whoever asks.

use super::address::address;
use super::data::Data;
use super::headers::headers;
use super::part::method;
use crate::event::json::{BigIntegers, Tree};
use crate::route::actions::SendMapping;
use crate::route::mapping::Mapping;

/// The faults of the constant parts of a mapping, each beginning with the part's name, as `url: is empty`. They show nothing
/// of what is configured but names of headers.
pub fn constant_faults(mapping: &SendMapping) -> Vec<Box<str>> {
    let data = match Data::new(&mapping.data, BigIntegers::default()) {
        Data::Fixed(Err(fault)) => Some(fault),
        Data::Fixed(Ok(_)) | Data::Event | Data::Each(_) => None,
    };
    let parts = [
        fault(&mapping.url, address),
        fault(&mapping.method, method),
        mapping.headers.as_ref().and_then(|mapping| fault(mapping, headers)),
        data,
    ];
    parts.into_iter().flatten().collect()
}

fn fault<T>(mapping: &Mapping, read: fn(Option<&Tree>) -> Result<T, Box<str>>) -> Option<Box<str>> {
    read(Some(mapping.constant()?)).err()
}
