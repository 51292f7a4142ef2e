//! One try of a delivery: the HTTP client, the rule about addresses, and what came back.
//! What follows from an answer is decided by `outcome`; when a try is made, by `delivery`.

pub mod address;
pub mod answer;
pub mod client;
pub mod request;
pub mod signature;
mod tls;
pub mod verdict;
