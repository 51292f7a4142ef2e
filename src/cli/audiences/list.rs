//! `audiences list`: each audience and computed trait with its number of members, for people or as JSON lines.
//! Who is a member is said by `roll`.

use clap::Args;
use serde::Serialize;

use super::Output;
use super::roll::Audience;
use crate::cli::{Failure, complain, say};
use crate::config::Config;

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// For people, or one JSON line for each audience
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    key: &'a str,
    name: Option<&'a str>,
    kind: &'static str,
    members: u64,
}

pub(super) fn list(args: &ListArgs, config: &Config) -> Result<(), Failure> {
    let audiences = super::call_roll(&super::snapshot(config)?)?.audiences();
    match args.output {
        Output::Json => {
            for Audience { key, name, kind, members, .. } in &audiences {
                let line = Line { key, name: name.as_deref(), kind: kind.label(), members: *members };
                say(&serde_json::to_string(&line).map_err(Failure::running)?);
            }
        }
        Output::Text if audiences.is_empty() => {
            complain(&format!("no audiences yet: nothing has come from topic {}", config.topics.audiences));
        }
        Output::Text => table(&audiences).iter().for_each(|line| say(line)),
    }
    Ok(())
}

/// Aligned columns; what comes from outside can neither break them nor steer the terminal.
fn table(audiences: &[Audience]) -> Vec<String> {
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { '·' } else { c }).collect::<String>();
    let mut rows = vec![["KEY", "NAME", "KIND", "MEMBERS"].map(str::to_owned)];
    rows.extend(audiences.iter().map(|own| {
        let name = own.name.as_deref().map_or_else(|| "-".to_owned(), plain);
        [plain(&own.key), name, own.kind.label().to_owned(), own.members.to_string()]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let [key, name, kind, members] = [0, 1, 2, 3].map(width);
    let line =
        |row: &[String; 4]| format!("{:<key$}  {:<name$}  {:<kind$}  {:>members$}", row[0], row[1], row[2], row[3]);
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::roll::Roll;
    use super::*;

    #[test]
    fn columns_are_aligned_and_nothing_steers_the_terminal() {
        let mut roll = Roll::default();
        let headers = |name: &str| match name {
            "version" | "changed" => Some("1700000000000/3/17"),
            "source" => Some("audiences/3@17"),
            "source-time" => Some("2023-11-14T22:13:20.000Z"),
            "partitions" => Some("24"),
            "kind" => Some("audience"),
            "name" => Some("Big \u{1b}[2J Spenders"),
            "state" => Some("true"),
            _ => None,
        };
        roll.add((3, 0), br#"["big_spenders","userId","u1"]"#, true, headers);
        assert_eq!(
            table(&roll.audiences()),
            [
                "KEY           NAME               KIND      MEMBERS",
                "big_spenders  Big ·[2J Spenders  audience        1"
            ]
        );
    }
}
