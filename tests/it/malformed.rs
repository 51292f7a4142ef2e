//! The consumer survives what is no event: one dead letter each (`records`), odd but valid JSON is delivered (`odd`),
//! and forged headers do no harm (`forged`).

mod forged;
mod odd;
mod records;
