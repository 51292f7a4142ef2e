//! The sizes a process works within: how much each stage may hold, and when a lane gives way to others.
//! Chosen for a few hundred megabytes of memory; what they mean is told where they are used.

use crate::stage::delay::credit::ALLOWANCE;

/// Bytes of records the route stage may hold.
pub const ROUTE_BUDGET: usize = 32 << 20;
/// Bytes of records the diff stage may hold; the memberships themselves are not limited.
pub const DIFF_BUDGET: usize = 16 << 20;
/// Bytes of records the deliver stage may hold; it holds most.
pub const DELIVER_BUDGET: usize = 96 << 20;
/// Bytes of records the delay stage may hold.
pub const DELAY_BUDGET: usize = 16 << 20;
/// From so many bytes in one partition a lane that holds most of it gives way to idle ones.
pub const CLOGGED_AT: usize = 8 << 20;
/// Records of one partition, from the first unsettled one on, from which a lane that cannot keep up gives way to those
/// that can.
pub const SPAN: usize = 2_048;
// What returns has credit up to the allowance; if that came first, returned records of a lane that cannot keep up would stay
// where they are and hold up those behind them in the tiers.
const _: () = assert!(SPAN as u64 * 3 / 2 <= ALLOWANCE);
