//! The written rules, run: reads the sources as text and reports every breach at once, each with the remedy.
//! Needs neither the crate nor a broker. Each group of rules is a file in `tidy/`; its tables are there to be
//! extended, each entry with its reason. What a compiler or clippy can hold is left to them.

#[path = "tidy/code.rs"]
mod code;
#[path = "tidy/homes.rs"]
mod homes;
#[path = "tidy/modules.rs"]
mod modules;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/words.rs"]
mod words;

use source::{Project, Source};

/// A rule that does not hold somewhere.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Breach {
    file: String,
    line: usize,
    rule: String,
    remedy: String,
}

impl Breach {
    fn new(file: &str, line: usize, rule: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, rule: rule.into(), remedy: remedy.into() }
    }
}

/// A rule that looks at one Rust file at a time.
type Rule = fn(&Source) -> Vec<Breach>;

const RULES: [Rule; 7] = [
    shape::begins_with_a_header,
    shape::is_short,
    modules::names_only_what_it_may_know,
    homes::keeps_dependencies_at_home,
    words::has_a_telling_name,
    words::avoids_banned_words,
    words::settles_in_one_place,
];

#[test]
fn the_written_rules_hold() {
    let project = Project::read();
    let mut breaches: Vec<Breach> = RULES.iter().flat_map(|rule| project.sources.iter().flat_map(rule)).collect();
    breaches.extend(shape::top_level_is_fixed(&project.top_level));
    breaches.extend(project.texts.iter().flat_map(words::names_no_machine));
    breaches.sort();

    assert!(breaches.is_empty(), "{}", report(&breaches));
}

#[test]
fn all_sources_are_read() {
    let project = Project::read();
    for file in ["src/lib.rs", "src/main.rs", "tests/tidy.rs", "tests/tidy/code.rs"] {
        assert!(project.sources.iter().any(|source| source.path == file), "{file} was not read");
    }
    assert!(project.texts.iter().any(|text| text.path == "Cargo.toml"));
    assert!(project.top_level.iter().any(|name| name == "src"));
}

fn report(breaches: &[Breach]) -> String {
    let mut text = format!("{} breaches of the written rules:\n", breaches.len());
    for breach in breaches {
        let Breach { file, line, rule, remedy } = breach;
        text.push_str(&format!("{file}:{line}: {rule}\n    {remedy}\n"));
    }
    text
}
