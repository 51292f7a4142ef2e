//! Which known word somebody may have meant. Plain text work; knows no configuration.
//! The readers of the sections ask it when they meet an unknown key.

/// The known word nearest to `typed`, if it is near enough to be a slip.
pub(super) fn nearest<'a>(typed: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let typed = plain(typed);
    // Longer words are cut off: they are no slip of a key, and the work is quadratic.
    if typed.len() > 40 {
        return None;
    }
    known
        .iter()
        .map(|word| (distance(&typed, &plain(word)), *word))
        .filter(|(steps, word)| {
            // Another form of a word (`retry` for `retries`) begins alike and ends otherwise.
            let alike = word.bytes().zip(typed.bytes()).take_while(|(a, b)| a == b).count();
            *steps <= word.len().div_ceil(4).min(3) || (alike >= 4 && *steps <= 3)
        })
        .min()
        .map(|(_, word)| word)
}

/// Letters to insert, remove, replace or swap with the next to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_word_that_was_meant() {
        let known = ["timeout", "shared_secret", "url", "id", "max_in_flight", "retries"];
        for (typed, meant) in [
            ("timout", Some("timeout")),
            ("tiemout", Some("timeout")),
            ("Shared-Secret", Some("shared_secret")),
            ("ulr", Some("url")),
            ("max_inflight", Some("max_in_flight")),
            ("retry", Some("retries")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, &known), meant, "{typed}");
        }
    }
}
