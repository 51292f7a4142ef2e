//! What a process has used, as the kernel counts it in `/proc`: the same way for every process that is measured.
//! Whose process it is and between which moments is left to the scenarios.

use std::fs;
use std::ops::Sub;

use crate::failure::{Failure, OrFail as _};

/// Linux shows times in hundredths of a second to every program, whatever its own tick is (`proc(5)`).
const TICK_US: u64 = 10_000;

/// CPU time of a process since its start, user and system, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpuTime(pub(crate) u64);

impl Sub for CpuTime {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self(self.0.saturating_sub(before.0))
    }
}

impl CpuTime {
    /// Microseconds for each of so many deliveries.
    pub(crate) fn each(self, deliveries: u32) -> f64 {
        self.0 as f64 / f64::from(deliveries.max(1))
    }
}

/// Memory of a process in megabytes of 10^6 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) now: f64,
    /// Resident at most, so far.
    pub(crate) peak: f64,
}

/// The CPU time of a process that has not been waited for.
pub(crate) fn cpu_time(process: &str) -> Result<CpuTime, Failure> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).or_fail("cannot read the CPU time of a process")?;
    parse_cpu_time(&stat).or_fail("the CPU time of a process is not where proc(5) has it")
}

/// The memory of a process.
pub(crate) fn memory(process: &str) -> Result<Memory, Failure> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).or_fail("cannot read a process's memory")?;
    let megabytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kibibytes: f64 = line?.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes * 1024.0 / 1e6)
    };
    let both = megabytes("VmRSS:").zip(megabytes("VmHWM:"));
    both.map(|(now, peak)| Memory { now, peak }).or_fail("a process shows no memory; has it ended?")
}

/// Fields 14 and 15; the second field, the name, may hold spaces and parentheses itself.
fn parse_cpu_time(stat: &str) -> Option<CpuTime> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some(CpuTime((user + system) * TICK_US))
}
