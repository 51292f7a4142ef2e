//! Exit codes only: 0 done, 1 failed while running, 2 wrong usage or invalid configuration.
//! Everything else is the library's.

use std::process::ExitCode;

fn main() -> ExitCode {
    kafka_webhooks::cli::main()
}
