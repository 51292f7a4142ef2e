//! One home per outside library, so that it can be replaced in one place. `unsafe` counts as one.
//! The manifest says why we have it at all; the direction between our own modules is `modules`.

use super::Breach;
use super::code;
use super::source::Source;

/// A library and the rooms of `src` that may name it: `kafka` is `kafka.rs` and all under `kafka/`.
struct Home {
    library: &'static str,
    rooms: &'static [&'static str],
    reason: &'static str,
}

const HOMES: [Home; 13] = [
    Home { library: "rdkafka", rooms: &["kafka"], reason: "only one room knows the client and its traps" },
    Home {
        library: "reqwest",
        rooms: &["attempt"],
        reason: "every request obeys the address rule and the limits of answers there",
    },
    Home { library: "rustls", rooms: &["attempt"], reason: "trust in certificates is decided once" },
    Home {
        library: "hmac",
        rooms: &["attempt/signature", "route/mapping/liquid/filters/code"],
        reason: "bytes are signed once, as they leave; a template may only put a digest into a text",
    },
    Home {
        library: "sha1",
        rooms: &["attempt/signature"],
        reason: "it is for Segment's signature, and fit for nothing else",
    },
    Home {
        library: "md5",
        rooms: &["route/filter/sample"],
        reason: "it is for Segment's samples, and protects nothing",
    },
    Home {
        library: "prometheus",
        rooms: &["metrics", "admin"],
        reason: "names and labels of metrics are closed lists in one place",
    },
    Home { library: "clap", rooms: &["cli"], reason: "the library runs without a command line" },
    Home { library: "axum", rooms: &["admin", "receiver"], reason: "we serve to those who look and to those who try" },
    Home { library: "serde_saphyr", rooms: &["config"], reason: "YAML is read in one place, with line numbers" },
    Home { library: "tracing_subscriber", rooms: &["log"], reason: "how lines are written is decided once" },
    Home {
        library: "libc",
        rooms: &["attempt", "config", "shutdown"],
        reason: "the system's numbers: signals, limits, causes of a failed call",
    },
    Home {
        library: "unsafe",
        rooms: &["kafka/embedded"],
        reason: "one call that the embedded broker needs and its binding lacks",
    },
];

pub(crate) fn keeps_dependencies_at_home(source: &Source) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for line in source.program() {
        for home in &HOMES {
            if names(&line.code, home.library) && !home.is_at(&source.path) {
                let Home { library, rooms, reason } = home;
                breaches.push(Breach::new(
                    &source.path,
                    line.number,
                    format!("`{library}` has its home in {rooms:?}: {reason}"),
                    "use what that room offers, or have it offer more",
                ));
            }
        }
    }
    breaches
}

impl Home {
    fn is_at(&self, path: &str) -> bool {
        self.rooms.iter().any(|room| {
            let rest = path.strip_prefix("src/").and_then(|path| path.strip_prefix(room));
            rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        })
    }
}

/// Whether a line names the library: as the beginning of a path, or in a plain `use`.
fn names(code: &str, library: &str) -> bool {
    code::identifiers(code).any(|(word, after)| {
        let preceding = &code[..code.len() - after.len() - word.len()];
        // `::clap` begins a path, `a::clap` does not.
        let outer = preceding.strip_suffix("::").unwrap_or(preceding);
        let begins_a_path = outer.len() == preceding.len() || !outer.ends_with(is_path_end);
        let begins_a_path = begins_a_path && !preceding.ends_with('.');
        let is_used = outer.trim_end().ends_with("use");
        word == library && (library == "unsafe" || begins_a_path && (after.starts_with("::") || is_used))
    })
}

fn is_path_end(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaches(path: &str, text: &str) -> usize {
        keeps_dependencies_at_home(&Source::new(path, text)).len()
    }

    #[test]
    fn a_library_away_from_home_is_seen() {
        assert_eq!(breaches("src/stage/route.rs", "use rdkafka::message::Message;\n"), 1);
        assert_eq!(breaches("src/stage.rs", "let c = reqwest::Client::new();\n"), 1);
        assert_eq!(breaches("src/attempt/client.rs", "use hmac;\n"), 1);
        assert_eq!(breaches("src/route.rs", "pub use ::clap::Parser;\n"), 1);
        assert_eq!(breaches("src/kafka/consumer.rs", "unsafe { f() }\n"), 1);
    }

    #[test]
    fn a_library_at_home_is_not() {
        assert_eq!(breaches("src/kafka.rs", "use rdkafka::ClientConfig;\n"), 0);
        assert_eq!(breaches("src/kafka/a/b.rs", "use rdkafka::ClientConfig;\n"), 0);
        assert_eq!(breaches("src/attempt/signature.rs", "use hmac::Mac;\n"), 0);
        assert_eq!(breaches("src/kafka/embedded.rs", "unsafe { f() }\n"), 0);
        assert_eq!(breaches("src/receiver.rs", "use axum::Router;\n"), 0);
    }

    #[test]
    fn a_room_of_a_similar_name_is_another_room() {
        assert_eq!(breaches("src/kafkaesque.rs", "use rdkafka::ClientConfig;\n"), 1);
        assert_eq!(breaches("src/receiver_all.rs", "use axum::Router;\n"), 1);
    }

    #[test]
    fn our_own_names_that_sound_alike_are_not_meant() {
        assert_eq!(breaches("src/route.rs", "let clap = hook.clap; self.clap::<T>();\n"), 0);
        assert_eq!(breaches("src/route.rs", "use crate::metrics::prometheus::text;\n"), 0);
        assert_eq!(breaches("src/stage.rs", "#[expect(unsafe_code)]\n"), 0);
        assert_eq!(breaches("src/stage.rs", "// rdkafka::x would panic here\n"), 0);
    }

    #[test]
    fn test_code_may_use_any_library() {
        let text = "#[cfg(test)]\nmod tests {\n    use rdkafka::mocking::MockCluster;\n}\n";
        assert_eq!(breaches("src/stage.rs", text), 0);
    }
}
