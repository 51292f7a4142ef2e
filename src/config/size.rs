//! Sizes as the file writes them: `512B`, `64KiB`, `4MB`. One whole number and one unit; `KiB` counts
//! by 1024, `KB` by 1000.

/// Why a text is no size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// No whole number with a known unit.
    #[error("is not a size")]
    Form,
    /// More bytes than can be counted.
    #[error("is a larger size than can be counted")]
    TooLarge,
}

/// Reads a size, in bytes.
pub fn parse(text: &str) -> Result<u64, SizeError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let bytes: u64 = match unit {
        "B" => 1,
        "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(SizeError::Form),
    };
    if number.is_empty() {
        return Err(SizeError::Form);
    }
    let count = number.parse::<u64>().ok();
    count.and_then(|count| count.checked_mul(bytes)).ok_or(SizeError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_and_decimal_units_differ() {
        for (text, bytes) in [("64KiB", 65_536), ("4MB", 4_000_000), ("1GiB", 1 << 30), ("0B", 0)] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "64", "KiB", "64 KiB", "64kib", "1.5MB", "-1B"] {
            assert_eq!(parse(text), Err(SizeError::Form), "{text}");
        }
        assert_eq!(parse("99999999999999999GB"), Err(SizeError::TooLarge));
    }
}
