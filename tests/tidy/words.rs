//! Words that do not belong: names that say nothing, code that is not finished, waits for a time, and places
//! on somebody's machine. Only grows by words with a remedy; the grammar of modules is `modules`.

use super::Breach;
use super::code;
use super::source::{Source, Text};

/// Names of files, folders and modules that only grow, since anything fits in.
const EMPTY_NAMES: [&str; 8] = ["common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"];

/// Where a word is banned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Everywhere,
    InTests,
    InProgram,
}

struct BannedWord {
    word: &'static str,
    /// What must stand directly behind it; empty for anything.
    behind: &'static str,
    /// What must stand directly before it; empty for anything.
    before: &'static str,
    place: Where,
    remedy: &'static str,
}

const BANNED_WORDS: [BannedWord; 6] = [
    BannedWord {
        word: "todo",
        behind: "!",
        before: "",
        place: Where::Everywhere,
        remedy: "finish it, or leave it out",
    },
    BannedWord {
        word: "unimplemented",
        behind: "!",
        before: "",
        place: Where::Everywhere,
        remedy: "finish it, or leave it out",
    },
    BannedWord {
        word: "ignore",
        behind: "",
        before: "#[",
        place: Where::Everywhere,
        remedy: "mend the test or remove it; a test that does not run holds nothing",
    },
    BannedWord {
        word: "sleep",
        behind: "",
        before: "::",
        place: Where::InTests,
        remedy: "wait for a state with a deadline (a channel, a poll that blocks); a sleep waits for a time",
    },
    BannedWord {
        word: "sleep_until",
        behind: "",
        before: "::",
        place: Where::InTests,
        remedy: "wait for a state with a deadline (a channel, a poll that blocks); a sleep waits for a time",
    },
    BannedWord {
        word: "unwrap",
        behind: "()",
        before: ".",
        place: Where::InProgram,
        remedy: "return an error, or `expect` with the reason why it cannot happen",
    },
];

/// Folders that exist on one machine; what is in the project must run on any.
const MACHINE_FOLDERS: [&str; 3] = ["home", "root", "work"];

/// The call by which an offset passes, and the one file that may make it.
const PASSES: &str = "ledger.complete(";
const SETTLE: &str = "src/settle.rs";

/// Invariant 1: only a `Settled` lets an offset pass.
pub(crate) fn settles_in_one_place(source: &Source) -> Vec<Breach> {
    let elsewhere = source.path != SETTLE && source.path.starts_with("src/");
    let calls = source.lines.iter().filter(|line| elsewhere && !line.test && line.code.contains(PASSES));
    let remedy = "make a `Settled` and let it pass";
    calls.map(|line| Breach::new(&source.path, line.number, "only `settle` lets an offset pass", remedy)).collect()
}

pub(crate) fn has_a_telling_name(source: &Source) -> Vec<Breach> {
    let remedy = "name it after the one thing it owns";
    let parts = source.path.split('/').map(|part| part.trim_end_matches(".rs"));
    let mut breaches: Vec<Breach> = parts
        .filter(|part| EMPTY_NAMES.contains(part))
        .map(|part| Breach::new(&source.path, 1, format!("`{part}` says nothing"), remedy))
        .collect();
    for line in &source.lines {
        let mut words = code::identifiers(&line.code).map(|(word, _)| word);
        let module = words.find(|word| *word == "mod").and_then(|_| words.next());
        if let Some(name) = module.filter(|name| EMPTY_NAMES.contains(name)) {
            let rule = format!("a module called `{name}` says nothing");
            breaches.push(Breach::new(&source.path, line.number, rule, remedy));
        }
    }
    breaches
}

pub(crate) fn avoids_banned_words(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for line in &source.lines {
        for banned in &BANNED_WORDS {
            let applies = match banned.place {
                Where::Everywhere => true,
                Where::InTests => line.test,
                Where::InProgram => !line.test,
            };
            if applies && banned.is_in(&line.code) {
                let rule = format!("`{}{}{}` is banned here", banned.before, banned.word, banned.behind);
                breaches.push(Breach::new(&source.path, line.number, rule, banned.remedy));
            }
        }
    }
    breaches
}

impl BannedWord {
    fn is_in(&self, code: &str) -> bool {
        code::identifiers(code).any(|(word, after)| {
            let before = &code[..code.len() - after.len() - word.len()];
            word == self.word && after.starts_with(self.behind) && before.ends_with(self.before)
        })
    }
}

pub(crate) fn names_no_machine(text: &Text) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (index, line) in text.text.lines().enumerate() {
        for folder in MACHINE_FOLDERS {
            if has_absolute(line, &format!("/{folder}/")) {
                breaches.push(Breach::new(
                    &text.path,
                    index + 1,
                    format!("`/{folder}/` is a folder of one machine"),
                    "use a path relative to the project, or one from the environment",
                ));
            }
        }
    }
    breaches
}

/// Whether the path begins at the root: nothing before it that would make it part of a longer one or of a URL.
fn has_absolute(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"-_.~*})>".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_passes_by_settle_only() {
        let text = "fn f() { self.ledger.complete(&claim); }\n";
        let found = |path| settles_in_one_place(&Source::new(path, text)).len();
        assert_eq!(found("src/stage/route.rs"), 1);
        assert_eq!(found("src/settle.rs"), 0);
        assert_eq!(found("tests/sim/main.rs"), 0);
    }

    #[test]
    fn empty_names_are_seen_in_paths_and_modules() {
        let in_path = |path| has_a_telling_name(&Source::new(path, "")).len();
        assert_eq!(in_path("src/utils/text.rs"), 1);
        assert_eq!(in_path("tests/it/helpers.rs"), 1);
        assert_eq!(in_path("src/attempt/request.rs"), 0);
        let text = "pub(crate) mod util;\nmod commonly;\n";
        let inside = has_a_telling_name(&Source::new("src/a.rs", text));
        assert_eq!(inside.iter().map(|breach| breach.line).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn unfinished_code_is_seen_everywhere() {
        for text in ["todo!()\n", "unimplemented!(\"x\")\n", "#[ignore]\n", "#[ignore = \"slow\"]\n"] {
            assert_eq!(avoids_banned_words(&Source::new("src/a.rs", text)).len(), 1, "{text}");
            assert_eq!(avoids_banned_words(&Source::new("tests/a.rs", text)).len(), 1, "{text}");
        }
        let harmless = "// todo!() is banned\nlet ignore = todo;\n";
        assert_eq!(avoids_banned_words(&Source::new("src/a.rs", harmless)), []);
    }

    #[test]
    fn tests_do_not_sleep() {
        for text in [
            "std::thread::sleep(d);\n",
            "tokio::time::sleep(d).await;\n",
            "use std::thread::sleep;\n",
            "time::sleep_until(t).await;\n",
        ] {
            assert_eq!(avoids_banned_words(&Source::new("tests/a.rs", text)).len(), 1, "{text}");
            assert_eq!(avoids_banned_words(&Source::new("src/a.rs", text)), [], "{text}");
        }
    }

    #[test]
    fn the_program_does_not_unwrap_but_its_tests_may() {
        let text = "a.unwrap();\na.unwrap_or(1);\n#[cfg(test)]\nmod tests {\n    fn f() { a.unwrap() }\n}\n";
        let breaches = avoids_banned_words(&Source::new("src/a.rs", text));
        assert_eq!(breaches.iter().map(|breach| breach.line).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn places_on_a_machine_are_seen() {
        for folder in MACHINE_FOLDERS {
            for (line, seen) in [
                (format!("cd /{folder}/me"), true),
                (format!("path = \"/{folder}/x\""), true),
                (format!("https://example.com/{folder}/x"), false),
                (format!("src/{folder}/x"), false),
                (format!("${{HOME}}/{folder}/x"), false),
            ] {
                assert_eq!(has_absolute(&line, &format!("/{folder}/")), seen, "{line}");
            }
        }
    }
}
