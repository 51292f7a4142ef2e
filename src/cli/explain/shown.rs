//! What `explain` tells a person: below each event a row for each destination and mapping with what was decided and why, and
//! below that the requests. Columns are as wide as the configuration needs.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::account::{Account, Ending};
use crate::attempt::request::Preview;
use crate::cli::named;
use crate::cli::paint::Paint;
use crate::config::Config;
use crate::route::destination::{DestinationId, Sends};

/// Stands where there is no name.
const NONE: &str = "-";

/// The shape of the answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    paint: Paint,
    /// Characters of the longest id.
    destination: usize,
    /// Characters of the longest name of a mapping; 0 where none has a name.
    mapping: usize,
}

/// The beginning of a row.
struct Row<'a> {
    destination: &'a str,
    mapping: Option<&'a str>,
    decision: &'static str,
}

impl Layout {
    pub(super) fn new(paint: Paint, config: &Config) -> Self {
        let longest = |texts: &mut dyn Iterator<Item = &str>| texts.map(|text| text.chars().count()).max();
        let names = config.destinations.iter().flat_map(|destination| match &destination.sends {
            Sends::Hooks(_) => &[][..],
            Sends::Mappings(mappings) => mappings,
        });
        Self {
            paint,
            destination: longest(&mut config.destinations.iter().map(|destination| destination.id.as_str()))
                .unwrap_or(NONE.len()),
            mapping: longest(&mut names.filter_map(|mapping| mapping.name.as_deref())).unwrap_or(0),
        }
    }

    /// Everything about one record.
    pub(super) fn shown(self, number: usize, record: &[u8], accounts: &[Account]) -> String {
        // What a terminal would obey stands in a record of somebody else's.
        let name: String = named::event(record).chars().map(|c| if c.is_control() { '·' } else { c }).collect();
        let mut text = self.paint.paint(Style::new().bold(), &format!("event {number}  {name}"));
        accounts.iter().for_each(|account| self.account(account, &mut text));
        text.push('\n');
        text
    }

    fn account(self, account: &Account, out: &mut String) {
        let destination = account.destination.as_ref().map_or(NONE, DestinationId::as_str);
        if let Some(refused) = &account.refused {
            self.row(&Row { destination, mapping: None, decision: refused.decision }, Some(&refused.words), out);
        }
        let edits = account.edits();
        for (mapping, ending) in &account.branches {
            // The one mapping without a name was told with the destination.
            let is_told = mapping.is_none() && account.refused.is_some();
            let destination = if is_told { "" } else { destination };
            let row = Row { destination, mapping: mapping.as_deref(), decision: ending.decision() };
            self.row(&row, ending.words().or(edits.as_deref()), out);
            if let Ending::Requests(requests) = ending {
                requests.iter().for_each(|request| self.request(request, out));
            }
        }
    }

    fn row(self, row: &Row<'_>, words: Option<&str>, out: &mut String) {
        let style = match row.decision {
            "deliver" => AnsiColor::Green.on_default(),
            "invalid" => AnsiColor::Red.on_default(),
            _ => Style::new().dimmed(),
        };
        let Self { paint, destination, mapping } = self;
        let mut line = format!("\n  {:<destination$}  ", row.destination);
        if mapping > 0 {
            let name = row.mapping.unwrap_or(NONE);
            // Writing to a string does not fail.
            let _ = write!(line, "{name:<mapping$}  ");
        }
        // All decisions are eight characters at most.
        line.push_str(&paint.paint(style, &format!("{:<8}", row.decision)));
        if let Some(words) = words {
            let _ = write!(line, "  {words}");
        }
        out.push_str(line.trim_end());
    }

    fn request(self, request: &Preview, out: &mut String) {
        let first = self.paint.paint(Style::new().bold(), &format!("{} {}", request.method, request.url));
        // Writing to a string does not fail.
        let _ = write!(out, "\n      {first}");
        for (name, value) in &request.headers {
            let name = self.paint.paint(Style::new().dimmed(), &format!("{name}:"));
            let _ = write!(out, "\n      {name} {value}");
        }
        match &request.body {
            Some(body) => {
                let _ = write!(out, "\n\n      {body}\n");
            }
            None => out.push_str("\n\n      (no body)\n"),
        }
    }
}

#[cfg(test)]
mod tests;
