//! The events of a load: 1 kB of a track call as a shop would send it, a function of run, number and time.
//! Its text is what JavaScript prints, so that it is the body on the wire too, and the receiver finds run, number and
//! time at fixed places at its beginning. Counting them is left to `receiver`.

use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes of an event.
pub(crate) const SIZE: usize = 1_000;

const BEFORE: &str = r#"{"messageId":"b-"#;
/// Digits of run, number and time; a `-` stands between.
const DIGITS: [usize; 3] = [4, 8, 16];

/// Which event it is and when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// One phase of one scenario.
    pub(crate) run: u32,
    /// From 0.
    pub(crate) number: u32,
    /// Microseconds since 1970.
    pub(crate) made_us: u64,
}

/// Microseconds since 1970; all processes of a run share the machine and so the clock.
pub(crate) fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// The text of an event.
pub(crate) fn text(mark: Mark) -> String {
    let Mark { run, number, made_us } = mark;
    let (user, total) = (number % 9_973, number % 50_000);
    let mut text = format!(
        r#"{BEFORE}{run:04}-{number:08}-{made_us:016}","type":"track","event":"Order Completed","userId":"user-{user}","timestamp":"2026-01-31T09:30:00.000Z","context":{{"ip":"203.0.113.7","locale":"en-GB","library":{{"name":"analytics.js","version":"2.1.0"}},"page":{{"path":"/checkout","title":"Thank you","url":"https://shop.example.com/checkout?step=4"}},"userAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}},"properties":{{"order_id":"o-{number}","total":{total}.5,"currency":"EUR","coupon":null,"products":[{{"product_id":"p-17","name":"Kettle","price":39.9,"quantity":1}},{{"product_id":"p-230","name":"Tea, loose","price":7,"quantity":3}}],"note":""#
    );
    const AFTER: &str = r#""},"integrations":{"All":true}}"#;
    // Digits nobody can guess, so that compression finds no more in it than in a real event.
    let mut draw = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while text.len() + AFTER.len() < SIZE {
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        let room = SIZE - text.len() - AFTER.len();
        let digits = format!("{draw:016x}");
        text.push_str(&digits[..room.min(digits.len())]);
    }
    text.push_str(AFTER);
    text
}

/// Which event a body is; `None` where it is none of ours.
pub(crate) fn mark(body: &[u8]) -> Option<Mark> {
    let mut rest = body.strip_prefix(BEFORE.as_bytes())?;
    let mut numbers = [0_u64; 3];
    for (number, digits) in numbers.iter_mut().zip(DIGITS) {
        let (own, after) = rest.split_at_checked(digits)?;
        *number = std::str::from_utf8(own).ok()?.parse().ok()?;
        rest = after.strip_prefix(b"-").unwrap_or(after);
    }
    let [run, number, made_us] = numbers;
    Some(Mark { run: u32::try_from(run).ok()?, number: u32::try_from(number).ok()?, made_us })
}
