//! Exit codes only.

fn main() {}
