//! The file as it was written: a tree of YAML values, each with its place. Nothing is checked but
//! that it is YAML of a sane size. What the values mean is read by `field` and `section`, which
//! can therefore report every mistake of a file, not only the first.

mod visit;

use std::thread;

use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Options, Spanned};

use visit::Raw;

/// The largest file that is read, in bytes; 1 MiB holds some thousands of destinations.
pub(super) const MAX_FILE_BYTES: u64 = 1 << 20;

/// The most YAML values of a file, those that aliases repeat included.
const MAX_VALUES: usize = 100_000;

/// Levels of values within each other: seven down to a mapping, the rest for what stands in it.
const MAX_DEPTH: usize = 128;

/// The library takes some 50 KiB for each level in a debug build; what is not needed is not taken up.
const STACK_BYTES: usize = 16 << 20;

/// A place in a file; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column.
    pub column: u64,
}

impl Position {
    fn of(location: Location) -> Self {
        Self { line: location.line().max(1), column: location.column().max(1) }
    }
}

/// A value and where it stands (an alias: where it is used).
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Position,
    /// A text as the file has it at `at`, with its quotes and escapes; none where it is not all on one line there.
    pub(super) spelled: Option<Box<str>>,
}

/// A YAML value by the core schema of YAML 1.2.
pub(super) enum Value {
    Null,
    Flag(bool),
    /// As it was spelled, so that `0.10` given for a text stays `0.10`.
    Number(String),
    Text(String),
    /// What begins with `!`, which YAML takes for a tag.
    Tagged,
    List(Vec<Node>),
    /// In the order of the file; a key may be there twice.
    Map(Vec<(Node, Node)>),
}

impl Value {
    /// What it is, for `expected …, found …`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Tagged => "a tag: what begins with ! needs quotes",
            Self::List(_) => "a list",
            Self::Map(_) => "a section with keys",
        }
    }
}

/// Why a text is no YAML, or too much of it.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(super) struct NotYaml {
    pub(super) at: Option<Position>,
    what: String,
}

/// Reads one YAML document; an empty one is `Null`.
pub(super) fn parse(text: &str) -> Result<Node, NotYaml> {
    // The levels must not depend on how much stack the caller happens to have.
    thread::scope(|scope| {
        let reading = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, || document(text));
        let reading = reading.map_err(|error| NotYaml { at: None, what: format!("no thread to read it: {error}") })?;
        reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn document(text: &str) -> Result<Node, NotYaml> {
    serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options()).map(|raw| raw_node(raw, text)).map_err(
        |error| NotYaml {
            at: error.location().filter(|location| *location != Location::UNKNOWN).map(Position::of),
            what: plain_reason(&error),
        },
    )
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_reader_input_bytes: Some(MAX_FILE_BYTES as usize),
            max_events: 2 * MAX_VALUES,
            max_nodes: MAX_VALUES,
            max_total_scalar_bytes: 4 * MAX_FILE_BYTES as usize,
            max_documents: 2,
            max_depth: MAX_DEPTH,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_VALUES,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        leading_zero_numbers_as_strings: true,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// The library's reason on one line, without its own note of the place.
fn plain_reason(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::Error;
    match error.without_snippet() {
        Error::MultipleDocuments { .. } => "more than one YAML document".into(),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. } => "too many values, levels or aliases for a configuration".into(),
        Error::RecursiveReferencesRequireWeakTypes { .. } => "an alias refers to itself".into(),
        Error::AliasError { error, .. } => plain_reason(error),
        _ => {
            let text = error.render();
            let line = text.lines().next().unwrap_or_default();
            let end = line.rfind(" at line ").unwrap_or(line.len());
            format!("not valid YAML: {}", &line[..end])
        }
    }
}

fn raw_node(raw: Spanned<Raw>, source: &str) -> Node {
    let span = raw.defined.span();
    let start = span.byte_offset().and_then(|at| usize::try_from(at).ok());
    let length = span.byte_len().and_then(|len| usize::try_from(len).ok());
    let written = start.zip(length).and_then(|(at, len)| source.get(at..at.checked_add(len)?));
    let number = |fallback: String| {
        let spelled =
            written.map(str::trim).filter(|text| text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)));
        Value::Number(spelled.map_or(fallback, str::to_owned))
    };
    let is_text = matches!(raw.value, Raw::Text(_));
    let is_here = raw.defined == raw.referenced;
    let spelled = written.filter(|text| is_text && is_here && !text.contains(['\n', '\r'])).map(Box::from);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Flag(flag) => Value::Flag(flag),
        Raw::Number(text) => number(text),
        Raw::Text(_) if start.is_some_and(|start| follows_tag(source, start)) => Value::Tagged,
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => Value::List(items.into_iter().map(|n| raw_node(n, source)).collect()),
        Raw::Map(entries) => Value::Map(
            entries.into_iter().map(|(key, value)| (raw_node(key, source), raw_node(value, source))).collect(),
        ),
    };
    Node { value, at: Position::of(raw.referenced), spelled }
}

/// Whether a tag of nobody's stands before this place on its line, such as that of `if: !contains(event, 'a')`.
fn follows_tag(source: &str, at: usize) -> bool {
    let before = source.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let word = line.split_whitespace().next_back().unwrap_or_default();
    line.ends_with(char::is_whitespace) && word.starts_with('!') && !word.starts_with("!!")
}
