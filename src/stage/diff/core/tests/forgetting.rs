//! What is forgotten, when, and what is not.
//! Whether anything true is lost by it is left to the simulation.

use super::*;

const DAY: i64 = 24 * 3_600_000;

/// A record of the memberships topic that says something of so many days ago, written so many days ago.
fn aged(offset: i64, (said, written): (i64, i64), state: Option<State>) -> Record {
    let time = KafkaTime::from_millis(NOW - written * DAY);
    Record { time, ..known(offset, version(NOW - said * DAY, 1), state) }
}

#[test]
fn what_is_long_over_is_forgotten_after_a_restore() {
    let (yes, no) = (State::Member(true), State::Member(false));
    for (days, state, forgotten) in [((8, 8), no, 1), ((8, 8), yes, 0), ((8, 6), no, 0), ((6, 8), no, 0)] {
        let mut stage = Stage::restored(&[aged(0, days, Some(state))]);
        let appends = stage.appends();
        assert_eq!(appends.len(), forgotten, "{days:?} {state:?}");
        for (token, append) in appends {
            assert_eq!(append.value, None);
            stage.answer(token, Ok(()));
            assert_eq!(stage.holds(), None);
        }
    }
}

#[test]
fn what_came_today_is_not_forgotten_for_its_old_timestamp() {
    // A history: what is said of 8 days ago was written just now, and what is said of 9 days ago is still to come.
    let mut stage = Stage::restored(&[aged(0, (8, 0), Some(State::Member(false)))]);
    assert_eq!(stage.appends().len(), 0);
    stage.0.arrived(member(7, true, NOW - 9 * DAY));
    assert_eq!(judged(&stage.outputs()), [Judged::Outdated]);
}

#[test]
fn what_was_forgotten_still_outdates_what_is_older_as_long_as_the_log_has_its_tombstone() {
    let log = || vec![aged(0, (8, 8), Some(State::Member(false))), aged(1, (8, 0), None)];
    let mut told = Stage::restored(&log()[..1]);
    let token = told.appends()[0].0;
    told.0.told(&log()[1], now());
    told.answer(token, Ok(()));
    for mut stage in [told, Stage::restored(&log())] {
        stage.0.arrived(member(7, true, NOW - 9 * DAY));
        assert_eq!(judged(&stage.outputs()), [Judged::Outdated]);
    }
}

#[test]
fn nothing_is_forgotten_by_a_clock_nobody_has_confirmed() {
    for trust in [ClockTrust::Unknown, ClockTrust::Off] {
        let year_ahead = Now { kafka: KafkaTime::from_millis(NOW + 365 * DAY), trust, moment: now().moment };
        let mut core = DiffCore::new(topics(), 4);
        core.assigned(&[Grant { at: at(), epoch: Epoch(1), note: None, draw: 0 }]);
        for (offset, days) in [(0, 0), (1, 8)] {
            let of_another = |text: &str| Some(text.replace("u1", &format!("u{offset}")).into());
            let told = aged(offset, (days, days), Some(State::Member(false)));
            let key = told.key.as_deref().and_then(|key| of_another(std::str::from_utf8(key).unwrap()));
            core.told(&Record { key, ..told }, year_ahead);
        }
        core.restored(0, Epoch(1));
        core.proceed(year_ahead);
        let mut stage = Stage(core);
        assert!(!stage.0.take_outputs().iter().any(|output| matches!(output, Output::Append(..))), "{trust:?}");
        // Once it is right, what is long over is still known to be.
        assert_eq!(stage.appends().len(), 1, "{trust:?}");
    }
}
