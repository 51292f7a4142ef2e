//! Reads files: the configuration itself and the small ones it names. Whatever is wrong with a
//! file becomes a short reason; how much is read is bounded.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::complaint::{Complaint, Ledger};
use super::field::{Fault, Field};
use super::raw::{self, MAX_FILE_BYTES, Node, Position};

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("does not exist")]
    Missing,
    #[error("is a directory")]
    Directory,
    #[error("may not be read: permission denied")]
    Denied,
    #[error("is larger than {} KiB", MAX_FILE_BYTES / 1024)]
    TooLarge,
    #[error("is not UTF-8 text (line {0})")]
    NotUtf8(usize),
    #[error("cannot be read: {}", .0.kind())]
    Other(#[source] io::Error),
}

impl From<io::Error> for FileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound => Self::Missing,
            ErrorKind::IsADirectory => Self::Directory,
            ErrorKind::PermissionDenied => Self::Denied,
            _ => Self::Other(error),
        }
    }
}

/// Reads a file of text, at most 1 MiB of it.
pub(super) fn read(path: &Path) -> Result<String, FileError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(FileError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        FileError::NotUtf8(1 + valid.iter().filter(|b| **b == b'\n').count())
    })
}

/// Reads a YAML file that is not empty.
pub(super) fn tree(path: &Path, ledger: &Ledger) -> Option<Node> {
    match read(path) {
        Ok(text) => tree_of(&text, path, ledger),
        Err(error) => {
            let hint = matches!(error, FileError::Missing)
                .then_some("name another file with --config or KAFKA_WEBHOOKS_CONFIG");
            complain(path, ledger, Remark { what: format!("the file {error}"), position: None, hint });
            None
        }
    }
}

/// Reads YAML text that is not empty; complaints name it by `path`.
pub(super) fn tree_of(text: &str, path: &Path, ledger: &Ledger) -> Option<Node> {
    match raw::parse(text.strip_prefix('\u{feff}').unwrap_or(text)) {
        Ok(node) if matches!(node.value, raw::Value::Null) => {
            complain(path, ledger, Remark { what: "the file is empty".into(), position: None, hint: None });
            None
        }
        Ok(node) => Some(node),
        Err(error) => {
            let line = error.at.and_then(|at| text.lines().nth(at.line as usize - 1));
            let what = error.to_string();
            let hint = match line {
                Some(line) if line.contains("${") => Some("between { } or [ ] a text with ${…} needs quotes"),
                _ if what.contains("scanning a tag") => Some("a text that begins with ! needs quotes"),
                _ => None,
            };
            complain(path, ledger, Remark { what, position: error.at, hint });
            None
        }
    }
}

/// What is wrong with a file as a whole.
struct Remark<'a> {
    what: String,
    position: Option<Position>,
    hint: Option<&'a str>,
}

fn complain(path: &Path, ledger: &Ledger, remark: Remark<'_>) {
    ledger.add(Complaint {
        file: path.to_owned(),
        position: remark.position,
        path: String::new(),
        what: remark.what,
        hint: remark.hint.map(str::to_owned),
    });
}

/// The content of a small file that a field names; complains if it cannot be read.
pub(super) fn named_by(field: &Field<'_>) -> Option<(PathBuf, String)> {
    let path = field.file_path()?;
    let result = read(&path).map_err(|error| Fault::new(format!("the file {error}")));
    field.judge(result).map(|text| (path, text))
}
