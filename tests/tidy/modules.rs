//! The direction between the modules of `src`: who may name whom. Reads `crate::…` paths, lists in braces, and
//! `super::` paths that leave a module; test code may name anything. What comes from outside is `homes`.

use super::Breach;
use super::code;
use super::source::Source;

/// The way of an event, in order: a module may name those before it, never those after it.
const PIPELINE: [&str; 10] =
    ["event", "audience", "route", "outcome", "delivery", "attempt", "settle", "stage", "app", "cli"];

/// A module beside the pipeline.
struct Side {
    name: &'static str,
    knows: &'static [&'static str],
    /// Which of the pipeline may name it.
    known_by: &'static [&'static str],
    reason: &'static str,
}

const SIDES: [Side; 8] = [
    Side {
        name: "kafka",
        knows: &["event", "route", "outcome", "delivery", "metrics", "log", "clock"],
        known_by: &["settle", "stage", "app", "cli"],
        reason: "deciding is plain data; only what reads and writes records knows Kafka",
    },
    Side {
        name: "config",
        knows: &["event", "route", "outcome", "delivery", "attempt", "metrics", "log"],
        known_by: &["app", "cli"],
        reason: "stages are handed values; where they were typed is no business of theirs",
    },
    Side {
        name: "admin",
        knows: &["metrics", "log", "clock", "outcome"],
        known_by: &["app", "cli"],
        reason: "what is shown is pushed to it; nothing that works may wait for who looks",
    },
    Side {
        name: "receiver",
        knows: &["route", "attempt", "log"],
        known_by: &["cli"],
        reason: "a receiver to try things with is no part of delivering",
    },
    Side {
        name: "shutdown",
        knows: &[],
        known_by: &["stage", "app", "cli"],
        reason: "only what runs on its own has to be told to stop",
    },
    Side {
        name: "clock",
        knows: &["outcome"],
        known_by: &["stage", "app", "cli"],
        reason: "a leaf: the clocks are read at the edges, the core is handed what they say",
    },
    Side {
        name: "metrics",
        knows: &["route", "outcome"],
        known_by: &PIPELINE,
        reason: "a leaf: its labels are ids and outcomes, nothing else",
    },
    Side {
        name: "log",
        knows: &["route", "outcome"],
        known_by: &PIPELINE,
        reason: "a leaf: its fields are ids and outcomes, nothing else",
    },
];

pub(crate) fn names_only_what_it_may_know(source: &Source) -> Vec<Breach> {
    let Some(module) = source.module() else {
        return Vec::new();
    };
    if !is_known(module) {
        return vec![Breach::new(
            &source.path,
            1,
            format!("module `{module}` has no place in the order of modules"),
            "give it one, with a reason, in tests/tidy/modules.rs",
        )];
    }
    named_modules(source)
        .into_iter()
        .filter(|(_, named)| is_known(named) && !may_name(module, named))
        .map(|(line, named)| {
            let rule = format!("`{module}` may not name `{named}`: {}", reason(module, &named));
            let remedy = "move what is needed to where both may see it, or have it handed in";
            Breach::new(&source.path, line, rule, remedy)
        })
        .collect()
}

fn may_name(module: &str, named: &str) -> bool {
    let place = |name| PIPELINE.iter().position(|module| *module == name);
    match (side(module), side(named)) {
        _ if module == named => true,
        (Some(side), _) => side.knows.contains(&named),
        (None, Some(side)) => side.known_by.contains(&module),
        (None, None) => place(named) < place(module),
    }
}

fn reason(module: &str, named: &str) -> &'static str {
    match (side(module), side(named)) {
        (Some(side), _) | (None, Some(side)) => side.reason,
        (None, None) => "an event goes one way, and knowledge with it",
    }
}

fn side(name: &str) -> Option<&'static Side> {
    SIDES.iter().find(|side| side.name == name)
}

fn is_known(name: &str) -> bool {
    PIPELINE.contains(&name) || side(name).is_some()
}

/// Each top-level name a file reaches through the root of the crate, with its line.
fn named_modules(source: &Source) -> Vec<(usize, String)> {
    // One text, so that a list in braces may go over several lines; test code is left empty.
    let lines = source.lines.iter();
    let code: Vec<&str> = lines.map(|line| if line.test { "" } else { &line.code }).collect();
    let code = code.join("\n");
    let depth = source.path.trim_end_matches("/mod.rs").split('/').count() - 1;
    let root = ["super::".repeat(depth), "crate::".to_owned()];
    let mut named = Vec::new();
    for path in &root {
        for (at, _) in code.match_indices(path.as_str()) {
            let after = &code[at + path.len()..];
            let line = code[..at].matches('\n').count() + 1;
            // `super::super::` also begins in the middle of a longer row, where it was met already.
            let inside_a_row = code[..at].ends_with("super::");
            if !inside_a_row {
                named.extend(first_names(after).into_iter().map(|name| (line, name)));
            }
        }
    }
    named
}

/// The first names of a path: one, or those of a list in braces at its top level.
fn first_names(path: &str) -> Vec<String> {
    let path = path.trim_start();
    let first_word = |text: &str| code::identifiers(text).next().map(|(word, _)| word.to_owned());
    let Some(list) = path.strip_prefix('{') else {
        return first_word(path).into_iter().collect();
    };
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut begin = 0;
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.extend(first_word(&list[begin..at]));
                begin = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(path: &str, text: &str) -> Vec<usize> {
        let breaches = names_only_what_it_may_know(&Source::new(path, text));
        breaches.into_iter().map(|breach| breach.line).collect()
    }

    #[test]
    fn knowledge_goes_one_way() {
        assert_eq!(breaches("src/route.rs", "use crate::event::Event;\n"), []);
        assert_eq!(breaches("src/route/a.rs", "\nuse crate::delivery::Delivery;\n"), [2]);
        assert_eq!(breaches("src/stage/a.rs", "let x = crate::app::run();\n"), [1]);
        assert_eq!(breaches("src/route/a.rs", "use crate::route::destination::Hook;\n"), []);
    }

    #[test]
    fn only_the_ends_know_kafka_and_the_configuration() {
        assert_eq!(breaches("src/settle/a.rs", "use crate::kafka::producer;\n"), []);
        assert_eq!(breaches("src/attempt/a.rs", "use crate::kafka::producer;\n"), [1]);
        assert_eq!(breaches("src/stage/a.rs", "use crate::config::Config;\n"), [1]);
        assert_eq!(breaches("src/cli/check.rs", "use crate::config::Config;\n"), []);
        assert_eq!(breaches("src/kafka/a.rs", "use crate::settle::Settled;\n"), [1]);
        assert_eq!(breaches("src/config.rs", "use crate::kafka::topic;\n"), [1]);
    }

    #[test]
    fn leaves_are_used_by_all_and_use_nearly_nothing() {
        assert_eq!(breaches("src/event/a.rs", "use crate::metrics;\n"), []);
        assert_eq!(breaches("src/kafka/a.rs", "use crate::log;\n"), []);
        assert_eq!(breaches("src/metrics.rs", "use crate::outcome::Outcome;\n"), []);
        assert_eq!(breaches("src/metrics/a.rs", "use crate::delivery::Delivery;\n"), [1]);
        assert_eq!(breaches("src/log.rs", "use crate::metrics::Metrics;\n"), [1]);
        assert_eq!(breaches("src/shutdown.rs", "use crate::event::Event;\n"), [1]);
    }

    #[test]
    fn lists_and_paths_upwards_do_not_hide_a_name() {
        let list = "use crate::{\n    event::{Event, call::stage},\n    stage,\n};\n";
        assert_eq!(breaches("src/route.rs", list), [1]);
        assert_eq!(breaches("src/route.rs", "use super::stage;\n"), [1]);
        assert_eq!(breaches("src/route/a.rs", "use super::stage;\n"), []);
        assert_eq!(breaches("src/route/a.rs", "use super::super::{event, stage};\n"), [1]);
        assert_eq!(breaches("src/route/a/b.rs", "use super::super::super::app::A;\n"), [1]);
    }

    #[test]
    fn comments_and_tests_may_name_anything() {
        assert_eq!(breaches("src/event.rs", "// see crate::stage\n"), []);
        let tests = "#[cfg(test)]\nmod tests {\n    use crate::stage::Stage;\n}\n";
        assert_eq!(breaches("src/event.rs", tests), []);
    }

    #[test]
    fn a_module_without_a_place_is_a_breach() {
        assert_eq!(breaches("src/novelty/a.rs", ""), [1]);
    }
}
