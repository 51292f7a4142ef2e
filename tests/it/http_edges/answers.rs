//! What comes back over a connection that works: statuses, heads and bodies, right and wrong.

use std::time::{Duration, Instant};

use kafka_webhooks::attempt::answer::Answer;

use super::{AMPLE, SHORT, answer_to, answered, client, label, local, request, send};
use crate::support::receiver::{Ending, Greeting, Receiver, Reply, Setup};

const HEAD: &str = "HTTP/1.1 200 OK\r\n";

fn after_head(rest: &str) -> String {
    format!("{HEAD}{rest}")
}

#[tokio::test]
async fn every_status_from_200_to_599_is_an_answer() {
    let receiver = Receiver::start();
    receiver.answer_with("*", |seen| Reply::status(seen.path[1..].parse().unwrap()));
    let client = client(&local());
    for status in 200..=599 {
        let answer = client.send(request(receiver.url(&format!("/{status}")), AMPLE)).await;
        assert_eq!(answered(&answer).0, status);
    }
    assert_eq!(receiver.connections(), 1, "all on one connection");
}

#[tokio::test]
async fn a_status_outside_200_to_599_is_no_answer() {
    for status in ["000", "101", "600", "999", "99", "1000", "abc", "-20"] {
        let raw = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        let answer = answer_to(Reply::raw(raw), AMPLE).await;
        assert_eq!(label(&answer).0, "invalid_response", "{status}: {answer:?}");
    }
}

#[tokio::test]
async fn redirects_are_answers_and_not_followed() {
    let receiver = Receiver::start();
    receiver.script("/self", [Reply::status(307).header("location", "/self")]);
    receiver.script("/other", [Reply::status(302).header("location", "http://127.0.0.1:1/")]);
    assert_eq!(answered(&send(receiver.url("/self"), AMPLE).await).0, 307);
    assert_eq!(answered(&send(receiver.url("/other"), AMPLE).await).0, 302);
    assert_eq!(receiver.requests().len(), 2);
}

#[tokio::test]
async fn the_first_retry_after_is_kept_unread() {
    let long = "9".repeat(1000);
    for (value, kept) in [("3", "3"), ("-1", "-1"), ("soon", "soon"), (&long, &long[..256])] {
        let reply = Reply::status(503).header("retry-after", value).header("Retry-After", "7");
        match answer_to(reply, AMPLE).await {
            Answer::Answered { retry_after, .. } => assert_eq!(retry_after.as_deref(), Some(kept)),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_body_of_17_kib_is_cut_at_16() {
    let answer = answer_to(Reply::status(200).body("x".repeat(17 * 1024)), AMPLE).await;
    assert_eq!(answered(&answer).1.len(), 16 * 1024);
    let answer = answer_to(Reply::status(500).body("x".repeat(16 * 1024)), AMPLE).await;
    assert_eq!(answered(&answer).1.len(), 16 * 1024);
    let answer = answer_to(Reply::status(500).body("short"), AMPLE).await;
    assert_eq!(answered(&answer), (500, b"short".as_slice()));
}

#[tokio::test]
async fn chunks_are_joined_and_cut_at_16_kib() {
    let chunk = format!("400\r\n{}\r\n", "y".repeat(1024));
    let some = after_head("transfer-encoding: chunked\r\n\r\n") + &chunk.repeat(3) + "0\r\n\r\n";
    assert_eq!(answered(&answer_to(Reply::raw(some), AMPLE).await).1.len(), 3 * 1024);
    let many = after_head("transfer-encoding: chunked\r\n\r\n") + &chunk.repeat(20);
    let reply = Reply::raw(many).then(Ending::Hang);
    assert_eq!(answered(&answer_to(reply, AMPLE).await).1.len(), 16 * 1024);
}

#[tokio::test]
async fn an_endless_body_is_an_answer_of_16_kib() {
    let endless = after_head("\r\n") + &"z".repeat(4096);
    let answer = answer_to(Reply::raw(endless).then(Ending::Repeat), AMPLE).await;
    assert_eq!(answered(&answer).1.len(), 16 * 1024);
}

#[tokio::test]
async fn a_compressed_body_is_left_as_it_is() {
    // The beginning of a gzip stream; were it unpacked, it would be refused or grow.
    let bomb = [b"\x1f\x8b\x08\0\0\0\0\0\0\x03".as_slice(), &[0xff; 90]].concat();
    let reply = Reply::status(200).header("content-encoding", "gzip").body(bomb.clone());
    assert_eq!(answered(&answer_to(reply, AMPLE).await).1, bomb);
}

#[tokio::test]
async fn what_is_no_http_is_an_invalid_response() {
    for raw in [
        "SSH-2.0-OpenSSH_9.6\r\n".to_owned(),
        "\0\u{1}\u{2}garbage\r\n\r\n".to_owned(),
        "220 mail.example.com ESMTP\r\n".to_owned(),
        format!("{HEAD}x-long: {}\r\n\r\n", "a".repeat(1_000_000)),
        format!("{HEAD}{}\r\n", "x-many: 1\r\n".repeat(10_000)),
        format!("{HEAD}bad header\r\n\r\n"),
        format!("{HEAD}content-length: -1\r\n\r\n"),
        format!("{HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nab"),
    ] {
        let answer = answer_to(Reply::raw(raw.clone()), AMPLE).await;
        let beginning: String = raw.chars().take(40).collect();
        assert_eq!(label(&answer).0, "invalid_response", "{beginning:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_banner_before_any_request_is_an_invalid_response() {
    let greeting = Greeting::Banner("SSH-2.0-OpenSSH_9.6\r\n".into());
    let receiver = Receiver::start_with(Setup { greeting, ..Setup::default() });
    let answer = send(receiver.url("/"), AMPLE).await;
    assert_eq!(label(&answer).0, "invalid_response", "{answer:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_an_invalid_response() {
    let short = after_head("content-length: 10\r\n\r\nabc");
    let bad_size = after_head("transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n");
    let no_end = after_head("transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n");
    for reply in
        [Reply::raw(short.clone()), Reply::raw(short).then(Ending::Reset), Reply::raw(bad_size), Reply::raw(no_end)]
    {
        let answer = answer_to(reply.clone(), AMPLE).await;
        assert_eq!(label(&answer).0, "invalid_response", "{reply:?}: {answer:?}");
    }
}

#[tokio::test]
async fn bytes_behind_the_stated_length_are_not_taken_for_the_next_answer() {
    let receiver = Receiver::start();
    let long = after_head("content-length: 2\r\n\r\nokHTTP/1.1 500 X\r\n\r\n");
    receiver.script("*", [Reply::raw(long).then(Ending::Keep), Reply::status(204)]);
    let client = client(&local());
    let first = client.send(request(receiver.url("/"), AMPLE)).await;
    assert_eq!(answered(&first), (200, b"ok".as_slice()));
    let second = client.send(request(receiver.url("/"), AMPLE)).await;
    assert_eq!(answered(&second).0, 204);
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn an_answer_that_is_not_complete_in_time_has_timed_out() {
    let head = after_head("content-length: 100\r\n\r\n");
    let pause = Duration::from_millis(20);
    for reply in [
        Reply::hang(),
        Reply::status(200).after(SHORT * 10),
        Reply::trickle(after_head(&"x: y\r\n".repeat(100)), pause),
        Reply::raw(head.clone()).then(Ending::Hang),
        Reply::raw("HTTP/1.1 200").then(Ending::Hang),
        Reply::raw("HTTP/1.1 100 Continue\r\n\r\n").then(Ending::Hang),
        Reply::raw("HTTP/1.1 100 Continue\r\n\r\n".repeat(20_000)).then(Ending::Hang),
    ] {
        let started = Instant::now();
        let answer = answer_to(reply.clone(), SHORT).await;
        assert_eq!(label(&answer).0, "timed_out", "{reply:?}: {answer:?}");
        assert!(started.elapsed() < SHORT * 10, "{reply:?}");
    }
}

#[tokio::test]
async fn a_body_of_a_byte_at_a_time_has_timed_out() {
    // The head, which comes as slowly, must be there in time on a busy machine, too.
    let slow = format!("{HEAD}content-length: 2000\r\n\r\n{}", "b".repeat(2000));
    let answer = answer_to(Reply::trickle(slow, Duration::from_millis(2)), SHORT * 5).await;
    assert_eq!(label(&answer), ("timed_out", "no complete answer within 1.5s"));
}

#[tokio::test]
async fn informational_answers_before_the_real_one_are_skipped() {
    let raw = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(5);
    let answer = answer_to(Reply::raw(raw + &after_head("content-length: 0\r\n\r\n")), AMPLE).await;
    assert_eq!(answered(&answer).0, 200);
}
