//! One value of the file and how it is read as a text, a number, a duration, a list. A reader that
//! finds something else complains and answers `None`, and reading goes on, so that every mistake
//! of a file is found in one go. Texts are `text`'s; sections with keys are read by `section`.

mod text;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Surroundings;
use super::complaint::{Complaint, Ledger, Position};
use super::duration;
use super::inside;
use super::interpolate::Dollar;
use super::raw::{Node, Value};

pub(super) use text::Text;

/// The file that is being read, and what is needed to read it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a Path,
    pub(super) surroundings: &'a Surroundings<'a>,
    pub(super) ledger: &'a Ledger,
}

/// A value that may be there; `~` counts as not there.
#[derive(Clone)]
pub(super) struct Field<'a> {
    pub(super) source: Source<'a>,
    /// The dotted path; empty for the whole file.
    pub(super) path: String,
    /// Where it stands; if it is missing, where its section stands.
    pub(super) at: Position,
    pub(super) value: Option<&'a Value>,
    /// A text as the file has it, where it is on one line.
    pub(super) spelled: Option<&'a str>,
}

/// A fault found in a value, not yet tied to its place.
pub(super) struct Fault {
    what: String,
    hint: Option<String>,
}

impl Fault {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl<'a> Field<'a> {
    /// The root of a file.
    pub(super) fn root(source: Source<'a>, node: &'a Node) -> Self {
        Self { source, path: String::new(), at: node.at, value: Self::given(node), spelled: node.spelled.as_deref() }
    }

    /// A value inside this one.
    pub(super) fn inner(&self, path: String, node: &'a Node) -> Self {
        Self { path, ..Self::root(self.source, node) }
    }

    /// What is missing inside this value; it is complained of where this stands.
    pub(super) fn absent(&self, path: String) -> Self {
        Self { source: self.source, path, at: self.at, value: None, spelled: None }
    }

    /// The same value, with complaints pointing at a byte of its text, where it can be told where that stands.
    pub(super) fn pointed(&self, at: usize) -> Self {
        let columns = self.spelled.and_then(|spelled| inside::columns(spelled, at)).unwrap_or(0);
        let at = Position { column: self.at.column + columns, ..self.at };
        Self { at, ..self.clone() }
    }

    fn given(node: &'a Node) -> Option<&'a Value> {
        Some(&node.value).filter(|value| !matches!(value, Value::Null))
    }

    pub(super) fn is_given(&self) -> bool {
        self.value.is_some()
    }

    /// Adds a complaint about this value.
    pub(super) fn complain(&self, fault: Fault) {
        self.source.ledger.add(Complaint {
            file: self.source.file.to_owned(),
            position: Some(self.at),
            path: self.path.clone(),
            what: fault.what,
            hint: fault.hint,
        });
    }

    /// The value of a result, or a complaint.
    pub(super) fn judge<T>(&self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.complain(fault)).ok()
    }

    /// Whether a value from outside the file that stands in for this one is right; complains of it
    /// under the name it has there.
    pub(super) fn judge_elsewhere(&self, name: &str, result: Result<(), Fault>) -> bool {
        let Err(fault) = result else { return true };
        self.source.ledger.add(Complaint {
            file: self.source.file.to_owned(),
            position: None,
            path: name.to_owned(),
            what: fault.what,
            hint: fault.hint,
        });
        false
    }

    /// `true` or `false`.
    pub(super) fn flag(&self) -> Option<bool> {
        match self.value? {
            Value::Flag(flag) => Some(*flag),
            Value::Text(text) if text.contains("${") => {
                let text = self.replaced(text, Dollar::Refused)?;
                let fault = || Fault::new(format!("{} is neither true nor false", text.shown));
                self.judge(text.value.parse().map_err(|_| fault()))
            }
            other => {
                self.complain(self.expected("true or false", other));
                None
            }
        }
    }

    /// The text of a number, which may be none yet where it comes from a variable.
    pub(super) fn number(&self) -> Option<Text> {
        self.number_called("a number")
    }

    fn number_called(&self, name: &str) -> Option<Text> {
        match self.value? {
            Value::Number(_) => self.scalar(),
            Value::Text(text) if text.contains("${") => self.replaced(text, Dollar::Refused),
            other => {
                self.complain(self.expected(name, other));
                None
            }
        }
    }

    /// A whole number within limits.
    pub(super) fn whole(&self, limits: RangeInclusive<u64>) -> Option<u64> {
        let text = self.number_called("a whole number")?;
        let (least, most) = limits.clone().into_inner();
        let number = text.value.parse().ok().filter(|n| limits.contains(n));
        self.judge(number.ok_or_else(|| {
            let shown = &text.shown;
            Fault::new(format!("{shown} is not a whole number from {least} to {most}"))
        }))
    }

    /// A duration within limits.
    pub(super) fn duration(&self, limits: RangeInclusive<Duration>) -> Option<Duration> {
        let text = match self.value? {
            // A bare number lacks its unit; the complaint then says so.
            Value::Number(_) => self.scalar()?,
            Value::Text(text) => self.replaced(text, Dollar::Refused)?,
            other => {
                self.complain(self.expected("a duration", other).hint(duration::EXAMPLES));
                return None;
            }
        };
        let shown = &text.shown;
        let parsed = duration::parse(&text.value)
            .map_err(|error| Fault::new(format!("{shown} {error}")).hint(duration::EXAMPLES));
        let (least, most) = limits.clone().into_inner();
        self.judge(parsed.and_then(|value| {
            let bounds = (duration::spell(least), duration::spell(most));
            let fault = || Fault::new(format!("{shown} is not between {} and {}", bounds.0, bounds.1));
            limits.contains(&value).then_some(value).ok_or_else(fault)
        }))
    }

    /// The items of a list; none if it is missing.
    pub(super) fn list(&self) -> Vec<Field<'a>> {
        match self.value {
            None => Vec::new(),
            Some(Value::List(nodes)) => nodes
                .iter()
                .enumerate()
                .map(|(index, node)| self.inner(format!("{}[{index}]", self.path), node))
                .collect(),
            Some(other) => {
                self.complain(self.expected("a list", other));
                Vec::new()
            }
        }
    }

    /// A path; a relative one starts at the folder of the file it is written in.
    pub(super) fn file_path(&self) -> Option<PathBuf> {
        let text = self.text()?;
        if text.value.is_empty() || text.value.contains('\0') {
            self.complain(Fault::new("is not a file path"));
            return None;
        }
        let folder = self.source.file.parent().unwrap_or(Path::new(""));
        Some(folder.join(text.value))
    }

    /// The complaint about this value, which is of the wrong kind.
    pub(super) fn wrong(&self, wanted: &str) -> Fault {
        self.expected(wanted, self.value.unwrap_or(&Value::Null))
    }

    /// The complaint about a value of the wrong kind.
    pub(super) fn expected(&self, wanted: &str, found: &Value) -> Fault {
        Fault::new(format!("expected {wanted}, found {}", found.kind()))
    }
}
