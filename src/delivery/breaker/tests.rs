//! Opening, probing, closing and the slow start, by arithmetic.

use super::*;

const TERMS: BreakerTerms =
    BreakerTerms { after: 3, probe: Duration::from_secs(5), probe_max: Duration::from_secs(60) };

fn at(seconds: u64) -> Moment {
    Moment::after(Duration::from_secs(seconds))
}

/// An attempt that begins and ends at this second.
fn attempt(breaker: &mut Breaker, sign: Sign, second: u64) -> Option<Turn> {
    assert_eq!(breaker.gate(at(second)), Gate::Open, "at {second} s");
    let begun = breaker.begin();
    breaker.hear(begun, sign, (TERMS, at(second)))
}

fn opened(second: u64) -> Breaker {
    let mut breaker = Breaker::default();
    for _ in 0..2 {
        assert_eq!(attempt(&mut breaker, Sign::Failing, second), None);
    }
    assert_eq!(attempt(&mut breaker, Sign::Failing, second), Some(Turn::Opened(3)));
    breaker
}

#[test]
fn it_opens_after_failures_in_a_row_only() {
    let mut breaker = Breaker::default();
    for sign in [Sign::Failing, Sign::Failing, Sign::Well, Sign::Failing, Sign::Failing] {
        assert_eq!(attempt(&mut breaker, sign, 0), None);
    }
    assert_eq!(attempt(&mut breaker, Sign::Unclear, 0), None, "patience is no failure");
    assert_eq!(breaker.position(), Position::Closed);
    assert_eq!(attempt(&mut breaker, Sign::Failing, 0), Some(Turn::Opened(3)), "nor does it end the row");
    assert_eq!(breaker.position(), Position::Open);
}

#[test]
fn one_that_is_off_never_opens() {
    let mut breaker = Breaker::default();
    for _ in 0..1_000 {
        let begun = breaker.begin();
        assert_eq!(breaker.hear(begun, Sign::Failing, (BreakerTerms::OFF, at(0))), None);
    }
    assert_eq!(breaker.gate(at(0)), Gate::Open);
}

#[test]
fn probes_go_one_at_a_time_at_doubled_intervals_up_to_the_longest() {
    let mut breaker = opened(100);
    let mut now = 100;
    for interval in [5, 10, 20, 40, 60, 60] {
        assert_eq!(breaker.gate(at(now + interval - 1)), Gate::Until(at(now + interval)));
        now += interval;
        assert_eq!(breaker.gate(at(now)), Gate::Open);
        let probe = breaker.begin();
        assert!(probe.is_probe());
        assert_eq!((breaker.gate(at(now + 1_000)), breaker.position()), (Gate::Shut, Position::HalfOpen));
        assert_eq!(breaker.hear(probe, Sign::Failing, (TERMS, at(now))), None);
    }
    assert_eq!(breaker.open_for(at(now)), Some(Duration::from_secs(195)), "since it first opened");
}

#[test]
fn late_failures_neither_prolong_nor_double() {
    let mut breaker = Breaker::default();
    let late = [breaker.begin(), breaker.begin(), breaker.begin()];
    for _ in 0..3 {
        attempt(&mut breaker, Sign::Failing, 0);
    }
    assert_eq!(breaker.hear(late[0], Sign::Failing, (TERMS, at(4))), None);
    assert_eq!(breaker.gate(at(4)), Gate::Until(at(5)));
    let probe = breaker.begin();
    assert_eq!(breaker.hear(late[1], Sign::Failing, (TERMS, at(6))), None);
    assert_eq!(breaker.gate(at(1_000)), Gate::Shut, "the probe is not answered by another's failure");
    assert_eq!(breaker.hear(probe, Sign::Failing, (TERMS, at(6))), None);
    assert_eq!(breaker.gate(at(6)), Gate::Until(at(16)));
    let probe = breaker.begin();
    assert!(breaker.hear(probe, Sign::Well, (TERMS, at(16))).is_some());
    for _ in 0..2 {
        attempt(&mut breaker, Sign::Failing, 16);
    }
    assert_eq!(breaker.hear(late[2], Sign::Failing, (TERMS, at(17))), None, "of another era");
    assert_eq!(breaker.position(), Position::Closed);
}

#[test]
fn any_answer_closes_it_and_it_starts_slowly() {
    let mut breaker = Breaker::default();
    let late = breaker.begin();
    for _ in 0..3 {
        attempt(&mut breaker, Sign::Failing, 0);
    }
    assert_eq!(breaker.most_in_flight(8), 8, "the gate limits it");
    assert_eq!(breaker.hear(late, Sign::Well, (TERMS, at(7))), Some(Turn::Closed(Duration::from_secs(7))));
    assert_eq!(breaker.open_for(at(7)), None);
    let mut rounds = Vec::new();
    for _ in 0..4 {
        let round = breaker.most_in_flight(6);
        rounds.push(round);
        let begun: Vec<_> = (0..round).map(|_| breaker.begin()).collect();
        for begun in begun {
            assert_eq!(breaker.hear(begun, Sign::Well, (TERMS, at(8))), None);
        }
    }
    assert_eq!(rounds, [1, 2, 4, 6]);
}

#[test]
fn a_probe_that_tells_nothing_is_repeated_after_the_same_time() {
    let mut breaker = opened(0);
    let probe = breaker.begin();
    assert_eq!(breaker.hear(probe, Sign::Unclear, (TERMS, at(5))), None);
    assert_eq!(breaker.gate(at(5)), Gate::Until(at(10)));
    let probe = breaker.begin();
    breaker.void(probe, at(11));
    assert_eq!(breaker.gate(at(11)), Gate::Open, "it was never made");
}
