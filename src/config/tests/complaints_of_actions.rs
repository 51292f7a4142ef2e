//! What is said about mistakes in mappings and filters: place, path, fault and remedy, word for word.

use super::{Scene, destination, mapping};

const LEAST: &str = "trigger: type = \"track\"\nurl: https://a.example/";

/// Mistakes in triggers, mappings and filters; `TOLD` has a line for each.
const MANY: &str = r#"
destinations:
  - id: crm
    type: webhooks_actions
    hooks: [{ url: https://a.example/ }]
    method: PUT
    filters:
      - title: tests
        if: type = "track" and event = "a" or event = "b"
        actions: [{ type: sample, percent: 5 }]
      - if: all
        actions: [{ type: drop, percent: 0.5 }, { type: drop_property }, { type: allow_properties }]
      - { actions: [{ type: drop_properties, fields: { a..b: [c] } }, { type: sample, path: userId }] }
    mappings:
      - name: one
        trigger: type = "track" and event = 'Order'
        url: http://127.0.0.1/hook
        method: post
        headers: { Host: a, "a b": text, X-A: "ü€" }
        data: [1]
      - name: two
        trigger: 'type = "track" or event'
        url: ftp://a.example/
        method: { "@path": 5 }
        data:
          items:
            "@arrayPath":
              - $.properties.products
              - { sku: { "@if": { exists: 1, then: a } }, name: { "@nope": 1 } }
          "a.b": { "@template": "{{#if}}", extra: 1 }
      - name: two
        trigger: "type = \"track\" AND userId != null"
        url: { a: b }
        batch_size: 10
        headers: { X-List: [1, 2] }
      - trigger: typ = "track"
        url: https://a.example/
        enable_batching: true
        batch_keys: [date.id, url.host]
        timeout: 5s
"#;

/// Place, path inside the destination, fault and remedy.
const TOLD: &str = r#"
5:12: hooks: does not go with the destination's `type` | each mapping has its own `url` and `headers`; make each hook a mapping
6:5: method: unknown key `method` | it belongs to a mapping: `mappings: [{ trigger: …, url: …, … }]`
9:44: filters[0].if: `and` and `or` stand side by side without parentheses | group them, such as (a and b) or c
10:44: filters[0].actions[0].percent: a share of 5 is none from 0 to 1 | write 0.05 for five in a hundred
12:42: filters[1].actions[0].percent: does not go with `type: drop` | only `type: sample` has it
12:57: filters[1].actions[1].type: `drop_property` is not a type of action | did you mean `drop_properties`?
12:74: filters[1].actions[2].fields: is missing | name them, such as `fields: { context.traits: [email], "": [userId] }`
13:9: filters[2].if: is missing | say which events it is about, such as `if: type = 'identify'`, or `if: all`
13:56: filters[2].actions[0].fields.a..b: a path begins or ends with a dot, or has two in a row | write the keys with one dot between two, such as context.traits
13:71: filters[2].actions[1].percent: is missing | write the share that passes: `percent: 0.05` for five in a hundred
16:45: mappings[0].trigger: a text in single quotes: Segment takes the quotes for part of it | write it in double quotes
17:14: mappings[0].url: the address 127.0.0.1 is refused: loopback | to allow it, add `allow_networks: [127.0.0.0/8]` to the destination, or to `http` for all
18:17: mappings[0].method: `post` is no method that can be sent | write POST, PUT or PATCH, in capitals
19:20: mappings[0].headers.Host: this header may not be set | it steers the connection, which is ours to do
19:29: mappings[0].headers.a b: is not the name of a header | a name has letters, digits and some of !#$%&'*+-.^_`|~, such as X-Team
19:42: mappings[0].headers.X-A: the value holds a character that HTTP does not allow | write letters, digits, punctuation and spaces on one line; é and the like up to ÿ
20:15: mappings[0].data: expected an object or a directive, found a list | write an object, a directive such as { "@path": "$.properties" }, or ~ to send no body
22:42: mappings[1].trigger: `event` alone is no condition | write one of =, !=, <, <=, > and >=, and then a value behind it
23:14: mappings[1].url: only http and https URLs can be called | begin with https:// or http://
24:28: mappings[1].method.@path: this must be a text or a directive, not a number | write a text or a directive
29:65: mappings[1].data.items.@arrayPath[1].name: there is no directive "@nope" | write one of @path, @template, @if, @case, @replace, @arrayPath, @literal, @json, @flatten, @merge, @transform, @excludeWhenNull, @liquid
30:18: mappings[1].data["a.b"]: @template stands alone in its object, and here is "extra" too | give each directive a key of its own, or join objects with @merge
31:15: mappings[2].name: is the name of destinations[0].mappings[1] already | give each mapping a name of its own
32:36: mappings[2].trigger: `AND` joins nothing: Segment knows `and` and `or` in lower case only | write and
33:14: mappings[2].url: expected text or a directive, found a section with keys | write https://…, or a directive such as { "@path": "$.properties.url" }
34:21: mappings[2].batch_size: means nothing without batching | write `enable_batching: true` beside it, or leave it out
35:20: mappings[2].headers.X-List: expected text or a directive, found a list | a header has one value; join several into one text
36:9: mappings[3].name: is missing | several mappings are told apart by their names: give each one, such as `name: orders`
36:18: mappings[3].trigger: triggers cannot see `typ`; Segment skips it in silence | a condition begins with type, event, name, userId, or a member of properties, traits, context
39:22: mappings[3].batch_keys[0]: leads to nothing that a mapping has | write url, method, headers, data, or a path such as data.account.id
39:31: mappings[3].batch_keys[1]: `url` is a text and has no parts | write url, method, headers, data, or a path such as data.account.id
40:9: mappings[3].timeout: unknown key `timeout` | it belongs to the destination, beside `mappings`
"#;

#[test]
fn each_of_many_mistakes_is_told_at_once_with_line_path_and_remedy() {
    let found = Scene::new(MANY).complaints();
    let strip = |line: &String| line.replacen("webhooks.yaml:", "", 1).replacen(": destinations[0].", ": ", 1);
    let found: Vec<String> = found.iter().map(strip).collect();
    let told: Vec<&str> = TOLD.trim().lines().collect();
    assert_eq!(found, told);
    assert!(told.len() > 20 && told.iter().all(|line| line.contains(" | ")));
}

/// Asserts the only complaint about the destination in a file, without its name and the path to it.
#[track_caller]
fn assert_complaint(yaml: &str, expected: &str) {
    let found = Scene::new(yaml).complaints();
    let (place, rest) = expected.split_once(": ").expect("a place and a complaint");
    assert_eq!(found, [format!("webhooks.yaml:{place}: destinations[0].{rest}")], "{yaml}");
}

#[test]
fn each_mistake_of_a_mapping_is_named_with_place_and_remedy() {
    let name = "mappings[0].name: is no name of 1 to 64 visible characters on one line | write a short one, such as `name: orders`; it begins and ends with no space";
    let data = "write an object, a directive such as { \"@path\": \"$.properties\" }, or ~ to send no body";
    let batch_key = "write url, method, headers, data, or a path such as data.account.id";
    for (line, expected) in [
        ("name: ''", format!("8:15: {name}")),
        ("name: \"a\\nb\"", format!("8:15: {name}")),
        ("name: \" a\"", format!("8:15: {name}")),
        ("name: 5", "8:15: mappings[0].name: expected text, found a number | put the value in quotes".to_owned()),
        (
            "method: 5",
            "8:17: mappings[0].method: expected text or a directive, found a number | write POST, PUT or PATCH, in capitals".to_owned(),
        ),
        (
            "headers: X-A",
            "8:18: mappings[0].headers: expected a section with keys, found text | write `headers: { X-Team: growth }`; a value may be a directive".to_owned(),
        ),
        (
            "headers: { a b: c }",
            "8:20: mappings[0].headers.a b: is not the name of a header | a name has letters, digits and some of !#$%&'*+-.^_`|~, such as X-Team".to_owned(),
        ),
        (
            "headers: { X: { a: 1 } }",
            "8:20: mappings[0].headers.X: expected text or a directive, found a section with keys | a header has one value; join several into one text".to_owned(),
        ),
        ("data: ''", format!("8:15: mappings[0].data: expected an object or a directive, found text | {data}")),
        ("data: 5", format!("8:15: mappings[0].data: expected an object or a directive, found a number | {data}")),
        (
            "data: { a: .inf }",
            "8:20: mappings[0].data.a: `.inf` is no number that JSON has | write a smaller one, or put it in quotes to make it a text".to_owned(),
        ),
        ("data: { 5: a }", "8:17: mappings[0].data: a key is not text | put the key in quotes".to_owned()),
        (
            "data: { a: 1, a: 2 }",
            "8:23: mappings[0].data.a: is given twice, first on line 8 | leave one of them out".to_owned(),
        ),
        (
            "data: { a: ['${NO}'] }",
            "8:21: mappings[0].data.a[0]: the environment variable `NO` is not set | set it, or give a default: ${NO:-…}".to_owned(),
        ),
        ("data: { a: !x y }", "8:23: mappings[0].data.a: is a tag of YAML | put what begins with ! in quotes".to_owned()),
        (
            "enable_batching: true\nbatch_keys: [data..a]",
            format!("9:22: mappings[0].batch_keys[0]: is no path: a part of it is empty | {batch_key}"),
        ),
        (
            "enable_batching: true\nbatch_keys: [~]",
            format!("9:22: mappings[0].batch_keys[0]: is missing | {batch_key}"),
        ),
        (
            "enable_batching: true\nbatch_size: 4001",
            "9:21: mappings[0].batch_size: `4001` is not a whole number from 1 to 4000".to_owned(),
        ),
        (
            "enable_batching: true\nbatch_wait: 61s",
            "9:21: mappings[0].batch_wait: `61s` is not between 0ms and 1m".to_owned(),
        ),
        ("nam: a", "8:9: mappings[0].nam: unknown key `nam` | did you mean `name`?".to_owned()),
    ] {
        assert_complaint(&mapping(&format!("{LEAST}\n{line}")), &expected);
    }
}

#[test]
fn each_mistake_of_a_trigger_points_into_its_text() {
    let missing = "mappings[0].trigger: a condition is missing beside `and` | leave `and` out, or write a condition on both sides of it";
    let connective =
        "mappings[0].trigger: `AND` joins nothing: Segment knows `and` and `or` in lower case only | write and";
    for (trigger, expected) in [
        ("trigger: type = \"track\" and", format!("7:33: {missing}")),
        ("trigger: 'type = \"track\" and'", format!("7:34: {missing}")),
        ("trigger: \"type = \\\"track\\\" and\"", format!("7:36: {missing}")),
        // The value of a variable moves nothing, and is not shown.
        ("trigger: type = \"${WORD}\" and", format!("7:35: {missing}")),
        ("trigger: \"type = \\\"${PORT}\\\" AND a\"", format!("7:38: {connective}")),
        ("trigger: |\n  type = \"track\"\n  and", format!("8:11: {missing}")),
        (
            "trigger: ${WORD}",
            "7:18: mappings[0].trigger: is refused because of what its variables stand for, which is not shown | write their values here to see why, or correct them".to_owned(),
        ),
        ("trigger: 5", "7:18: mappings[0].trigger: expected text, found a number | put the value in quotes".to_owned()),
        (
            "trigger: !(type = \"a\")",
            "7:25: mappings[0].trigger: expected text, found a tag: what begins with ! needs quotes".to_owned(),
        ),
    ] {
        assert_complaint(&mapping(&format!("url: https://a.example/\n{trigger}")), &expected);
    }
}

#[test]
fn each_mistake_of_a_filter_is_named_with_place_and_remedy() {
    let drop = "actions: [{ type: drop }]";
    for (filter, expected) in [
        (
            format!("{{ if: event = 'x, {drop} }}"),
            "5:29: filters[0].if: the text is not closed | close it with '".to_owned(),
        ),
        ("{ if: all }".to_owned(), "5:15: filters[0].actions: is missing | say what becomes of the events, such as `actions: [{ type: drop }]`".to_owned()),
        (
            format!("{{ if: all, title: {}, {drop} }}", "a".repeat(65)),
            "5:33: filters[0].title: is no title of at most 64 characters on one line | shorten it".to_owned(),
        ),
        (format!("{{ if: all, fi: a, {drop} }}"), "5:26: filters[0].fi: unknown key `fi` | did you mean `if`?".to_owned()),
        (
            "{ if: all, actions: [{}] }".to_owned(),
            "5:36: filters[0].actions[0].type: is missing | write drop, sample, drop_properties or allow_properties".to_owned(),
        ),
        (
            "{ if: all, actions: [{ type: sample, percent: a }] }".to_owned(),
            "5:61: filters[0].actions[0].percent: expected a number, found text".to_owned(),
        ),
        (
            "{ if: all, actions: [{ type: sample, percent: 0.1, path: a. }] }".to_owned(),
            "5:72: filters[0].actions[0].path: a path begins or ends with a dot, or has two in a row | write the keys with one dot between two, such as context.traits".to_owned(),
        ),
        (
            "{ if: all, actions: [{ type: sample, percent: 0.1, fields: {} }] }".to_owned(),
            "5:74: filters[0].actions[0].fields: does not go with `type: sample` | only `type: drop_properties` and `type: allow_properties` have it".to_owned(),
        ),
        (
            "{ if: all, actions: [{ type: drop_properties, fields: { a: ~ } }] }".to_owned(),
            "5:71: filters[0].actions[0].fields.a: has no names | list them, such as `context.traits: [email]`".to_owned(),
        ),
    ] {
        let yaml = destination(&format!("url: https://a.example/\nfilters: [{filter}]"));
        assert_complaint(&yaml, &expected);
    }
}

#[test]
fn ten_filters_and_fifty_mappings_are_allowed_and_no_more() {
    let filters = |count| {
        let filters = vec!["{ if: all, actions: [{ type: drop }] }"; count].join(", ");
        destination(&format!("url: https://a.example/\nfilters: [{filters}]"))
    };
    assert_eq!(Scene::new(filters(10)).complaints(), [""; 0]);
    assert_complaint(
        &filters(11),
        "5:14: filters: 11 filters, and a destination has 10 at most | join conditions that have the same actions by `or`",
    );
    let mappings = |count: usize| {
        let one = |at| format!("{{ name: m{at}, trigger: 'type = \"track\"', url: https://a.example/ }}");
        let mappings: Vec<String> = (0..count).map(one).collect();
        format!("destinations:\n- {{ id: a, type: webhooks_actions, mappings: [{}] }}", mappings.join(", "))
    };
    assert_eq!(Scene::new(mappings(50)).complaints(), [""; 0]);
    assert_complaint(&mappings(51), "2:46: mappings: there are 51 mappings | a destination has 1 to 50");
    assert_complaint(&mappings(0), "2:46: mappings: there are 0 mappings | a destination has 1 to 50");
}

#[test]
fn nothing_from_the_environment_is_shown_by_a_complaint_about_a_mapping() {
    for line in [
        "data: { a: { '@liquid': '{% ${WORD} %}' } }",
        "method: ${WORD}",
        "headers: { X-A: \"${WORD}\\n\" }",
        "name: \"${WORD}\\n\"",
        "data: ${WORD}",
        "enable_batching: true\nbatch_keys: ['${WORD}']",
    ] {
        let found = Scene::new(mapping(&format!("{LEAST}\n{line}"))).complaints();
        assert_eq!(found.len(), 1, "{line}: {found:?}");
        assert!(!found[0].contains("hush"), "{found:?}");
    }
}
