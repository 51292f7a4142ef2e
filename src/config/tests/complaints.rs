//! What is said about which mistake: place, path, fault and remedy, word for word.

use super::{Scene, destination, headed};

/// Asserts the only complaint about a file, without its name.
#[track_caller]
fn assert_complaint(yaml: &str, expected: &str) {
    let found = Scene::new(yaml).complaints();
    assert_eq!(found, [format!("webhooks.yaml:{expected}")], "{yaml}");
}

#[test]
fn each_mistake_outside_destinations_is_named_with_place_and_remedy() {
    for (head, expected) in [
        ("kafka: 5", "1:8: kafka: expected a section with keys, found a number"),
        ("kafka: { broker: a }", "1:10: kafka.broker: unknown key `broker` | did you mean `brokers`?"),
        ("kafka: { brokers: [a, b] }", "1:19: kafka.brokers: expected text, found a list"),
        (
            "kafka: { brokers: 'a:b' }",
            "1:19: kafka.brokers: is not a list of brokers | write host:port, several separated by commas",
        ),
        ("kafka: { group: 'a b' }", "1:17: kafka.group: is not a group name of 1 to 200 characters without spaces"),
        (
            "kafka: { properties: { acks: 1 } }",
            "1:24: kafka.properties.acks: `acks` may not be set | an append counts only when Kafka has confirmed it",
        ),
        ("kafka: { properties: { 'a b': 1 } }", "1:24: kafka.properties.a b: is not the name of a librdkafka property"),
        (
            "kafka:\n  properties:\n    bootstrap.servers: a",
            "3:5: kafka.properties.bootstrap.servers: `bootstrap.servers` may not be set | use kafka.brokers",
        ),
        (
            "kafka: { properties: { max.in.flight.requests.per.connection: 1 } }",
            "1:24: kafka.properties.max.in.flight.requests.per.connection: `max.in.flight.requests.per.connection` may not be set | an append counts only when Kafka has confirmed it",
        ),
        ("kafka: { properties: { sasl.password: ~ } }", "1:24: kafka.properties.sasl.password: has no value"),
        (
            "topics: { events: 'a b' }",
            "1:19: topics.events: `a b` is not a topic name | Kafka allows 1 to 249 characters of a-z, A-Z, 0-9, dot, _ and - here",
        ),
        (
            "topics: { events: .. }",
            "1:19: topics.events: `..` is not a topic name | Kafka allows 1 to 249 characters of a-z, A-Z, 0-9, dot, _ and - here",
        ),
        (
            "topics: { events: webhooks_deliveries }",
            "1:19: topics.events: is the same topic as topics.deliveries | Kafka does not tell `.` and `_` apart",
        ),
        (
            "topics: { dead_letters: webhooks.delays.90s }",
            "1:25: topics.dead_letters: is the name of a delay topic | change it, or topics.delays",
        ),
        (
            "topics: { start_at: yesterday }",
            "1:21: topics.start_at: `yesterday` is not a place to start at | write beginning, now, or a time such as 2026-01-31T08:00:00Z",
        ),
        (
            "topics: { attempts: webhooks.attempts }",
            "1:21: topics.attempts: `attempts` is not available in this version",
        ),
        ("topics: { audiences: events }", "1:22: topics.audiences: is the same topic as topics.events"),
        (
            "topics: { memberships: webhooks_audience-records }",
            "1:24: topics.memberships: is the same topic as topics.audience_records | Kafka does not tell `.` and `_` apart",
        ),
        ("retries: { tiers: [] }", "1:19: retries.tiers: there must be at least one tier"),
        (
            "retries: { tiers: [10s, 5s] }",
            "1:25: retries.tiers[1]: is shorter than the tier before, 10s | order the tiers from short to long",
        ),
        ("retries: { tiers: [60s, 1m] }", "1:25: retries.tiers[1]: is the same tier as the one before"),
        (
            "retries: { tiers: [10] }",
            "1:20: retries.tiers[0]: `10` is not a duration | write a whole number and a unit: 250ms, 10s, 5m, 4h, 7d",
        ),
        ("retries: { give_up_after: 85h }", "1:27: retries.give_up_after: `85h` is not between 1ms and 84h"),
        ("retries: { give_up_after: 0s }", "1:27: retries.give_up_after: `0s` is not between 1ms and 84h"),
        ("retries: { max_attempts: 0 }", "1:26: retries.max_attempts: `0` is not a whole number from 1 to 1000000"),
        ("retries: { max_attempts: '3' }", "1:26: retries.max_attempts: expected a whole number, found text"),
        (
            "retries: { expire_after: 3h }",
            "1:26: retries.expire_after: is shorter than `give_up_after`, 4h | a delivery must be able to wait as long as its clock may run",
        ),
        ("http: { max_in_flight: -1 }", "1:24: http.max_in_flight: `-1` is not a whole number from 1 to 100000"),
        ("http: { allow_networks: 10.0.0.0/8 }", "1:25: http.allow_networks: expected a list, found text"),
        (
            "http: { allow_networks: [10.0.0.0/33] }",
            "1:26: http.allow_networks[0]: `10.0.0.0/33` is not a network | write an address range such as 10.0.0.0/8, or an address",
        ),
        (
            "http: { proxy: 'socks5://p:1' }",
            "1:16: http.proxy: only http and https URLs can be called | begin with https:// or http://",
        ),
        (
            "admin: { listen: 'localhost:9464' }",
            "1:18: admin.listen: `localhost:9464` is not an address and port | write 127.0.0.1:9464, or 0.0.0.0:9464 to be reached from elsewhere",
        ),
        ("admin: { token: abc }", "1:17: admin.token: `token` is not available in this version"),
        ("admin: { show_bodies: true }", "1:23: admin.show_bodies: `show_bodies` is not available in this version"),
        (
            "shutdown: { grace: 25 }",
            "1:20: shutdown.grace: `25` is not a duration | write a whole number and a unit: 250ms, 10s, 5m, 4h, 7d",
        ),
        ("token_key_file: /k", "1:17: token_key_file: `token_key_file` is not available in this version"),
        ("tests: {}", "1:8: tests: expected a list, found a section with keys"),
        ("shutdwon: { grace: 25s }", "1:1: shutdwon: unknown key `shutdwon` | did you mean `shutdown`?"),
        ("tests: []\ntests: []", "2:1: tests: is given twice, first on line 1"),
        ("5: a", "1:1: a key is not text | put the key in quotes"),
    ] {
        assert_complaint(&headed(head), expected);
    }
}

#[test]
fn each_mistake_of_a_destination_is_named_with_place_and_remedy() {
    let url = "url: https://a.example/\n";
    for (lines, expected) in [
        ("", "2:5: destinations[0].url: is missing | give a `url`, or several `hooks`"),
        ("url: a.example/x", "4:10: destinations[0].url: is not a complete URL | begin with https:// or http://"),
        (
            "url: ftp://a.example/",
            "4:10: destinations[0].url: only http and https URLs can be called | begin with https:// or http://",
        ),
        ("url: https://", "4:10: destinations[0].url: is not a valid URL: empty host"),
        (
            "url: https://u:p@a.example/",
            "4:10: destinations[0].url: a URL may not hold a user name or password | send it as a header, `headers: { Authorization: … }` of a hook or mapping",
        ),
        (
            "url: https://a.example/#x",
            "4:10: destinations[0].url: a URL to be called has no fragment | leave out the `#` and what follows",
        ),
        (
            "url: http://127.0.0.1:8080/",
            "4:10: destinations[0].url: the address 127.0.0.1 is refused: loopback | to allow it, add `allow_networks: [127.0.0.0/8]` to the destination, or to `http` for all",
        ),
        (
            "url: http://2130706433/",
            "4:10: destinations[0].url: the address 127.0.0.1 is refused: loopback | to allow it, add `allow_networks: [127.0.0.0/8]` to the destination, or to `http` for all",
        ),
        (
            "url: http://[::1]/",
            "4:10: destinations[0].url: the address ::1 is refused: loopback | to allow it, add `allow_networks: [\"::1/128\"]` to the destination, or to `http` for all",
        ),
        (
            "url: http://169.254.169.254/",
            "4:10: destinations[0].url: the address 169.254.169.254 is refused: metadata | to allow it, add `allow_networks: [169.254.169.254/32]` to the destination, or to `http` for all",
        ),
        (
            "url: '${LOCAL}'",
            "4:10: destinations[0].url: the address is refused: loopback | add its network to `allow_networks` of the destination, or of `http` for all",
        ),
        (
            "url: 'https://${NO_HOST}/'",
            "4:10: destinations[0].url: the environment variable `NO_HOST` is not set | set it, or give a default: ${NO_HOST:-…}",
        ),
        (
            "url: https://a.example/\nhooks: [{ url: https://b.example/ }]",
            "5:12: destinations[0].hooks: `url` and `hooks` cannot both be given",
        ),
        ("hooks: []", "4:12: destinations[0].hooks: there are 0 hooks | a destination has 1 to 5"),
        ("hooks: [{}]", "4:13: destinations[0].hooks[0].url: is missing | each hook has a `url`"),
        (
            "hooks: [{ url: https://a.example/, headers: { Host: b } }]",
            "4:51: destinations[0].hooks[0].headers.Host: this header may not be set | it steers the connection, which is ours to do",
        ),
        (
            "hooks: [{ url: https://a.example/, headers: { proxy-x: b } }]",
            "4:51: destinations[0].hooks[0].headers.proxy-x: this header may not be set | it steers the connection, which is ours to do",
        ),
        (
            "hooks: [{ url: https://a.example/, headers: { content-TYPE: b } }]",
            "4:51: destinations[0].hooks[0].headers.content-TYPE: this header may not be changed | the body is always sent as application/json",
        ),
        (
            "hooks: [{ url: https://a.example/, headers: { 'a b': c } }]",
            "4:51: destinations[0].hooks[0].headers.a b: is not the name of a header | a name has letters, digits and some of !#$%&'*+-.^_`|~, such as X-Team",
        ),
        (
            "hooks: [{ url: https://a.example/, headers: { a: \"b\\nc\" } }]",
            "4:51: destinations[0].hooks[0].headers.a: the value holds a character that HTTP does not allow | write letters, digits, punctuation and spaces on one line; é and the like up to ÿ",
        ),
        (
            "hooks: [{ url: https://a.example/, headers: { a: b, A: c } }]",
            "4:57: destinations[0].hooks[0].headers.A: is given twice; letter case makes no difference",
        ),
    ] {
        assert_complaint(&destination(lines), expected);
    }
    for (lines, expected) in [
        (
            "headers: { a: b }",
            "5:5: destinations[0].headers: unknown key `headers` | headers belong to a hook: `hooks: [{ url: …, headers: { … } }]`",
        ),
        (
            "shared_secret: 12345",
            "5:20: destinations[0].shared_secret: expected text, found a number | put the value in quotes",
        ),
        (
            "shared_secret: ''",
            "5:20: destinations[0].shared_secret: the secret is empty | leave the key out to send without a signature",
        ),
        (
            "shared_secret: pa$word",
            "5:20: destinations[0].shared_secret: a single `$` has no meaning | write ${NAME} or ${NAME:-default} for a variable, $$ for a dollar sign",
        ),
        (
            "shared_secret: '${NO_SECRET}'",
            "5:20: destinations[0].shared_secret: the environment variable `NO_SECRET` is not set | set it, or give a default: ${NO_SECRET:-…}",
        ),
        ("shared_secret_file: nowhere", "5:25: destinations[0].shared_secret_file: the file does not exist"),
        ("enabled: yes", "5:14: destinations[0].enabled: expected true or false, found text"),
        ("enabled: '${WORD}'", "5:14: destinations[0].enabled: `${WORD}` is neither true nor false"),
        (
            "timeout: 5",
            "5:14: destinations[0].timeout: `5` is not a duration | write a whole number and a unit: 250ms, 10s, 5m, 4h, 7d",
        ),
        ("timeout: 61s", "5:14: destinations[0].timeout: `61s` is not between 1ms and 1m"),
        ("timout: 5s", "5:5: destinations[0].timout: unknown key `timout` | did you mean `timeout`?"),
        (
            "timeout: '${WORD}'",
            "5:14: destinations[0].timeout: `${WORD}` is not a duration | write a whole number and a unit: 250ms, 10s, 5m, 4h, 7d",
        ),
        ("max_in_flight: 0", "5:20: destinations[0].max_in_flight: `0` is not a whole number from 1 to 100000"),
        (
            "max_in_flight: '${WORD}'",
            "5:20: destinations[0].max_in_flight: `${WORD}` is not a whole number from 1 to 100000",
        ),
        ("max_attempts: 1.5", "5:19: destinations[0].max_attempts: `1.5` is not a whole number from 1 to 1000000"),
        ("retry_on: 500", "5:15: destinations[0].retry_on: expected a list, found a number"),
        ("retry_on: [200]", "5:16: destinations[0].retry_on[0]: `200` is not a whole number from 300 to 599"),
        (
            "big_integers: bigint",
            "5:19: destinations[0].big_integers: `bigint` is not a choice here | write exact or javascript",
        ),
        ("tls: { ca_file: webhooks.yaml }", "5:21: destinations[0].tls.ca_file: the file holds nothing in PEM format"),
        ("paused: maybe", "5:13: destinations[0].paused: expected true or false, found text"),
        (
            "give_up_after: 73h",
            "5:20: destinations[0].give_up_after: is longer than `retries.expire_after`, 3d | nothing waits longer than that; raise it, at most to 84h, or lower this",
        ),
        (
            "rate_limit: 0",
            "5:17: destinations[0].rate_limit: `0` is not a number above 0 and up to 100000 | write requests per second, such as 10 or 0.5",
        ),
        (
            "rate_limit: 100000.5",
            "5:17: destinations[0].rate_limit: `100000.5` is not a number above 0 and up to 100000 | write requests per second, such as 10 or 0.5",
        ),
        ("rate_limit: 10/s", "5:17: destinations[0].rate_limit: expected a number, found text"),
        (
            "rate_limit: '${WORD}'",
            "5:17: destinations[0].rate_limit: `${WORD}` is not a number above 0 and up to 100000 | write requests per second, such as 10 or 0.5",
        ),
        (
            "spread: 101",
            "5:13: destinations[0].spread: is more than `max_in_flight`, 100 | each partition must have one delivery under way at least",
        ),
        ("spread: 0", "5:13: destinations[0].spread: `0` is not a whole number from 1 to 10000"),
        ("breaker: off", "5:14: destinations[0].breaker: expected a section with keys, found text"),
        ("breaker: { after: -1 }", "5:23: destinations[0].breaker.after: `-1` is not a whole number from 0 to 1000000"),
        ("breaker: { probe: 0s }", "5:23: destinations[0].breaker.probe: `0s` is not between 1ms and 1h"),
        (
            "breaker: { probe: 10s, probe_max: 9s }",
            "5:39: destinations[0].breaker.probe_max: is shorter than `probe`, 10s | between two probes there is at first `probe`, at last `probe_max`",
        ),
        ("breaker: { afer: 1 }", "5:16: destinations[0].breaker.afer: unknown key `afer` | did you mean `after`?"),
        ("filters: {}", "5:14: destinations[0].filters: expected a list, found a section with keys"),
        (
            "audiences: vip",
            "5:16: destinations[0].audiences: `vip` is not a choice here | write all, none or a list of keys: [order_completed_last_30days]",
        ),
        (
            "audiences: { vip: true }",
            "5:16: destinations[0].audiences: expected all, none or a list of keys, found a section with keys",
        ),
        (
            "audiences: [30]",
            "5:17: destinations[0].audiences[0]: expected text, found a number | put the value in quotes",
        ),
        ("audiences: [~]", "5:17: destinations[0].audiences[0]: is missing"),
        ("audiences: ['']", "5:17: destinations[0].audiences[0]: is empty | write the audience's key"),
        (
            "audience_calls: alias",
            "5:21: destinations[0].audience_calls: `alias` is not a choice here | write identify or track",
        ),
        (
            "standard_webhooks_secret: abc",
            "5:31: destinations[0].standard_webhooks_secret: `standard_webhooks_secret` is not available in this version",
        ),
        (
            "mappings: [{}]",
            "5:15: destinations[0].mappings: does not go with the destination's `type` | write `type: webhooks_actions` to send what mappings make of an event",
        ),
        (
            "trigger: all",
            "5:5: destinations[0].trigger: unknown key `trigger` | a mapping has it, and `type: webhooks_actions` has mappings",
        ),
        ("auth: { type: none }", "5:11: destinations[0].auth: `auth` is not available in this version"),
        (
            "insert_function: x",
            "5:22: destinations[0].insert_function: `insert_function` is not available in this version",
        ),
    ] {
        assert_complaint(&destination(&format!("{url}{lines}")), expected);
    }
}

#[test]
fn five_hooks_are_allowed_and_seven_are_not() {
    let hooks = |count| destination(&format!("hooks: [{}]", vec!["{ url: https://a.example/ }"; count].join(", ")));
    assert_eq!(Scene::new(hooks(5)).load().unwrap().destinations[0].addresses().len(), 5);
    assert_complaint(&hooks(7), "4:12: destinations[0].hooks: there are 7 hooks | a destination has 1 to 5");
}

#[test]
fn each_mistake_of_the_list_or_the_text_is_named() {
    for (yaml, expected) in [
        (
            "destinations: []",
            "1:15: destinations: there are no destinations | list at least one under `destinations`, or name a folder with `destinations_dir`",
        ),
        (
            "kafka: {}",
            "1:1: destinations: there are no destinations | list at least one under `destinations`, or name a folder with `destinations_dir`",
        ),
        ("destinations: { id: crm }", "1:15: destinations: expected a list, found a section with keys"),
        ("destinations: [crm]", "1:16: destinations[0]: expected a section with keys, found text"),
        (
            "destinations: [{ type: webhooks, url: https://a.example/ }]",
            "1:16: destinations[0].id: is missing | give the destination a short name, such as `id: crm`",
        ),
        (
            "destinations: [{ id: a, url: https://a.example/ }]",
            "1:16: destinations[0].type: is missing | write `type: webhooks`, or `type: webhooks_actions` for one with mappings",
        ),
        (
            "destinations: [{ id: A, type: webhooks, url: https://a.example/ }]",
            "1:22: destinations[0].id: an id has 1 to 64 characters of a-z, 0-9, _ and -",
        ),
        (
            "destinations: [{ id: other, type: webhooks, url: https://a.example/ }]",
            "1:22: destinations[0].id: `other`, `none` and `unknown` are reserved for metrics",
        ),
        (
            "destinations: [{ id: a, type: webhook, url: https://a.example/ }]",
            "1:31: destinations[0].type: `webhook` is not a type of destination | write `type: webhooks`, or `type: webhooks_actions` for one with mappings",
        ),
        (
            "destinations: [{ id: a, mappings: [{ trigger: 'type = \"track\"', url: https://a.example/ }] }]",
            "1:16: destinations[0].type: is missing | write `type: webhooks_actions`",
        ),
        (
            "destinations: [{ id: a, type: extensible_webhook }]",
            "1:31: destinations[0].type: `extensible_webhook` is not available in this version | write `type: webhooks`, or `type: webhooks_actions` for one with mappings",
        ),
        (
            "destinations:\n- &a { id: a, type: webhooks, url: https://a.example/ }\n- *a",
            "3:3: destinations[1].id: is the id of destinations[0] already",
        ),
        ("destinations_dir: nowhere", "1:19: destinations_dir: the folder does not exist"),
        ("destinations_dir: webhooks.yaml", "1:19: destinations_dir: is not a folder"),
        ("- a", "1:1: expected a section with keys, found a list"),
        ("a: [", "1:4: not valid YAML: unclosed bracket '['"),
        ("a: b: c", "1:5: not valid YAML: mapping values are not allowed in this context"),
        (
            "http: { proxy: ${PROXY} }",
            "1:17: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}' | between { } or [ ] a text with ${…} needs quotes",
        ),
        (
            "if: !contains(event, 'a')",
            "1:5: not valid YAML: while scanning a tag, did not find expected whitespace or line break | a text that begins with ! needs quotes",
        ),
        ("a: *b", "1:4: not valid YAML: alias references unknown anchor"),
        ("a: 1\n---\nb: 1", "3:1: more than one YAML document"),
        ("a: &a [*a]", "1:8: an alias refers to itself"),
        ("", " the file is empty"),
        ("# nothing", " the file is empty"),
    ] {
        assert_complaint(yaml, expected);
    }
}
