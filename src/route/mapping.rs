//! What a destination is sent instead of the event: the mapping of Segment's Actions destinations.
//! Decided on the event as a tree; no I/O, no clock. Its `@liquid` directive is `liquid`'s.

pub mod liquid;
