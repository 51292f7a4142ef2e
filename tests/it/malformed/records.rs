//! Source records that are no event become one dead letter each, with their own key and bytes; the events around them
//! are delivered and the offsets pass.

use crate::support::program::Setup;
use crate::support::receiver::Receiver;
use crate::support::topics::{New, Seen, produce_all};

/// Values that are no event; each has its index as key.
fn malformed() -> Vec<Option<Vec<u8>>> {
    let deep = format!(r#"{{"type":"track","a":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
    let texts = [
        "",
        " ",
        "[]",
        r#"[{"type":"track"}]"#,
        r#""text""#,
        "42",
        "null",
        "true",
        r#"{"type":"track""#,
        r#"{"type":"tra"#,
        r#"{"type":"track"} x"#,
        r#"{"type":"track"}{"type":"track"}"#,
        r#"{"type":"track",}"#,
        r#"{'type':'track'}"#,
        "\u{feff}{\"type\":\"track\"}",
        r#"{"event":"no type"}"#,
        "{}",
        r#"{"type":null}"#,
        r#"{"type":7}"#,
        r#"{"type":""}"#,
        r#"{"type":["track"]}"#,
        // The key is `type`, not `Type`.
        r#"{"Type":"track"}"#,
        "\0",
        "{\"type\":\"track\"}\0",
        "{\"type\":\"tr\0ack\"}",
        r#"{"type":"track","n":01}"#,
        r#"{"type":"track","n":NaN}"#,
        deep.as_str(),
    ];
    let mut all: Vec<Option<Vec<u8>>> = texts.iter().map(|text| Some(text.as_bytes().to_vec())).collect();
    all.push(None);
    all.push(Some(b"{\"type\":\"track\",\"a\":\"\xff\"}".to_vec()));
    all.push(Some(b"{\"type\":\"track\",\"a\":\"\xed\xa0\x80\"}".to_vec()));
    all
}

#[test]
fn each_becomes_one_dead_letter_and_the_events_around_it_are_delivered() {
    let receiver = Receiver::start();
    let mut setup = Setup::local("malformed");
    setup.destination("crm", receiver.url("/hook"), "");
    let program = setup.start_ready();
    let bad = malformed();
    let keys: Vec<String> = (0..bad.len()).map(|index| format!("key-{index}")).collect();
    let good: Vec<String> = (0..=bad.len()).map(|index| format!(r#"{{"type":"track","n":{index}}}"#)).collect();
    let mut records = Vec::new();
    for (index, event) in good.iter().enumerate() {
        // One partition, so that a record that stopped it would stop all that follow.
        let partition = Some(1);
        records.push(New { value: Some(event.as_bytes()), partition, ..New::default() });
        if let (Some(value), Some(key)) = (bad.get(index), keys.get(index)) {
            records.push(New { key: Some(key.as_bytes()), value: value.as_deref(), partition, ..New::default() });
        }
    }
    produce_all(&setup.brokers(), &setup.topic("events"), &records);

    receiver.wait_for(good.len());
    let dead = setup.wait_for("dead-letters", bad.len());
    setup.quiet();
    assert_eq!(receiver.requests().len(), good.len(), "each good event once");
    assert_eq!(dead.len(), bad.len(), "each bad record once");
    for (key, value) in keys.iter().zip(&bad) {
        let letter = dead.iter().find(|letter| letter.key_text() == *key).unwrap();
        assert_eq!(&letter.value, value, "{key}: byte for byte, and null stays null");
        check_headers(letter, &setup);
    }
    let count = bad.len() as f64;
    assert_eq!(program.metric("webhooks_events_malformed_total", &[&setup.topic("events")]), count);
    let none = [r#"destination="none""#, r#"reason="malformed""#];
    assert_eq!(program.metric("webhooks_deliveries_dead_lettered_total", &none), count);
    assert_eq!(program.metric("webhooks_deliveries_dead_lettered_total", &[]), count);
    assert_eq!(program.metric("webhooks_events_consumed_total", &[]), count * 2.0 + 1.0);
    program.stop();
}

#[test]
fn a_malformed_record_without_a_key_has_none_in_the_dead_letters() {
    let mut setup = Setup::local("malformed-keyless");
    setup.destination("crm", "https://crm.example.com/hook", "");
    let program = setup.start_ready();
    setup.put("events", New { value: Some(b"[]"), ..New::default() });
    setup.put("events", New { key: Some(b""), value: Some(b"[]"), ..New::default() });
    setup.put("events", New { key: Some(b"\xff\x00"), value: Some(b"[]"), ..New::default() });
    let mut keys: Vec<_> = setup.wait_for("dead-letters", 3).into_iter().map(|letter| letter.key).collect();
    keys.sort();
    assert_eq!(keys, [None, Some(Vec::new()), Some(b"\xff\x00".to_vec())]);
    program.stop();
}

fn check_headers(letter: &Seen, setup: &Setup) {
    for (name, value) in [("reason", "malformed"), ("fault", "record"), ("attempts", "0"), ("replays", "0")] {
        assert_eq!(letter.header(name), Some(value), "{name} of {letter:?}");
    }
    let prefix = format!("{}/1@", setup.topic("events"));
    assert!(letter.header("source").is_some_and(|source| source.starts_with(&prefix)));
    assert!(letter.header("delivery-id").is_some_and(|id| id.starts_with("dlv_") && id.len() == 30));
    for name in ["accepted-at", "dead-at"] {
        let time = letter.header(name).unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{name}: {time}");
    }
    let error = letter.header("last-error").unwrap();
    assert!(!error.is_empty() && error.len() <= 256, "{error}");
}
