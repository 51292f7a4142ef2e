//! Filters for HTML and XML: escaping, and taking markup away.
//! Escapes for addresses are `url`'s.

use super::{Call, Filter, Made};

pub(super) fn named(name: &str) -> Option<Filter> {
    Some(match name {
        "escape" | "xml_escape" => escape,
        "escape_once" => escape_once,
        "strip_html" => strip_html,
        _ => return None,
    })
}

const ESCAPES: [(char, &str); 5] = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&#34;"), ('\'', "&#39;")];

/// What opens markup and what ends it; tried in this order where a `<` stands.
const MARKUP: [(&str, &str); 4] = [("<script", "</script>"), ("<style", "</style>"), ("<!--", "-->"), ("<", ">")];

fn escape<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = escaped(&call.text()?);
    call.made(text)
}

/// Leaves escapes that are there already.
fn escape_once<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = escaped(&unescaped(&call.text()?));
    call.made(text)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match ESCAPES.iter().find(|(plain, _)| *plain == c) {
            Some((_, escape)) => out.push_str(escape),
            None => out.push(c),
        }
    }
    out
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (plain, length) = ESCAPES
            .iter()
            .find(|(_, escape)| rest.starts_with(escape))
            .map_or(('&', 1), |(plain, escape)| (*plain, escape.len()));
        out.push(plain);
        rest = &rest[length..];
    }
    out + rest
}

/// Takes away tags, comments, and scripts and styles with what stands in them; what never ends stays.
fn strip_html<'e>(call: &mut Call<'_, 'e>) -> Made<'e> {
    let text = call.text()?;
    // What is not ended here is not ended further on either, so it is not looked for again.
    let mut markup: Vec<(&str, &str)> = MARKUP.to_vec();
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let mut end = None;
        markup.retain(|(open, close)| {
            if end.is_some() || !rest.starts_with(open) {
                return true;
            }
            end = rest[open.len()..].find(close).map(|found| open.len() + found + close.len());
            end.is_some()
        });
        match end {
            Some(end) => rest = &rest[end..],
            None => break,
        }
    }
    out.push_str(rest);
    call.made(out)
}
