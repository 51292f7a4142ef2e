//! Exit codes, 0 done, 1 failed while running, 2 wrong usage or invalid configuration, and the allocator.
//! Everything else is the library's.

use std::process::ExitCode;

/// A record is made on one thread and freed on another; the C library's allocator pays for that with locks, a tenth
/// of what a delivery costs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kafka_webhooks::cli::main()
}
