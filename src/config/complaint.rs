//! What is wrong with a configuration, said so that a person can mend it: file, line, column, the
//! dotted path of the key, the fault and a remedy. Knows nothing of what is checked; the readers
//! of each section decide that. No complaint holds a secret or a value from the environment.

use std::cell::RefCell;
use std::fmt;
use std::path::{Path, PathBuf};

pub use super::raw::Position;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The file that is to be changed.
    pub file: PathBuf,
    /// Where in it; `None` when the file as a whole is at fault.
    pub position: Option<Position>,
    /// The key, such as `destinations[1].hooks[0].url`; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(at) = self.position {
            write!(f, ":{}:{}", at.line, at.column)?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.what)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// All mistakes of a configuration; at least one.
///
/// They stand in the order of the file, those of `destinations_dir` after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaints(Vec<Complaint>);

impl Complaints {
    /// The complaints one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Complaint> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Complaints {
    type Item = &'a Complaint;
    type IntoIter = std::slice::Iter<'a, Complaint>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.iter().enumerate() {
            let parting = if index == 0 { "" } else { "\n" };
            write!(f, "{parting}{complaint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Complaints {}

/// Where readers leave their complaints while they go on reading.
#[derive(Default)]
pub(super) struct Ledger(RefCell<Vec<Complaint>>);

impl Ledger {
    pub(super) fn add(&self, complaint: Complaint) {
        let Complaint { path, what, hint, .. } = complaint;
        // Words that quote the file may hold what a terminal would obey.
        let (path, what, hint) = (harmless(path), harmless(what), hint.map(harmless));
        self.0.borrow_mut().push(Complaint { path, what, hint, ..complaint });
    }

    /// How many complaints there are by now.
    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// The result of a reading: the value only if nobody complained. `main` is the file whose
    /// complaints come first.
    pub(super) fn close<T>(self, main: &Path, value: Option<T>) -> Result<T, Complaints> {
        let mut all = self.0.into_inner();
        let rank = |c: &Complaint| (c.file != main, c.file.clone(), c.position);
        all.sort_by_cached_key(rank);
        match value {
            Some(value) if all.is_empty() => Ok(value),
            _ => Err(Complaints(all)),
        }
    }
}

fn harmless(words: String) -> String {
    match words.contains(char::is_control) {
        true => words.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect(),
        false => words,
    }
}

/// A text from the file as a complaint may show it: short, and without control characters.
pub(super) fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    // `escape_debug` also escapes quotes, which need no escape between back quotes.
    format!("`{}`", shown.replace("\\\"", "\"").replace("\\'", "'"))
}
