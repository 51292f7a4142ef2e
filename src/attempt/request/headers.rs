//! The headers a mapping gives, with ours: how values become texts, who wins, what is refused (contract, section 5; Segment's
//! request client, `packages/core/src/request-client.ts`). What HTTP allows is known to the client. A value may be a token,
//! so no error shows one.

use std::borrow::Cow;

use crate::attempt::client::{PreparedHeaders, steers};
use crate::event::json::Tree;

/// What Segment's Actions destinations call themselves.
const USER_AGENT: &str = "Segment (Actions)";

/// Headers a mapping may give; common servers take about a hundred.
const MAX_HEADERS: usize = 250;

/// All headers of a request with a body but the signature and the id; a request without body leaves out the content type.
pub(super) fn headers(resolved: Option<&Tree>) -> Result<PreparedHeaders, Box<str>> {
    let mut headers = PreparedHeaders::default();
    match resolved {
        None | Some(Tree::Null) => {}
        Some(Tree::Text(text)) if text.is_empty() => {}
        Some(Tree::Object(members)) if members.len() > MAX_HEADERS => {
            return Err(format!("headers: more than {MAX_HEADERS}").into());
        }
        Some(Tree::Object(members)) => members.iter().try_for_each(|(name, value)| add(&mut headers, name, value))?,
        Some(_) => return Err("headers: must be an object".into()),
    }
    headers.fill("user-agent", USER_AGENT).map_err(|error| error.to_string())?;
    headers.set("content-type", "application/json").map_err(|error| error.to_string())?;
    Ok(headers)
}

/// What a mapping gives by two spellings of one name stands behind each other, as in the fetch API.
fn add(headers: &mut PreparedHeaders, name: &str, value: &Tree) -> Result<(), Box<str>> {
    if steers(name) {
        return Err(format!("headers: {} steers the connection and may not be set", name.to_ascii_lowercase()).into());
    }
    let Some(value) = text(value) else {
        let name: String = name.chars().take(64).collect();
        return Err(format!("headers: the value of {name:?} is an object").into());
    };
    headers.join(name, &value).map_err(|error| format!("headers: {error}").into())
}

/// What JavaScript's `String(value)` gives. None for objects, of which it says no more than that they are some.
fn text(value: &Tree) -> Option<Cow<'_, str>> {
    match value {
        Tree::Null => Some("null".into()),
        Tree::Bool(true) => Some("true".into()),
        Tree::Bool(false) => Some("false".into()),
        Tree::Number(number) => Some(number.as_str().into()),
        Tree::Text(text) => Some(text.into()),
        Tree::List(elements) => {
            let element = |element| if matches!(element, &Tree::Null) { Some("".into()) } else { text(element) };
            let elements: Option<Vec<Cow<'_, str>>> = elements.iter().map(element).collect();
            Some(elements?.join(",").into())
        }
        Tree::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::json::BigIntegers;

    fn read(json: &str) -> Result<Vec<(String, String)>, Box<str>> {
        let tree = Tree::read(json.as_bytes(), BigIntegers::Exact).unwrap();
        let mut shown = headers(Some(&tree))?.shown();
        shown.retain(|(name, value)| name != "content-type" || value != "application/json");
        shown.retain(|(name, value)| name != "user-agent" || value != USER_AGENT);
        shown.sort();
        Ok(shown)
    }

    #[test]
    fn values_become_texts_as_in_javascript() {
        let shown = read(r#"{"A":null,"B":1.50,"C":false,"D":[1,null,"x",["y"]],"E":"","F":12345678901234567890}"#);
        let expected = [("a", "null"), ("b", "1.5"), ("c", "false"), ("d", "1,,x,y"), ("e", "")];
        let mut expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        expected.push(("f".to_owned(), "12345678901234567890".to_owned()));
        assert_eq!(shown, Ok(expected));
    }

    #[test]
    fn a_mapping_wins_over_us_but_for_the_content_type() {
        let shown = read(r#"{"USER-agent":"mine","Content-Type":"text/plain"}"#);
        assert_eq!(shown, Ok(vec![("user-agent".to_owned(), "mine".to_owned())]));
    }

    #[test]
    fn what_may_not_be_sent_is_refused_without_its_value() {
        let many: Vec<String> = (0..=MAX_HEADERS).map(|at| format!("\"x-{at}\":\"secret\"")).collect();
        let many = format!("{{{}}}", many.join(","));
        let refused = [
            r#"{"Host":"secret"}"#,
            r#"{"content-LENGTH":"secret"}"#,
            r#"{"Proxy-Authorization":"secret"}"#,
            r#"{"X-A":"secret\nb"}"#,
            r#"{"X-A":"secret 日本"}"#,
            r#"{"a b":"secret"}"#,
            r#"{"":"secret"}"#,
            r#"{"X-A":{"secret":1}}"#,
            r#"{"X-A":[{"secret":1}]}"#,
            r#"["secret"]"#,
            r#""secret""#,
            "5",
            many.as_str(),
        ];
        for json in refused {
            let error = read(json).unwrap_err();
            assert!(error.starts_with("headers: ") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn no_headers_are_none() {
        for nothing in ["null", "{}", "\"\""] {
            assert_eq!(read(nothing), Ok(vec![]), "{nothing}");
        }
        assert_eq!(headers(None).unwrap().shown().len(), 2);
    }
}
