//! The shape of files and of the project: what a file begins with, how long it may be, what lies at the top.
//! What stands in the lines is left to `modules`, `homes` and `words`.

use super::Breach;
use super::source::Source;

/// Lines of a file under `src`, its tests not counted. Below 200 is the aim.
const LONGEST_PROGRAM: usize = 250;

/// Lines of a file that holds only tests.
const LONGEST_TESTS: usize = 400;

/// What a person sees first; the contract with users fixes it.
const ALWAYS_AT_TOP: [&str; 5] = ["Cargo.lock", "Cargo.toml", "README.md", "src", "tests"];

/// What may stand beside it.
const SOMETIMES_AT_TOP: [&str; 3] = ["Dockerfile", "docker-compose.yml", "grafana"];

pub(crate) fn begins_with_a_header(source: &Source) -> Vec<Breach> {
    let header = source.lines.iter().take_while(|line| line.text.starts_with("//!"));
    // What a test is about fits one line; a part of the program also says what it leaves to others.
    let needed = if source.program().count() == 0 { 1 } else { 2 };
    if header.count() >= needed {
        return Vec::new();
    }
    vec![Breach::new(
        &source.path,
        1,
        "a file begins with a header: one line in tests, at least two in the program",
        "say in `//!` lines at the very top what the file owns and what it leaves to whom",
    )]
}

pub(crate) fn is_short(source: &Source) -> Vec<Breach> {
    let program = source.program().count();
    let (lines, longest) = match program {
        0 => (source.lines.len(), LONGEST_TESTS),
        _ => (program, LONGEST_PROGRAM),
    };
    if lines <= longest {
        return Vec::new();
    }
    vec![Breach::new(
        &source.path,
        longest + 1,
        format!("{lines} lines where {longest} are the most"),
        "split it by ideas; the parts go to a folder of the same name",
    )]
}

pub(crate) fn top_level_is_fixed(names: &[String]) -> Vec<Breach> {
    let surplus = names
        .iter()
        .map(String::as_str)
        .filter(|name| !ALWAYS_AT_TOP.contains(name) && !SOMETIMES_AT_TOP.contains(name))
        .map(|name| {
            let rule = "the visible top level is fixed";
            Breach::new(name, 1, rule, "move it into a folder, or hide it")
        });
    let missing = ALWAYS_AT_TOP.into_iter().filter(|expected| names.iter().all(|name| name != expected)).map(|name| {
        let rule = "the visible top level is fixed, and this is missing";
        Breach::new(name, 1, rule, "put it back")
    });
    surplus.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_one_line_is_no_header() {
        let short = Source::new("src/a.rs", "//! One.\n\nfn a() {}\n");
        assert_eq!(begins_with_a_header(&short).len(), 1);
        let late = Source::new("src/a.rs", "use x;\n//! One.\n//! Two.\n");
        assert_eq!(begins_with_a_header(&late).len(), 1);
        let good = Source::new("src/a.rs", "//! One.\n//! Two.\n");
        assert_eq!(begins_with_a_header(&good), []);
    }

    #[test]
    fn tests_at_the_foot_do_not_make_a_file_long() {
        let program = "fn f() {}\n".repeat(250);
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "// x\n".repeat(900));
        assert_eq!(is_short(&Source::new("src/a.rs", &format!("{program}{tests}"))), []);
        let long = is_short(&Source::new("src/a.rs", &format!("{program}fn g() {{}}\n{tests}")));
        assert_eq!(long[0].line, 251);
    }

    #[test]
    fn a_test_file_has_400_lines_at_most() {
        let text = "// x\n".repeat(401);
        assert_eq!(is_short(&Source::new("tests/it/a.rs", &text)).len(), 1);
        assert_eq!(is_short(&Source::new("src/a/tests.rs", &text)).len(), 1);
        assert_eq!(is_short(&Source::new("tests/it/a.rs", &text[5..])), []);
    }

    #[test]
    fn a_new_or_missing_name_at_the_top_is_seen() {
        let names = ["Cargo.lock", "Cargo.toml", "Makefile", "README.md", "grafana", "src"];
        let breaches = top_level_is_fixed(&names.map(str::to_owned));
        let files: Vec<&str> = breaches.iter().map(|breach| breach.file.as_str()).collect();
        assert_eq!(files, ["Makefile", "tests"]);
    }
}
