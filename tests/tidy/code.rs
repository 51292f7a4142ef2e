//! Tells code from comments, strings and tests, without a parser: enough of Rust's lexical rules that no rule
//! is broken by a word in a comment. Names nothing of the project; what the code may say is left to the rules.

use std::collections::BTreeSet;

/// The text with comments and the insides of strings and characters replaced by spaces; lines stay lines.
pub(crate) fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let (length, kept) = token(rest, before);
        let (taken, left) = rest.split_at(length.max(next.len_utf8()).min(rest.len()));
        if kept {
            out.push_str(taken);
        } else {
            out.extend(taken.chars().map(|c| if c == '\n' { c } else { ' ' }));
        }
        before = taken.chars().next_back().unwrap_or(' ');
        rest = left;
    }
    out
}

/// The indices of the lines that belong to an item under `#[cfg(test)]`, in blanked code.
pub(crate) fn test_lines(code: &str) -> BTreeSet<usize> {
    const MARK: &str = "#[cfg(test)]";
    let mut lines = BTreeSet::new();
    for (begin, _) in code.match_indices(MARK) {
        let item = &code[begin + MARK.len()..];
        let end = begin + MARK.len() + item_length(item);
        let line_of = |at: usize| code[..at].matches('\n').count();
        lines.extend(line_of(begin)..=line_of(end));
    }
    lines
}

/// The identifiers of a line of blanked code, each with what follows it.
pub(crate) fn identifiers(code: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = code;
    std::iter::from_fn(move || {
        let begin = rest.find(is_word)?;
        let word = &rest[begin..];
        let (word, after) = word.split_at(word.find(|c| !is_word(c)).unwrap_or(word.len()));
        rest = after;
        Some((word, after))
    })
}

/// How long the token at the beginning is, and whether it is code.
fn token(text: &str, before: char) -> (usize, bool) {
    if text.starts_with("//") {
        return (text.find('\n').unwrap_or(text.len()), false);
    }
    if text.starts_with("/*") {
        return (block_comment(text), false);
    }
    // A prefix such as `br` belongs to a string only where no word ends before it.
    if !is_word(before) {
        let prefix = text.find(|c| !matches!(c, 'b' | 'c' | 'r')).unwrap_or(0);
        let after = &text[prefix..];
        let fences = after.len() - after.trim_start_matches('#').len();
        if text[..prefix].ends_with('r') && after[fences..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(fences));
            let inside = prefix + fences + 1;
            let length = text[inside..].find(&close);
            return (length.map_or(text.len(), |at| inside + at + close.len()), false);
        }
    }
    if text.starts_with('"') {
        return (quoted(text, '"'), false);
    }
    if text.starts_with('\'') {
        return (character(text), false);
    }
    (1, true)
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A character such as `'a'` or `'\n'`; a lifetime such as `'a` is one character long and harmless.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => quoted(text, '\''),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 1,
    }
}

/// From behind an attribute to the end of the item: the first semicolon outside braces, or the brace that
/// closes the first one.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && c == '}' {
                    return at;
                }
            }
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    code.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_no_code() {
        for (text, code) in [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d\n */ e", "a               \n    e"),
            (r#"f("a \" b") g"#, "f(        ) g"),
            (r##"f(r#"a " b"#) g"##, "f(          ) g"),
            (r#"f(br"\") g"#, "f(      ) g"),
            (r"g('\'', 'x', '{') h", "g(            ) h"),
            ("fn f<'a>(x: &'a str) {}", "fn f< a>(x: & a str) {}"),
            ("bar\"x\"", "bar   "),
            ("an \"open end", "an          "),
        ] {
            let blank = blanked(text);
            let same_commas = code.chars().filter(|c| !c.is_whitespace());
            let kept: String = blank.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
            assert_eq!(kept, same_commas.collect::<String>(), "{text}");
            assert_eq!(blank.lines().count(), text.lines().count(), "{text}");
        }
    }

    #[test]
    fn letters_beyond_ascii_do_not_move_the_lines() {
        let text = "/* ä */ let ö = 'ü'; // ß\nx";
        assert_eq!(blanked(text).lines().nth(1), Some("x"));
        assert!(blanked(text).contains("let ö ="));
    }

    #[test]
    fn an_item_for_tests_ends_with_its_brace_or_semicolon() {
        let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { }\n}\nfn c() {}\n\
                    #[cfg(test)]\nmod more;\nfn d() {}\n#[cfg(test)]\nfn e(x: [u8; 2]) {\n}\n";
        let lines: Vec<usize> = test_lines(code).into_iter().collect();
        assert_eq!(lines, [1, 2, 3, 4, 6, 7, 9, 10, 11]);
    }

    #[test]
    fn identifiers_are_whole_words() {
        let words: Vec<&str> = identifiers("use a::b_c as d2;").map(|(word, _)| word).collect();
        assert_eq!(words, ["use", "a", "b_c", "as", "d2"]);
        let after: Vec<&str> = identifiers("hmac::Mac").map(|(_, after)| after).collect();
        assert_eq!(after, ["::Mac", ""]);
    }
}
