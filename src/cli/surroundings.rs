//! What the process is allowed: the number of files it may have open, from which the number of requests follows.
//! Read from the system here; what follows from it is decided by `config`.

/// The soft limit of file descriptors; 1024, the usual one, where the system does not tell.
pub(super) fn file_descriptors() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    soft_limit(&limits).unwrap_or(1024)
}

/// `Max open files            1024                 1048576              files`
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    let value = line.split_whitespace().nth(3)?;
    if value == "unlimited" { Some(u64::MAX) } else { value.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_read_as_linux_writes_it() {
        let text = "Limit    Soft Limit   Hard Limit   Units\nMax open files            1024                 1048576              files\n";
        assert_eq!(soft_limit(text), Some(1024));
        assert_eq!(soft_limit("Max open files  unlimited  unlimited  files"), Some(u64::MAX));
        assert_eq!(soft_limit("nothing"), None);
        assert!(file_descriptors() > 0);
    }
}
