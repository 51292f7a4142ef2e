//! The address a mapping gives: a URI of http or https (RFC 3986, RFC 9110 section 4.2), with nothing in it that would leak
//! or be ignored. Which hosts may be called is decided by the client, on every connection. A URL may hold a token, so no
//! error shows one.

use url::Url;

use crate::event::json::Tree;

/// Bytes a URL may have; what carries it on an HTTP connection takes less than 65,535.
const MAX_BYTES: usize = 60_000;

/// The URL, ready to be called. A fragment is left out, as it is never sent.
pub(super) fn address(resolved: Option<&Tree>) -> Result<Url, Box<str>> {
    let text = match resolved {
        None | Some(Tree::Null) => return Err("url: there is none".into()),
        Some(Tree::Text(text)) if text.is_empty() => return Err("url: is empty".into()),
        Some(Tree::Text(text)) => text,
        Some(_) => return Err("url: is no text".into()),
    };
    if text.len() > MAX_BYTES {
        return Err("url: is too long".into());
    }
    if !is_uri(text.as_bytes()) {
        return Err(
            "url: holds a character that must be encoded there, such as a space or a letter beyond ASCII".into()
        );
    }
    let mut url = Url::parse(text).map_err(|error| format!("url: is not valid: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("url: is neither http nor https".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("url: may not hold a user name or password".into());
    }
    url.set_fragment(None);
    // The library that sends encodes some characters anew.
    if url.as_str().len() > MAX_BYTES {
        return Err("url: is too long".into());
    }
    Ok(url)
}

/// Whether all characters are those of a URI (RFC 3986), a percent sign being followed by two hexadecimal digits.
pub fn is_uri(text: &[u8]) -> bool {
    text.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Box<str>> {
        address(Some(&text.into())).map(Into::into)
    }

    #[test]
    fn a_web_address_is_taken_as_it_is() {
        for text in ["http://a.test/", "https://a.test:8443/x%20y'z?q=1&r[]=a", "http://[2001:db8::1]/"] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
        assert_eq!(read("HTTP://A.test").as_deref(), Ok("http://a.test/"));
        assert_eq!(read("http://a.test/x#part").as_deref(), Ok("http://a.test/x"));
    }

    #[test]
    fn everything_else_is_refused_without_being_shown() {
        let long = format!("http://secret.test/{}", "a".repeat(MAX_BYTES));
        let texts = [
            "http://secret.test/a b",
            "http://secret.test/ü",
            "http://secret.test/%zz",
            "http://secret.test/%a",
            "http://secret.test/a\nb",
            " http://secret.test/",
            "http://secret.test/{{secret}}",
            "ftp://secret.test/",
            "javascript:secret",
            "secret.test/hook",
            "//secret.test/",
            "http://",
            "http://secret.test:99999/",
            "http://secret@secret.test/",
            "http://:secret@secret.test/",
            long.as_str(),
            "",
        ];
        for text in texts {
            let refused = read(text).unwrap_err();
            assert!(refused.starts_with("url: ") && !refused.contains("secret"), "{refused}");
        }
        for tree in [None, Some(Tree::Null), Some(Tree::from(5.0)), Some(Tree::Bool(true)), Some(Tree::List(vec![]))] {
            assert!(address(tree.as_ref()).is_err(), "{tree:?}");
        }
    }
}
