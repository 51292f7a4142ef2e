//! For how long a lane has something to do: by its own pace, by its limit, and with what it has parked.

use super::*;

/// Ten per second.
const LIMIT: Option<Duration> = Some(Duration::from_millis(100));

fn at(seconds: f64) -> Moment {
    Moment::after(Duration::from_secs_f64(seconds))
}

/// A lane that settles so many in each second for a minute.
fn steady(per_second: u32) -> Pace {
    let mut pace = Pace::default();
    pace.begin(at(0.0));
    for index in 0..60 * per_second {
        pace.settled(1, at(f64::from(index) / f64::from(per_second)));
    }
    pace
}

/// Seconds until a lane stands idle.
fn dry(pace: &mut Pace, held: usize, limit: Option<Duration>, now: f64) -> f64 {
    pace.outlook(held, limit, at(now)).unwrap().dry
}

#[test]
fn a_lane_has_something_to_do_as_long_as_its_pace_says_and_it_may_be_faster() {
    let dry = dry(&mut steady(20), 2_600, None, 60.0);
    assert!((97.0..104.0).contains(&dry), "{dry}");
}

#[test]
fn a_limited_lane_is_never_faster_than_its_limit() {
    assert!((dry(&mut Pace::default(), 600, LIMIT, 5.0) - 60.0).abs() < 1e-6, "also before its pace is known");
    assert!((dry(&mut steady(20), 600, LIMIT, 60.0) - 60.0).abs() < 1e-6);
    let slower = dry(&mut steady(5), 600, LIMIT, 60.0);
    assert!((90.0..95.0).contains(&slower), "{slower}");
}

#[test]
fn what_comes_back_in_time_counts_and_what_comes_later_does_not() {
    let mut pace = Pace::default();
    for _ in 0..500 {
        pace.parked(at(20.0));
    }
    assert!((dry(&mut pace, 100, LIMIT, 5.0) - 10.0).abs() < 1e-6, "it stands idle before");
    assert!((dry(&mut pace, 176, LIMIT, 5.0) - 67.6).abs() < 1e-6, "seventeen and a half seconds bridge the gap");
    assert!((dry(&mut pace, 10, LIMIT, 20.1) - 1.0).abs() < 1e-6, "what is due counts as held");
    assert!(pace.parked.is_empty());
}

#[test]
fn a_lane_keeps_what_it_needs_until_more_comes_back() {
    let needed = |pace: &mut Pace| pace.needed(Duration::from_millis(12_500), LIMIT, at(0.0)).unwrap();
    let mut pace = Pace::default();
    assert_eq!(needed(&mut pace), 125);
    (0..100).for_each(|_| pace.parked(at(4.0)));
    assert_eq!(needed(&mut pace), 65, "from four and its lateness on there is more");
    (0..20).for_each(|_| pace.parked(at(1.0)));
    assert_eq!(needed(&mut pace), 45);
    assert_eq!(Pace::default().needed(LATENESS, None, at(0.0)), None, "nothing is known");
}

#[test]
fn a_record_is_parked_for_as_long_as_the_lane_does_without_it() {
    let usual = Duration::from_secs(900);
    let tiers = [10, 60, 300, 900, 1_800, 3_600];
    let mut outlook = Pace::default().outlook(125, LIMIT, at(0.0)).unwrap();
    let mut parked = [0; 6];
    for _ in 0..40_000 {
        let wait = outlook.wait(usual).as_secs();
        parked[tiers.iter().rposition(|tier| *tier <= wait).unwrap()] += 1;
        outlook.parked();
    }
    // Each tier bridges the time until the next one's records are back.
    for (parked, expected) in parked.into_iter().zip([500_i32, 2_400, 6_000, 9_000, 18_000]) {
        assert!((parked - expected).abs() <= 1, "{parked} where {expected} are needed");
    }
}

#[test]
fn only_a_limit_makes_a_wait_longer_than_usual() {
    let usual = Duration::from_secs(900);
    let wait = |pace: &mut Pace, limit| pace.outlook(36_000, limit, at(60.0)).unwrap().wait(usual).as_secs();
    assert_eq!(wait(&mut Pace::default(), LIMIT), 3_597);
    assert_eq!(wait(&mut steady(5), None), 897, "its receiver may recover");
    assert_eq!(wait(&mut steady(1), LIMIT), 3_597, "it may recover, but is not wanted before");
}

#[test]
fn a_young_lane_is_judged_by_its_own_time_once_that_is_long_enough() {
    let mut pace = Pace::default();
    assert_eq!(pace.per_second(at(5.0)), None);
    pace.begin(at(5.0));
    for index in 0..100 {
        pace.settled(1, at(5.0 + f64::from(index) / 50.0));
    }
    assert_eq!(steady(0).per_second(at(0.5)), None, "nothing was settled");
    let rate = pace.per_second(at(7.0)).unwrap();
    assert!((47.0..53.0).contains(&rate), "{rate}");
    let mut quick = Pace::default();
    quick.begin(at(0.0));
    quick.settled(1, at(0.02));
    assert_eq!(quick.per_second(at(0.1)), None, "too early to say");
}

#[test]
fn a_lane_whose_attempts_end_all_at_once_is_not_taken_for_slower_than_it_is() {
    let mut pace = Pace::default();
    pace.begin(at(0.0));
    for round in 1..30_u32 {
        let end = f64::from(round) * 10.0;
        let before = pace.outlook(100, None, at(end - 0.01)).map(|outlook| outlook.rate);
        assert!(before.is_none_or(|rate| rate > 9.9), "{before:?} before round {round}");
        (0..100).for_each(|_| pace.settled(1, at(end)));
    }
}

#[test]
fn idle_time_does_not_count_as_slowness() {
    let mut pace = steady(500);
    pace.rest(at(60.0));
    let rate = |pace: &mut Pace, now| pace.per_second(at(now)).unwrap();
    for idle in [10.0, 60.0, 3_600.0] {
        let rate = rate(&mut pace, 60.0 + idle);
        assert!((480.0..520.0).contains(&rate), "{rate} after {idle}");
    }
    pace.begin(at(4_000.0));
    assert!((480.0..520.0).contains(&rate(&mut pace, 4_000.1)));
    let hung = rate(&mut pace, 4_060.0);
    assert!(hung < 40.0, "{hung}: busy for a minute and nothing settled");
}

#[test]
fn a_pause_says_nothing_of_the_pace() {
    let mut pace = steady(20);
    pace.excuse(at(360.0));
    let rate = |pace: &mut Pace, now| pace.per_second(at(now)).map(f64::round);
    assert_eq!((rate(&mut pace, 100.0), rate(&mut pace, 360.0)), (Some(20.0), Some(20.0)));
    pace.forget();
    assert_eq!(rate(&mut pace, 360.0), None);
}

#[test]
fn parked_records_are_counted_in_few_entries() {
    let mut pace = Pace::default();
    for index in 0..100_000_u32 {
        // Two tiers in turn.
        pace.parked(at(f64::from(index) / 10_000.0 + if index % 2 == 0 { 10.0 } else { 60.0 }));
    }
    assert!(pace.parked.len() <= 40, "{}", pace.parked.len());
    assert_eq!(pace.parked.values().sum::<usize>(), 100_000);
}
