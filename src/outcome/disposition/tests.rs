//! The published schedule to the second, and the edges of the decision.
//! Arithmetic only; that real waits keep to it is shown by the integration tests.

use super::*;
use crate::outcome::time::{ClockTrust, Moment};

fn tiers(millis: &[u64]) -> Tiers {
    let tier = |ms: &u64| Tier::new(Duration::from_millis(*ms)).unwrap();
    Tiers::new(millis.iter().map(tier).collect()).unwrap()
}

fn default_tiers() -> Tiers {
    tiers(&[10_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000])
}

fn at(millis: i64) -> Now {
    let moment = Moment::after(Duration::ZERO);
    Now { moment, kafka: KafkaTime::from_millis(millis), trust: ClockTrust::Sane }
}

fn failed(outcome: Outcome) -> Attempted {
    Attempted { outcome, retry_after: None }
}

/// Attempt times of a destination that never answers, by arithmetic, and how it ends.
fn life(policy: Policy<'_>, outcome: Outcome) -> (Vec<i64>, Reason) {
    let mut progress = Progress::default();
    let mut now = 0;
    let mut times = Vec::new();
    loop {
        times.push(now);
        assert!(times.len() < 10_000, "endless");
        progress.window_started_at.get_or_insert(KafkaTime::from_millis(now));
        progress.attempts += u32::from(outcome.costs_an_attempt());
        match after_attempt(failed(outcome), &progress, policy, at(now)) {
            Disposition::Delay(delay) => {
                now += i64::try_from(delay.tier.wait().as_millis()).unwrap();
                progress.final_wait = delay.final_wait;
            }
            Disposition::DeadLetter(reason) => return (times, reason),
            Disposition::Done => panic!("nothing was delivered"),
        }
    }
}

const FOUR_HOURS: Duration = Duration::from_secs(4 * 3600);
const THREE_DAYS: Duration = Duration::from_secs(72 * 3600);

#[test]
fn the_default_schedule_is_the_published_one_to_the_second() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let (times, reason) = life(policy, Outcome::TimedOut);
    let seconds: Vec<i64> = times.iter().map(|ms| ms / 1000).collect();
    let hms = |h: i64, m: i64, s: i64| h * 3600 + m * 60 + s;
    let published = [
        0,
        10,
        hms(0, 1, 10),
        hms(0, 6, 10),
        hms(0, 21, 10),
        hms(0, 51, 10),
        hms(1, 51, 10),
        hms(2, 51, 10),
        hms(3, 51, 10),
        hms(3, 56, 10),
    ];
    assert_eq!(seconds, published);
    assert_eq!(reason, Reason::Expired);
}

#[test]
fn short_tiers_end_in_one_shortened_wait() {
    let tiers = tiers(&[100, 200, 400]);
    let policy =
        Policy { tiers: &tiers, give_up_after: Duration::from_secs(2), max_attempts: None, expire_after: THREE_DAYS };
    let (times, reason) = life(policy, Outcome::ServerError);
    assert_eq!(times, [0, 100, 300, 700, 1100, 1500, 1900, 2000]);
    assert_eq!(reason, Reason::Expired);
}

#[test]
fn the_last_allowed_attempt_ends_it_earlier() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: Some(3), expire_after: THREE_DAYS };
    let (times, reason) = life(policy, Outcome::Unreachable);
    assert_eq!((times.len(), reason), (3, Reason::AttemptsExhausted));
}

#[test]
fn throttling_costs_time_but_no_attempt() {
    let tiers = tiers(&[1_000]);
    let policy = Policy {
        tiers: &tiers,
        give_up_after: Duration::from_secs(5),
        max_attempts: Some(1),
        expire_after: THREE_DAYS,
    };
    let (times, reason) = life(policy, Outcome::Throttled);
    assert_eq!(times.len(), 6);
    assert_eq!(reason, Reason::Expired);
}

#[test]
fn retry_after_picks_the_shortest_tier_that_covers_it() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let progress = Progress { window_started_at: Some(KafkaTime::from_millis(0)), ..Progress::default() };
    for (asked, expected) in [(0, 10), (10, 10), (11, 60), (600, 900), (3_600, 3_600), (90_000, 3_600)] {
        let attempted = Attempted { outcome: Outcome::Throttled, retry_after: Some(Duration::from_secs(asked)) };
        let Disposition::Delay(delay) = after_attempt(attempted, &progress, policy, at(0)) else {
            panic!("asked {asked}: not delayed")
        };
        assert_eq!((delay.tier.wait().as_secs(), delay.cause), (expected, Cause::Throttled), "asked {asked}");
    }
}

#[test]
fn a_deadline_passed_while_we_were_down_dead_letters_after_the_last_attempt() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let progress = Progress { attempts: 2, window_started_at: Some(KafkaTime::from_millis(0)), ..Progress::default() };
    let late = at(5 * 3_600_000);
    let verdict = after_attempt(failed(Outcome::TimedOut), &progress, policy, late);
    assert_eq!(verdict, Disposition::DeadLetter(Reason::Expired));
}

#[test]
fn a_clock_that_is_off_expires_nothing() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let progress = Progress {
        attempts: 9,
        window_started_at: Some(KafkaTime::from_millis(0)),
        final_wait: true,
        ..Progress::default()
    };
    let off = Now { trust: ClockTrust::Off, ..at(9 * 3_600_000) };
    let verdict = after_attempt(failed(Outcome::TimedOut), &progress, policy, off);
    assert!(matches!(verdict, Disposition::Delay(delay) if !delay.final_wait));
}

#[test]
fn an_unknown_destination_waits_longer_and_longer_until_the_deadline() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let mut progress = Progress::default();
    let (mut now, mut waits) = (0, Vec::new());
    let reason = loop {
        let verdict = put_off(Obstacle::Absent(Reason::UnknownDestination), &progress, policy, at(now));
        progress.window_started_at.get_or_insert(KafkaTime::from_millis(now));
        match verdict {
            Ok(delay) => {
                waits.push(delay.tier.wait().as_secs());
                now += i64::try_from(delay.tier.wait().as_millis()).unwrap();
                progress.final_wait = delay.final_wait;
            }
            Err(reason) => break reason,
        }
    };
    assert_eq!(reason, Reason::UnknownDestination);
    assert_eq!(&waits[..8], [10, 10, 10, 10, 10, 10, 60, 60]);
    assert_eq!(waits.iter().max(), Some(&900));
    assert!(now <= 4 * 3_600_000, "waited {now} ms");
}

#[test]
fn success_and_refusal_end_it_at_once() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let of = |outcome| after_attempt(failed(outcome), &Progress::default(), policy, at(0));
    assert_eq!(of(Outcome::Delivered), Disposition::Done);
    assert_eq!(of(Outcome::Rejected), Disposition::DeadLetter(Reason::Rejected));
    assert_eq!(of(Outcome::InvalidRequest), Disposition::DeadLetter(Reason::InvalidRequest));
}

#[test]
fn behind_an_open_breaker_a_delivery_waits_as_long_as_it_has_been_open_and_expires_at_the_deadline() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let mut progress = Progress::default();
    // It comes when the breaker has been open for a minute already.
    let (mut now, mut waits) = (60_000_i64, Vec::new());
    let reason = loop {
        let open_for = Duration::from_millis(now.unsigned_abs());
        let verdict = put_off(Obstacle::Breaker { open_for }, &progress, policy, at(now));
        progress.window_started_at.get_or_insert(KafkaTime::from_millis(now));
        match verdict {
            Ok(delay) => {
                assert_eq!(delay.cause, Cause::Breaker);
                waits.push(delay.tier.wait().as_secs());
                now += i64::try_from(delay.tier.wait().as_millis()).unwrap();
                progress.final_wait = delay.final_wait;
            }
            Err(reason) => break reason,
        }
    };
    assert_eq!(reason, Reason::Expired);
    assert_eq!(&waits[..8], [60, 60, 60, 60, 300, 300, 900, 900]);
    assert_eq!(waits.iter().max(), Some(&900));
    assert!((FOUR_HOURS.as_secs() - 600..=FOUR_HOURS.as_secs()).contains(&waits.iter().sum()), "{waits:?}");
    assert!(progress.final_wait, "the last wait was the shortened one");
}

#[test]
fn in_a_pause_a_delivery_waits_in_the_tier_that_covers_its_rest() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    for (rest, expected) in [(11, 60), (60, 60), (61, 300), (90_000, 3_600)] {
        let obstacle = Obstacle::RetryAfter { rest: Duration::from_secs(rest) };
        let delay = put_off(obstacle, &Progress::default(), policy, at(0)).unwrap();
        assert_eq!((delay.tier.wait().as_secs(), delay.cause), (expected, Cause::Throttled), "{rest}");
    }
}

#[test]
fn what_is_paused_waits_longer_and_longer_and_in_the_end_as_long_as_anything_may() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let mut progress = Progress::default();
    let (mut now, mut waits) = (0_i64, Vec::new());
    let reason = loop {
        let verdict = put_off(Obstacle::Paused, &progress, policy, at(now));
        progress.waiting_since.get_or_insert(KafkaTime::from_millis(0));
        match verdict {
            Ok(delay) => {
                assert_eq!((delay.cause, delay.final_wait), (Cause::Paused, false));
                waits.push(delay.tier.wait().as_secs());
                now += i64::try_from(delay.tier.wait().as_millis()).unwrap();
            }
            Err(reason) => break reason,
        }
    };
    assert_eq!(reason, Reason::Expired);
    assert_eq!(&waits[..8], [10, 10, 10, 10, 10, 10, 60, 60]);
    assert_eq!(waits.iter().max(), Some(&900));
    assert!((THREE_DAYS.as_secs() - 10..=THREE_DAYS.as_secs()).contains(&waits.iter().sum()));
    let off = Now { trust: ClockTrust::Off, ..at(now) };
    assert!(put_off(Obstacle::Paused, &progress, policy, off).is_ok(), "a wrong clock expires nothing");
}

#[test]
fn nothing_waits_longer_than_anything_may_whatever_the_cause() {
    let tiers = default_tiers();
    let policy = Policy { tiers: &tiers, give_up_after: FOUR_HOURS, max_attempts: None, expire_after: THREE_DAYS };
    let end = i64::try_from(THREE_DAYS.as_millis()).unwrap();
    let progress = Progress { waiting_since: Some(KafkaTime::from_millis(0)), attempts: 1, ..Progress::default() };
    let parked = |now| park((tiers.covering(FOUR_HOURS), Cause::Overflow), &progress, policy, at(now));
    assert_eq!(parked(0).map(|delay| delay.tier.name()), Ok("1h".to_owned()));
    assert_eq!(parked(end - 301_000).map(|delay| delay.tier.name()), Ok("5m".to_owned()));
    assert_eq!(parked(end - 9_999), Err(Reason::Expired));
    // Its clock has just started, and yet.
    let failed_at = |now| after_attempt(failed(Outcome::TimedOut), &progress, policy, at(now));
    assert!(matches!(failed_at(end - 60_000), Disposition::Delay(delay) if !delay.final_wait));
    assert_eq!(failed_at(end - 9_999), Disposition::DeadLetter(Reason::Expired));
}

#[test]
fn a_clock_that_stood_still_goes_on_where_it_was() {
    let at = KafkaTime::from_millis;
    let mut progress =
        Progress { window_started_at: Some(at(1_000)), paused_at: Some(at(4_000)), ..Progress::default() };
    progress.resume_clock(at(104_500));
    assert_eq!((progress.window_started_at, progress.paused_at), (Some(at(101_500)), None));
    progress.resume_clock(at(200_000));
    assert_eq!(progress.window_started_at, Some(at(101_500)));
    let mut fresh = Progress::default();
    fresh.resume_clock(at(1));
    assert_eq!(fresh, Progress::default());
}
