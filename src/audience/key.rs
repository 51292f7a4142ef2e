//! The key of an audience that has only a name: Segment's snake case, as in its library for warehouse names.
//! A key that a record gives is never changed; whether there is one is seen by `record`.

/// The key of a name; `None` if it has no Latin letter or digit.
///
/// Words are a run of capitals and digits followed by lower-case letters and digits, or of the latter alone; anything
/// else only separates (`fixtures/snakecase.jsonl`).
pub fn snake(name: &str) -> Option<String> {
    let mut key = String::with_capacity(name.len());
    let mut before = Run::Separator;
    for byte in name.bytes() {
        let run = before.then(byte);
        if run != Run::Separator {
            let begins = match before {
                Run::Separator => true,
                // A capital after a lower-case letter begins a word; after a capital or digits that began one it does not.
                Run::Lower => byte.is_ascii_uppercase(),
                Run::Upper => false,
            };
            if begins && !key.is_empty() {
                key.push('_');
            }
            key.push(char::from(byte.to_ascii_lowercase()));
        }
        before = run;
    }
    Some(key).filter(|key| !key.is_empty())
}

/// Which part of a word the last byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    /// To none.
    Separator,
    /// To the capitals and digits a word may begin with.
    Upper,
    /// To the lower-case letters and digits that end it.
    Lower,
}

impl Run {
    fn then(self, byte: u8) -> Self {
        match (self, byte) {
            (_, b'A'..=b'Z') => Self::Upper,
            (_, b'a'..=b'z') => Self::Lower,
            (Self::Separator | Self::Upper, b'0'..=b'9') => Self::Upper,
            (Self::Lower, b'0'..=b'9') => Self::Lower,
            _ => Self::Separator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURES: &str = include_str!("../../tests/fixtures/snakecase.jsonl");

    #[test]
    fn every_fixture_has_segments_key() {
        #[derive(serde::Deserialize)]
        struct Case {
            id: String,
            name: String,
            key: String,
        }
        for line in FIXTURES.lines() {
            let case: Case = serde_json::from_str(line).unwrap();
            assert_eq!(snake(&case.name).unwrap_or_default(), case.key, "{}", case.id);
        }
        assert_eq!(FIXTURES.lines().count(), 112);
    }

    #[test]
    fn a_name_without_latin_letter_or_digit_has_no_key() {
        for name in ["", "用户", "é", "__", "ｆｕｌｌ"] {
            assert_eq!(snake(name), None, "{name}");
        }
    }

    #[test]
    fn a_key_in_snake_case_stays_what_it_is() {
        for key in ["order_completed_last_30days", "2fa_enabled", "i_os_users"] {
            assert_eq!(snake(key).as_deref(), Some(key));
        }
    }
}
