//! Waiting for a state, with a deadline; never for a time.

use std::time::{Duration, Instant};

/// Asks again and again until there is an answer; panics with what was waited for when the deadline passes.
pub fn until<T>(what: &str, most: Duration, ask: impl FnMut() -> Option<T>) -> T {
    until_explained(|| what.to_owned(), most, ask)
}

/// The same, with an explanation that is made only when it is needed.
pub fn until_explained<T>(what: impl Fn() -> String, most: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + most;
    // A channel nobody sends on: waiting on it is waiting between two looks.
    let (_silent, pause) = std::sync::mpsc::channel::<()>();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {most:?} in vain for {}", what());
        let _ = pause.recv_timeout(Duration::from_millis(20));
    }
}

/// Checks that something stays as it is for a while: for what must not happen.
pub fn holds(what: &str, how_long: Duration, mut look: impl FnMut() -> bool) {
    let end = Instant::now() + how_long;
    let (_silent, pause) = std::sync::mpsc::channel::<()>();
    while Instant::now() < end {
        assert!(look(), "{what} did not hold");
        let _ = pause.recv_timeout(Duration::from_millis(20));
    }
}
