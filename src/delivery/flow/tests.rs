//! Breaker, pause and rate together, as `dispatch` uses them.

use super::*;
use crate::route::flow::{BreakerTerms, RequestRate};

fn at(millis: u64) -> Moment {
    Moment::after(Duration::from_millis(millis))
}

fn limits(rate: Option<f64>) -> LaneLimits {
    let breaker = BreakerTerms { after: 2, probe: Duration::from_secs(1), probe_max: Duration::from_secs(4) };
    LaneLimits { rate: rate.and_then(RequestRate::per_second), breaker, ..LaneLimits::of(10) }
}

fn answered(flow: &mut Flow, answer: (Outcome, Option<u64>), millis: u64) -> Vec<Change> {
    let permit = flow.begin(&limits(None), at(millis));
    let answer = Answer { outcome: answer.0, patience: answer.1.map(Duration::from_millis) };
    flow.hear(permit, answer, (&limits(None), at(millis)))
}

#[test]
fn each_outcome_says_what_the_contract_says() {
    for outcome in Outcome::ALL {
        let mut flow = Flow::default();
        answered(&mut flow, (Outcome::TimedOut, None), 0);
        let changes = answered(&mut flow, (outcome, None), 0);
        let opened = changes.iter().any(|change| matches!(change, Change::Opened { failures: 2, .. }));
        let counts = outcome.is_retried() && outcome != Outcome::Throttled;
        assert_eq!(opened, counts, "{outcome:?}: {changes:?}");
    }
}

#[test]
fn a_pause_is_never_made_shorter_and_told_of_once() {
    let mut flow = Flow::default();
    let changes = answered(&mut flow, (Outcome::Throttled, Some(5_000)), 0);
    assert_eq!(changes[1..], [Change::Paused(at(5_000))]);
    assert_eq!(answered(&mut flow, (Outcome::Throttled, Some(1_000)), 1_000), []);
    assert_eq!(flow.gate(&limits(None), at(4_999)), Gate::Until(at(5_000)));
    assert_eq!(answered(&mut flow, (Outcome::Throttled, Some(9_000)), 2_000), [], "it goes on");
    assert_eq!(flow.gate(&limits(None), at(10_999)), Gate::Until(at(11_000)));
    assert_eq!(flow.state(at(10_000)).paused_for, Some(Duration::from_secs(1)));
    assert_eq!(flow.gate(&limits(None), at(11_000)), Gate::Open);
    assert_eq!(answered(&mut flow, (Outcome::Throttled, Some(500)), 12_000), [Change::Paused(at(12_500))]);
}

#[test]
fn only_a_throttled_answer_pauses() {
    let mut flow = Flow::default();
    assert_eq!(answered(&mut flow, (Outcome::ServerError, Some(5_000)), 0), []);
    assert_eq!(answered(&mut flow, (Outcome::Throttled, Some(0)), 0), [Change::Slowed(5.0)], "no time is no pause");
    assert_eq!(flow.state(at(0)).paused_for, None);
}

#[test]
fn a_pause_longer_than_a_delay_is_an_obstacle_and_comes_before_the_breaker() {
    const SHORTEST: Duration = Duration::from_secs(1);
    let mut flow = Flow::default();
    answered(&mut flow, (Outcome::Throttled, Some(3_000)), 0);
    assert_eq!(flow.obstacle(SHORTEST, at(0)), Some(Obstacle::RetryAfter { rest: Duration::from_secs(3) }));
    assert_eq!(flow.obstacle(SHORTEST, at(2_000)), None, "the rest is waited for in the lane");
    assert!(flow.is_shut(at(2_000)) && !flow.is_shut(at(3_000)));
    answered(&mut flow, (Outcome::TimedOut, None), 500);
    answered(&mut flow, (Outcome::TimedOut, None), 500);
    assert!(matches!(flow.obstacle(SHORTEST, at(600)), Some(Obstacle::RetryAfter { .. })));
    assert_eq!(flow.obstacle(SHORTEST, at(2_500)), Some(Obstacle::Breaker { open_for: Duration::from_secs(2) }));
}

#[test]
fn the_slower_of_the_rates_holds_and_a_delivery_costs_its_requests() {
    let mut flow = Flow::default();
    let three = LaneLimits { requests: 3, ..limits(Some(10.0)) };
    assert_eq!(flow.time_of_one(&three, at(0)), Some(Duration::from_millis(300)));
    assert_eq!(flow.gate(&three, at(1_000)), Gate::Open);
    flow.begin(&three, at(1_000));
    assert_eq!(flow.gate(&three, at(1_100)), Gate::Until(at(1_280)));
    answered(&mut flow, (Outcome::Throttled, None), 1_300);
    assert_eq!(flow.time_of_one(&three, at(1_300)), Some(Duration::from_millis(600)), "5 per second");
    assert!(!flow.recovers(at(2_000)) && flow.recovers(at(12_000)));
    assert_eq!(flow.time_of_one(&three, at(12_000)), Some(Duration::from_millis(300)));
    assert_eq!(flow.time_of_one(&limits(None), at(12_000)), None);
}

#[test]
fn what_could_not_be_made_is_resumed_only_where_nothing_holds_the_lane_back() {
    let mut flow = Flow::default();
    let permit = flow.begin(&limits(None), at(0));
    assert!(flow.lets_resume(permit, &limits(None), at(0)));
    assert!(!flow.lets_resume(permit, &limits(Some(1.0)), at(0)));
    answered(&mut flow, (Outcome::TimedOut, None), 0);
    answered(&mut flow, (Outcome::TimedOut, None), 0);
    assert!(!flow.lets_resume(permit, &limits(None), at(0)));
    let probe = flow.begin(&limits(None), at(1_000));
    assert!(flow.lets_resume(probe, &limits(None), at(1_000)));
}

#[test]
fn what_was_never_made_costs_nothing_of_the_rate() {
    let (mut flow, slow) = (Flow::default(), limits(Some(0.1)));
    let permit = flow.begin(&slow, at(1_000));
    assert_eq!(flow.gate(&slow, at(1_000)), Gate::Until(at(10_980)));
    flow.void(permit, at(1_100));
    assert_eq!(flow.gate(&slow, at(1_100)), Gate::Open);
}
