//! The calls that are made of records, word for word.

use super::super::record::{Read, read};
use super::*;

fn source() -> Source {
    Source { topic: "audiences".into(), partition: 3, offset: 17, millis: 1_700_000_000_000 }
}

fn identify(record: &str) -> String {
    match read(record.as_bytes()) {
        Ok(Read::Change(change)) => change.identify(&source()),
        other => panic!("{record}: {other:?}"),
    }
}

#[test]
fn a_membership_record_becomes_the_call_segment_would_send() {
    let record = r#"{"audience":{"name":"iOS Users","id":"aud_1"},"userId":"u1","member":true,"timestamp":"2026-01-31T08:00:00Z","messageId":"m-1"}"#;
    let call = r#"{"type":"identify","messageId":"m-1","userId":"u1","timestamp":"2026-01-31T08:00:00Z","traits":{"i_os_users":true},"context":{"personas":{"computation_class":"audience","computation_key":"i_os_users","computation_id":"aud_1"}}}"#;
    assert_eq!(identify(record), call);
}

#[test]
fn what_a_membership_record_gives_besides_is_passed_on_as_written() {
    let record = r#"{"member":false,"integrations":{ "All":false,"Webhooks":true },"context":{"ip":"1.2.3.4","personas":{"namespace":"spa_1","computation_key":"x"}},"traits":{"email":"a@b.c","n": 1.50,"vip":7},"originalTimestamp":"o","timestamp":"t","audience":"VIP","anonymousId":"a","userId":"u1","messageId":"m","further":1}"#;
    let call = r#"{"type":"identify","messageId":"m","userId":"u1","anonymousId":"a","timestamp":"t","originalTimestamp":"o","traits":{"email":"a@b.c","n":1.50,"vip":false},"context":{"ip":"1.2.3.4","personas":{"computation_class":"audience","computation_key":"vip","namespace":"spa_1"}},"integrations":{ "All":false,"Webhooks":true }}"#;
    assert_eq!(identify(record), call);
}

#[test]
fn a_record_without_time_or_message_id_gets_those_of_its_source() {
    let call = identify(r#"{"audience":"VIP","userId":"u1","member":true}"#);
    // A known answer: another recipe would make every receiver see strangers after an upgrade.
    let expected = r#"{"type":"identify","messageId":"personas_YyXtPQCnRwDr6rvqVNOs01aZk5x","userId":"u1","timestamp":"2023-11-14T22:13:20.000Z","traits":{"vip":true},"context":{"personas":{"computation_class":"audience","computation_key":"vip"}}}"#;
    assert_eq!(call, expected);
    assert_eq!(call, identify(r#"{"audience":"VIP","userId":"u1","member":true,"messageId":"","timestamp":null}"#));
}

#[test]
fn an_identify_call_stays_byte_for_byte() {
    let call = r#" { "type":"identify", "messageId":"m", "userId":"u1","anonymousId":"a", "traits":{ "vip" :true, "n":1.0 }, "context":{"personas":{"computation_class":"journey_step","computation_key":"vip","x":1}}, "integrations":{"All":false} } "#;
    assert_eq!(identify(call), call);
}

#[test]
fn an_identify_call_without_message_id_gets_one() {
    let personas = r#""context":{"personas":{"computation_key":"vip"}}"#;
    let expected = identify(r#"{"audience":"VIP","userId":"u1","member":true}"#);
    let id = &expected[19..expected.find(r#","userId""#).unwrap()];
    for (given, made) in [
        ("", format!(r#"{{"type":"identify","userId":"u1","traits":{{"vip":true}},{personas},{id}}}"#)),
        (
            r#""messageId":null,"#,
            format!(r#"{{{id},"type":"identify","userId":"u1","traits":{{"vip":true}},{personas}}}"#),
        ),
    ] {
        let call = format!(r#"{{{given}"type":"identify","userId":"u1","traits":{{"vip":true}},{personas}}}"#);
        assert_eq!(identify(&call), made);
    }
}

#[test]
fn a_track_call_becomes_an_identify_call() {
    let track = r#"{"messageId":"m","type":"track","event":"Audience Entered","userId":"u1","anonymousId":"a","properties":{"audience_key":"vip","vip":true,"email":"a@b.c"},"context":{"traits":{"x":1},"personas":{"computation_class":"journey_step","computation_key":"vip","computation_id":"aud_1"}},"timestamp":"t"}"#;
    let call = r#"{"type":"identify","messageId":"m","userId":"u1","anonymousId":"a","context":{"traits":{"x":1},"personas":{"computation_class":"journey_step","computation_key":"vip","computation_id":"aud_1"}},"timestamp":"t","traits":{"email":"a@b.c","vip":true}}"#;
    assert_eq!(identify(track), call);
}

#[test]
fn a_track_call_that_names_no_computation_gets_one() {
    let track = r#"{"type":"track","messageId":"m","event":"Audience Exited","userId":"u1","properties":{"audience_key":"vip"},"context":{"ip":"::1","personas":{"computation_class":"journey_step"}}}"#;
    let call = r#"{"type":"identify","messageId":"m","userId":"u1","traits":{"vip":false},"context":{"ip":"::1","personas":{"computation_class":"journey_step","computation_key":"vip"}}}"#;
    assert_eq!(identify(track), call);
    let computed = r#"{"type":"track","messageId":"m","event":"Trait Computed","userId":"u1","properties":{"trait_key":"ltv","ltv":[1, 2]}}"#;
    let call = r#"{"type":"identify","messageId":"m","userId":"u1","traits":{"ltv":[1, 2]},"context":{"personas":{"computation_class":"trait","computation_key":"ltv"}}}"#;
    assert_eq!(identify(computed), call);
}

#[test]
fn an_identify_call_becomes_a_track_call() {
    let call = r#"{"type":"identify","messageId":"m","userId":"u1","traits":{"email":"a@b.c","vip":true},"context":{"personas":{"computation_key":"vip"}},"integrations":{"All":true}}"#;
    let track = r#"{"type":"track","event":"Audience Entered","messageId":"m","userId":"u1","context":{"personas":{"computation_key":"vip"}},"integrations":{"All":true},"properties":{"audience_key":"vip","vip":true,"email":"a@b.c"}}"#;
    assert_eq!(as_track(call, "vip", Kind::Audience), track);
    let exited = as_track(r#"{"type":"identify","traits":{"vip":false}}"#, "vip", Kind::Audience);
    assert_eq!(exited, r#"{"type":"track","event":"Audience Exited","properties":{"audience_key":"vip","vip":false}}"#);
    let computed = as_track(r#"{"type":"identify","traits":{"ltv":null}}"#, "ltv", Kind::Trait);
    assert_eq!(computed, r#"{"type":"track","event":"Trait Computed","properties":{"trait_key":"ltv","ltv":null}}"#);
}

#[test]
fn a_call_that_is_told_again_differs_by_its_message_id_alone() {
    let call = r#"{"type":"identify","messageId":"m\u00e9","traits":{"vip":true}}"#;
    assert_eq!(again(call, 42), r#"{"type":"identify","messageId":"mé-again-42","traits":{"vip":true}}"#);
}

#[test]
fn a_forged_text_is_left_as_it_is() {
    for text in ["", "nonsense", "[]", "{"] {
        assert_eq!(as_track(text, "vip", Kind::Audience), text);
        assert_eq!(again(text, 1), text);
    }
    let strange = as_track("{}", "vip", Kind::Audience);
    assert_eq!(strange, r#"{"type":"track","event":"Audience Exited","properties":{"audience_key":"vip","vip":null}}"#);
}
