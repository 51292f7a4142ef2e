//! The event: what a record on the events topic must be to count as one, and its JSON text.
//! `parse` reads the few members everything else needs, borrowed from the record's bytes; `json` owns
//! the grammar and the text JavaScript prints. Which destinations want an event is decided by `route`.

pub mod json;
mod parse;

pub use parse::{Call, Event, Malformed};
