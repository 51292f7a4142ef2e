//! The project's files as text, and a Rust file as lines: number, text, code without comments and strings, and
//! whether it is test code. What is code and what is not is told by `code`; what is right by the rules.

use std::fs;
use std::path::Path;

use super::code;

/// All that the rules look at.
pub(crate) struct Project {
    /// Rust files under `src` and `tests`, but for fixtures.
    pub(crate) sources: Vec<Source>,
    /// Text files that could be part of a commit, but for fixtures.
    pub(crate) texts: Vec<Text>,
    /// Names at the visible top level.
    pub(crate) top_level: Vec<String>,
}

/// A text file; its path is relative to the project, with slashes.
pub(crate) struct Text {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A Rust file.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) lines: Vec<Line>,
}

/// One line of a Rust file.
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    pub(crate) text: String,
    /// The same with comments and the insides of strings blanked.
    pub(crate) code: String,
    /// Under `#[cfg(test)]`, or in a file that holds only tests.
    pub(crate) test: bool,
}

impl Project {
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let top_level: Vec<String> =
            names(root).into_iter().filter(|name| !name.starts_with('.') && name != "target").collect();
        let mut texts = Vec::new();
        let hidden = [".ci", ".clippy.toml", ".gitignore"].map(str::to_owned);
        for name in top_level.iter().chain(&hidden) {
            read(root, name, &mut texts);
        }
        let is_rust = |text: &&Text| {
            let folder = text.path.split('/').next();
            text.path.ends_with(".rs") && matches!(folder, Some("src" | "tests"))
        };
        let sources = texts.iter().filter(is_rust).map(|text| Source::new(&text.path, &text.text)).collect();
        Self { sources, texts, top_level }
    }
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = code::blanked(text);
        let only_tests = path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/");
        let test = code::test_lines(&code);
        let lines = text
            .lines()
            .zip(code.lines())
            .enumerate()
            .map(|(index, (text, code))| Line {
                number: index + 1,
                text: text.to_owned(),
                code: code.to_owned(),
                test: only_tests || test.contains(&index),
            })
            .collect();
        Self { path: path.to_owned(), lines }
    }

    /// The top-level module under `src` that the file belongs to: none for `lib.rs`, `main.rs` and tests.
    pub(crate) fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let module = inside.split('/').next()?;
        let module = module.strip_suffix(".rs").unwrap_or(module);
        (!matches!(module, "lib" | "main")).then_some(module)
    }

    /// Lines that are compiled into the program.
    pub(crate) fn program(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.test)
    }
}

fn read(root: &Path, name: &str, texts: &mut Vec<Text>) {
    let path = root.join(name);
    if name.ends_with("/fixtures") {
        return;
    }
    if path.is_dir() {
        for inner in names(&path) {
            read(root, &format!("{name}/{inner}"), texts);
        }
        return;
    }
    // What is no UTF-8 is no text, and what is not there has nothing wrong in it.
    if let Ok(text) = fs::read_to_string(&path) {
        let path = name.to_owned();
        texts.push(Text { path, text });
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder that was just listed can be read");
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_module_it_lies_in() {
        for (path, module) in [
            ("src/kafka.rs", Some("kafka")),
            ("src/kafka/offsets.rs", Some("kafka")),
            ("src/cli/auth/login.rs", Some("cli")),
            ("src/lib.rs", None),
            ("src/main.rs", None),
            ("tests/tidy.rs", None),
        ] {
            assert_eq!(Source::new(path, "").module(), module, "{path}");
        }
    }

    #[test]
    fn what_stands_in_tests_rs_is_test_code() {
        let file = Source::new("src/event/tests.rs", "fn f() {}\n");
        assert_eq!(file.program().count(), 0);
    }
}
