//! How log lines look: text for people, JSON for machines, always on standard error.
//! A leaf; what is logged is decided where it happens. Lines never hold secrets, bodies or full URLs.

use std::cell::Cell;
use std::io::IsTerminal as _;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// From which level lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What needs a person.
    Error,
    /// And failed attempts.
    Warn,
    /// And what a person may want to know.
    Info,
    /// And every attempt.
    Debug,
    /// And what libraries say.
    Trace,
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic because of what a stranger sent, inside a library that offers no better; such a panic is caught and
/// not shown.
pub fn quietly<R>(work: impl FnOnce() -> R) -> Option<R> {
    let before = QUIET.replace(true);
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok();
    QUIET.set(before);
    done
}

/// Starts logging for the whole process.
pub fn start(format: Format, level: Level) -> Result<(), TryInitError> {
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !QUIET.get() {
            shown(panic);
        }
    }));
    let (own, others) = match level {
        Level::Error => (LevelFilter::ERROR, LevelFilter::ERROR),
        Level::Warn => (LevelFilter::WARN, LevelFilter::WARN),
        Level::Info => (LevelFilter::INFO, LevelFilter::WARN),
        Level::Debug => (LevelFilter::DEBUG, LevelFilter::WARN),
        Level::Trace => (LevelFilter::TRACE, LevelFilter::DEBUG),
    };
    // What librdkafka says by itself is said again a hundred times a second while a broker is away; what matters of it comes
    // as errors, which are told in our own words.
    let client = if own >= LevelFilter::DEBUG { LevelFilter::WARN } else { LevelFilter::OFF };
    let filter = Targets::new()
        .with_default(others)
        .with_target("kafka_webhooks", own)
        .with_target("librdkafka", client)
        .with_target("rdkafka", client);
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        Format::Text => {
            let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            registry.with(layer.with_target(false).with_ansi(colour)).try_init()
        }
        Format::Json => {
            registry.with(layer.json().flatten_event(true).with_current_span(false).with_span_list(false)).try_init()
        }
    }
}
