//! What a person would call an event, in lists of them. A name may hold anything the event does: whoever prints it keeps a
//! terminal from obeying it.

/// What a person would call an event: its call, and what tells it from others of its kind; of an audience who came or went.
pub(super) fn event(value: &[u8]) -> String {
    let event: serde_json::Value = serde_json::from_slice(value).unwrap_or_default();
    let text = |key: &str| event[key].as_str().filter(|text| !text.is_empty());
    if let Some(key) = event["context"]["personas"]["computation_key"].as_str()
        && let Some(is_member) = event["traits"][key].as_bool()
    {
        return format!(
            "{key}={is_member} {}",
            ["userId", "anonymousId"].into_iter().find_map(text).unwrap_or_default()
        );
    }
    let id = ["groupId", "userId", "anonymousId"].into_iter().find_map(text);
    let Some(call) = text("type") else {
        let audience = &event["audience"];
        let name = [audience, &audience["name"], &audience["key"]].into_iter().find_map(|name| name.as_str());
        return name.map_or("?".to_owned(), |name| format!("audience \"{name}\" {}", id.unwrap_or_default()));
    };
    let quoted = ["event", "name"].into_iter().find_map(text).map(|name| format!("{call} \"{name}\""));
    quoted.unwrap_or_else(|| id.map_or_else(|| call.to_owned(), |id| format!("{call} {id}")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_event_is_called_by_what_tells_it_from_others() {
        for (event, expected) in [
            (r#"{"type":"track","event":"A","userId":"u"}"#, "track \"A\""),
            (r#"{"type":"page","name":"Home","userId":"u"}"#, "page \"Home\""),
            (r#"{"type":"identify","userId":"u"}"#, "identify u"),
            (r#"{"type":"group","groupId":"g","userId":"u"}"#, "group g"),
            (r#"{"type":"track","event":7}"#, "track"),
            (
                r#"{"type":"identify","userId":"u","traits":{"vip":false},"context":{"personas":{"computation_key":"vip"}}}"#,
                "vip=false u",
            ),
            (r#"{"audience":"VIP","userId":"u","member":true}"#, "audience \"VIP\" u"),
            (r#"{"audience":{"key":"vip"},"userId":"u","member":true}"#, "audience \"vip\" u"),
            ("no event", "?"),
        ] {
            assert_eq!(super::event(event.as_bytes()), expected);
        }
    }
}
