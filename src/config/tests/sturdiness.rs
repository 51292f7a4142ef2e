//! Tests that no file, however odd, is too much: all mistakes at once, bombs, random bytes.

use proptest::prelude::*;

use super::{Scene, destination, headed, mapping};

#[test]
fn twenty_mistakes_are_twenty_complaints() {
    let yaml = r#"
kafka: { brokers: 5, grup: a, properties: { acks: 1 } }
topics: { events: "a b", start_at: soon }
retries: { tiers: [1m, 1s], give_up_after: 5d, max_attempts: none }
http: { proxy: nowhere, allow_networks: [x] }
admin: { listen: 80 }
shutdown: []
tests: {}
destinations:
  - { id: A, type: webhooks, url: ftp://a.example/ }
  - { id: b, type: webhooks, url: https://b.example/, timeout: 5, enabled: 1 }
  - { id: b, type: webhooks, url: https://b.example/, breaker: [] }
  - { id: c, type: webhooks }
"#;
    let complaints = Scene::new(yaml).complaints();
    assert_eq!(complaints.len(), 20, "{complaints:#?}");
}

#[test]
fn the_whole_reads_as_one_block_per_complaint() {
    let yaml = headed("kafka: { borkers: a }\nhttp: 5");
    let scene = Scene::new(yaml);
    let folder = format!("{}/", scene.folder.path().display());
    let shown = scene.load().unwrap_err().to_string().replace(&folder, "");
    let expected = "webhooks.yaml:1:10: kafka.borkers: unknown key `borkers`\n  \
        hint: did you mean `brokers`?\n\
        webhooks.yaml:2:7: http: expected a section with keys, found a number";
    assert_eq!(shown, expected);
}

#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut yaml = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        let items = vec![below; 10].join(", ");
        yaml.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let complaints = Scene::new(yaml).complaints();
    assert_eq!(complaints.len(), 1);
    let expected = "too many values, levels or aliases for a configuration";
    assert!(complaints[0].ends_with(expected), "{complaints:?}");
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    for yaml in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000)] {
        let complaints = Scene::new(yaml).complaints();
        assert_eq!(complaints.len(), 1);
        assert!(complaints[0].starts_with("webhooks.yaml:1:"), "{complaints:?}");
    }
}

#[test]
fn control_characters_never_reach_the_terminal() {
    let yaml = headed("\"\\e[2Jx\": 1\nadmin: { listen: \"\\e[2J\\n\" }");
    let shown = Scene::new(yaml).complaints().join("");
    assert!(shown.contains("unknown key") && !shown.contains(char::is_control), "{shown:?}");
}

#[test]
fn a_file_cut_anywhere_is_read_or_refused_but_never_panics() {
    let whole = headed("kafka: { group: g, properties: { a: [1] } }\nhttp: { max_in_flight: 5 }")
        + &destination("hooks:\n  - url: \"https://a.example/${PORT}\"\n    headers: { a: 'ü' }");
    let mut scene = Scene::new("");
    let mut refused = 0;
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        scene = scene.with("webhooks.yaml", &whole[..end]);
        refused += usize::from(scene.load().is_err());
    }
    assert!(refused > whole.len() / 2);
}

#[test]
fn a_mapping_cut_anywhere_is_read_or_refused_but_never_panics() {
    let whole = mapping(
        "name: ü\ntrigger: \"type = \\\"track\\\" and event = 'a'\"\nurl: { '@path': $.url }\n\
         headers: { X-A: { '@path': '$.${PORT}' } }\ndata: { a: [{ '@if': { exists: 1 } }, 0x1F, ~] }\n\
         enable_batching: true\nbatch_keys: [data.a]",
    ) + "tests: [{ event: { a: 1 }, destination: crm, mapping: ü, expect: { request: { body: [1] } } }]\n";
    let mut scene = Scene::new("");
    let mut refused = 0;
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        scene = scene.with("webhooks.yaml", &whole[..end]);
        refused += usize::from(scene.load().is_err());
    }
    assert!(refused > whole.len() / 2);
}

#[test]
fn ten_thousand_mistakes_in_a_mapping_are_told_without_delay() {
    let wrong = vec!["{ '@nope': 1 }"; 10_000].join(", ");
    let yaml = |more: &str| {
        mapping(&format!("trigger: type = \"track\"\nurl: https://a.example/\ndata: {{ a: [{wrong}]{more} }}"))
    };
    assert_eq!(Scene::new(yaml("")).complaints().len(), 10_000);
    let begun = std::time::Instant::now();
    assert_eq!(Scene::new(yaml(", b: '${WORD}'")).complaints().len(), 10_000);
    // Of a time that grows with the square of their number it would be minutes.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

proptest! {
    /// Whatever JSON stands in a mapping, in a trigger's or a condition's place.
    #[test]
    fn no_mapping_makes_reading_panic(part in odd_json()) {
        let keys = ["data", "headers", "url", "method", "trigger", "name", "batch_keys", "enable_batching"];
        let mappings: Vec<String> = keys.iter().map(|key| format!("{{ {key}: {part} }}")).collect();
        let yaml = format!("destinations:\n- id: crm\n  type: webhooks_actions\n  mappings: [{}]", mappings.join(", "));
        let complaints = Scene::new(yaml).complaints();
        prop_assert!(complaints.iter().all(|complaint| !complaint.contains(char::is_control)), "{complaints:?}");
        let filters = format!("url: https://a.example/\nfilters: [{part}, {{ if: all, actions: [{part}] }}]");
        prop_assert!(!Scene::new(destination(&filters)).complaints().is_empty());
    }
}

/// JSON of directives and what may stand in them.
fn odd_json() -> impl Strategy<Value = String> {
    let words = [
        "\"$.a\"",
        "\"{{a}}\"",
        "\"{% if %}\"",
        "\"POST\"",
        "\"type = \\\"a\\\"\"",
        "\"${PORT}\"",
        "\"\\u001b[2J\"",
        "null",
        "true",
        "-1e5",
        "\"\"",
    ];
    let keys = [
        "@path",
        "@template",
        "@if",
        "@case",
        "@replace",
        "@arrayPath",
        "@literal",
        "@json",
        "@flatten",
        "@merge",
        "@transform",
        "@excludeWhenNull",
        "@liquid",
        "@nope",
        "a",
        "type",
        "if",
        "actions",
        "value",
        "mode",
        "objects",
        "exists",
        "then",
        "",
        "a.b",
        "\\u001b",
    ];
    let leaf = prop::sample::select(words.to_vec()).prop_map(str::to_owned);
    leaf.prop_recursive(4, 16, 3, move |inner| {
        let members = prop::collection::vec((prop::sample::select(keys.to_vec()), inner.clone()), 0..3);
        let object = members.prop_map(|members| {
            let members: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
            format!("{{{}}}", members.join(", "))
        });
        let list = prop::collection::vec(inner, 0..3).prop_map(|items| format!("[{}]", items.join(", ")));
        prop_oneof![3 => object, 1 => list]
    })
}

fn odd_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "mappings",
        "filters",
        "trigger",
        "if",
        "all",
        "type = 'a'",
        "actions",
        "fields",
        "data",
        "'@path'",
        "'@if'",
        "$.a",
        "!a ",
        "tests",
        "expect",
        "webhooks_actions",
        "kafka",
        "topics",
        "destinations",
        "hooks",
        "url",
        "headers",
        "tiers",
        "id",
        "- ",
        ": ",
        "\n",
        "  ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "<<: ",
        "!!int ",
        "!x ",
        "|",
        ">",
        "\"",
        "'",
        "~",
        "1e999",
        ".nan",
        "0x1F",
        "-5",
        "${PORT}",
        "$",
        "? ",
        "---",
        "...",
        "%YAML 1.2",
        "\t",
        "ü",
        "\u{0}",
        "\u{85}",
        "5s",
        "true",
        ", ",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in odd_text()) {
        let scene = Scene::new(&text);
        let complaints = scene.complaints();
        prop_assert!(scene.load().is_ok() == complaints.is_empty());
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!Scene::new(&bytes).complaints().is_empty());
    }
}
