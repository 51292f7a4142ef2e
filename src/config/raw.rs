//! The file as it was written: a tree of YAML values, each with its place. Nothing is checked but
//! that it is YAML of a sane size. What the values mean is read by `field` and `section`, which
//! can therefore report every mistake of a file, not only the first.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Options, Spanned};

/// The largest file that is read, in bytes; 1 MiB holds some thousands of destinations.
pub(super) const MAX_FILE_BYTES: u64 = 1 << 20;

/// The most YAML values of a file, those that aliases repeat included.
const MAX_VALUES: usize = 100_000;

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
}

/// A YAML value by the core schema of YAML 1.2.
pub(super) enum Value {
    Null,
    Flag(bool),
    /// As it was spelled, so that `0.10` given for a text stays `0.10`.
    Number(String),
    Text(String),
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
            max_depth: 32,
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
    let number = |fallback: String| {
        let span = raw.defined.span();
        let start = span.byte_offset().and_then(|at| usize::try_from(at).ok());
        let length = span.byte_len().and_then(|len| usize::try_from(len).ok());
        let spelled = start
            .zip(length)
            .and_then(|(at, len)| source.get(at..at.checked_add(len)?))
            .map(str::trim)
            .filter(|text| text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)));
        Value::Number(spelled.map_or(fallback, str::to_owned))
    };
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Flag(flag) => Value::Flag(flag),
        Raw::Number(text) => number(text),
        Raw::Text(text) => Value::Text(text),
        Raw::List(items) => Value::List(items.into_iter().map(|n| raw_node(n, source)).collect()),
        Raw::Map(entries) => Value::Map(
            entries.into_iter().map(|(key, value)| (raw_node(key, source), raw_node(value, source))).collect(),
        ),
    };
    Node { value, at: Position::of(raw.referenced) }
}

/// What the YAML library hands over, before numbers get their spelling back.
enum Raw {
    Null,
    Flag(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Flag(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}
