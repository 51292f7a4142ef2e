//! How a request differs from the one a test of the configuration expects, member by member, as plain data. Which request
//! is meant, and where the test stands, is `tested`'s.

use std::fmt;

use url::Url;

use crate::attempt::request::Preview;
use crate::config::testing::{ExpectedBody, ExpectedRequest};
use crate::event::json::{BigIntegers, Tree};

/// Characters of a value that are shown.
const SHOWN: usize = 300;
/// Stands where there is no value.
pub(super) const NOTHING: &str = "nothing";

/// One member that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Which one: `url`, or `body at $.items[0].sku`.
    pub(super) member: String,
    pub(super) expected: String,
    pub(super) found: String,
}

impl Difference {
    pub(super) fn new(member: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { member: member.into(), expected: expected.into(), found: found.into() }
    }

    /// The same as one of a mapping's request.
    pub(super) fn of(self, mapping: &str) -> Self {
        Self { member: format!("{mapping}: {}", self.member), ..self }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { member, expected, found } = self;
        write!(f, "{member}: expected {}, found {}", clipped(expected), clipped(found))
    }
}

/// What of a request is not as expected; of the body the first place only, for what follows may follow from it.
pub(super) fn of_request(expected: &ExpectedRequest, found: &Preview) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut compare = |member: String, expected: &str, found: Option<&str>| {
        if found != Some(expected) {
            differences.push(Difference::new(member, expected, found.unwrap_or(NOTHING)));
        }
    };
    if let Some(method) = &expected.method {
        compare("method".to_owned(), method, Some(found.method));
    }
    if let Some(url) = &expected.url {
        // As it is sent: `https://a.example.com` has a path, too.
        let url = Url::parse(url).map_or_else(|_| url.clone(), |url| url.to_string());
        compare("url".to_owned(), &url, Some(&found.url));
    }
    for (name, value) in &expected.headers {
        let name = name.to_ascii_lowercase();
        compare(format!("header {name}"), value, found.headers.get(&name).map(String::as_str));
    }
    differences.extend(expected.body.as_ref().and_then(|body| of_body(body, found.body.as_deref())));
    differences
}

fn of_body(expected: &ExpectedBody, found: Option<&str>) -> Option<Difference> {
    match (expected, found) {
        (ExpectedBody::None, None) => None,
        (ExpectedBody::None, Some(found)) => Some(Difference::new("body", NOTHING, found)),
        (ExpectedBody::Text(text), found) if found == Some(text) => None,
        (ExpectedBody::Text(text), found) => Some(Difference::new("body", text, found.unwrap_or(NOTHING))),
        (ExpectedBody::Json(tree), None) => Some(Difference::new("body", tree.text(), NOTHING)),
        (ExpectedBody::Json(tree), Some(found)) => match Tree::read(found.as_bytes(), BigIntegers::Exact) {
            Ok(found) => of_value(Some(tree), Some(&found), "$"),
            Err(_) => Some(Difference::new("body", tree.text(), found)),
        },
    }
}

/// The first place at which two values differ: in the order of what is expected, then of what is there without that. A
/// value is as deep as its text may be, so this is, too.
fn of_value(expected: Option<&Tree>, found: Option<&Tree>, path: &str) -> Option<Difference> {
    match (expected, found) {
        (Some(Tree::Object(expected)), Some(Tree::Object(found))) => {
            let absent = found.iter().filter(|(key, _)| expected.get(key).is_none());
            let keys = expected.iter().chain(absent).map(|(key, _)| key);
            keys.map(|key| (key, expected.get(key), found.get(key)))
                .find_map(|(key, expected, found)| of_value(expected, found, &member(path, key)))
        }
        (Some(Tree::List(expected)), Some(Tree::List(found))) => (0..expected.len().max(found.len()))
            .find_map(|index| of_value(expected.get(index), found.get(index), &format!("{path}[{index}]"))),
        (expected, found) if expected == found => None,
        (expected, found) => {
            let text = |value: Option<&Tree>| value.map_or_else(|| NOTHING.to_owned(), Tree::text);
            Some(Difference::new(format!("body at {path}"), text(expected), text(found)))
        }
    }
}

/// A key that cannot stand in a path as it is stands in quotes.
fn member(path: &str, key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if is_plain { format!("{path}.{key}") } else { format!("{path}[{}]", Tree::from(key).text()) }
}

/// The beginning of a text from outside, without what a terminal would obey.
fn clipped(text: &str) -> String {
    let plain: String = text.chars().take(SHOWN).map(|c| if c.is_control() { '·' } else { c }).collect();
    if plain.len() < text.len() { plain + "…" } else { plain }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn sent(body: Option<&str>) -> Preview {
        Preview {
            method: "POST",
            url: "https://a.example.com/".to_owned(),
            headers: BTreeMap::from([("x-team".to_owned(), "growth".to_owned())]),
            body: body.map(str::to_owned),
        }
    }

    fn json(text: &str) -> Option<ExpectedBody> {
        Some(ExpectedBody::Json(Tree::read(text.as_bytes(), BigIntegers::Exact).unwrap()))
    }

    fn of_json(expected: &str, found: &str) -> Vec<String> {
        let request = ExpectedRequest { body: json(expected), ..ExpectedRequest::default() };
        of_request(&request, &sent(Some(found))).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_not_given_may_be_anything() {
        assert_eq!(of_request(&ExpectedRequest::default(), &sent(Some("x"))), []);
    }

    #[test]
    fn every_member_that_differs_is_told() {
        let expected = ExpectedRequest {
            method: Some("PUT".to_owned()),
            url: Some("https://b.example.com".to_owned()),
            headers: vec![
                ("X-Team".to_owned(), "growth".to_owned()),
                ("X-Other".to_owned(), "1".to_owned()),
                ("x-team".to_owned(), "Growth".to_owned()),
            ],
            body: Some(ExpectedBody::None),
        };
        let told: Vec<String> = of_request(&expected, &sent(Some("{}"))).iter().map(ToString::to_string).collect();
        let wanted = [
            "method: expected PUT, found POST",
            "url: expected https://b.example.com/, found https://a.example.com/",
            "header x-other: expected 1, found nothing",
            "header x-team: expected Growth, found growth",
            "body: expected nothing, found {}",
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn an_address_is_compared_as_it_is_sent() {
        let expected = ExpectedRequest { url: Some("https://A.example.com".to_owned()), ..ExpectedRequest::default() };
        assert_eq!(of_request(&expected, &sent(None)), []);
    }

    #[test]
    fn of_a_body_the_first_place_is_told() {
        let found = r#"{"b":[{"sku":1},{"sku":"2"}],"a":1,"c":{"d e":true}}"#;
        assert_eq!(of_json(r#"{"a":1,"b":[{"sku":1},{"sku":"2"}],"c":{"d e":true}}"#, found), [""; 0]);
        for (expected, told) in [
            (r#"{"a":1,"b":[{"sku":1},{"sku":2}],"c":0}"#, "body at $.b[1].sku: expected 2, found \"2\""),
            (r#"{"a":1,"b":[{"sku":1}],"c":{}}"#, "body at $.b[1]: expected nothing, found {\"sku\":\"2\"}"),
            (r#"{"a":1,"b":[{"sku":1},{"sku":"2"}],"c":{}}"#, "body at $.c[\"d e\"]: expected nothing, found true"),
            (r#"{"a":1,"x":null}"#, "body at $.x: expected null, found nothing"),
            ("[]", "body at $: expected [], found {\"b\":[{\"sku\":1},{\"sku\":\"2\"}],\"a\":1,\"c\":{\"d e\":true}}"),
        ] {
            assert_eq!(of_json(expected, found), [told], "{expected}");
        }
    }

    #[test]
    fn a_body_that_is_missing_or_expected_as_text_is_compared_as_a_whole() {
        let request = |body| ExpectedRequest { body, ..ExpectedRequest::default() };
        let none = of_request(&request(json("{}")), &sent(None));
        assert_eq!(none, [Difference::new("body", "{}", "nothing")]);
        let text = request(Some(ExpectedBody::Text("{\"a\":1}".to_owned())));
        assert_eq!(of_request(&text, &sent(Some("{\"a\":1}"))), []);
        assert_eq!(of_request(&text, &sent(Some("{\"a\": 1}"))).len(), 1);
        assert_eq!(of_request(&request(Some(ExpectedBody::None)), &sent(None)), []);
    }

    #[test]
    fn a_long_value_is_cut_and_steers_no_terminal() {
        let difference = Difference::new("body", "\u{1b}[2J", "x".repeat(1_000));
        let told = difference.to_string();
        assert!(
            told.starts_with("body: expected ·[2J, found xxx") && told.ends_with("x…") && told.len() < 400,
            "{told}"
        );
    }
}
