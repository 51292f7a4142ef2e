//! How a delivery looks as a line: aligned columns, and a colour for what follows.
//! What stands in them is `story`'s.

use anstyle::{AnsiColor, Style};

use crate::cli::paint::Paint;

/// One line of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) event: String,
    pub(super) destination: String,
    pub(super) attempt: String,
    pub(super) answer: String,
    pub(super) signature: String,
    pub(super) ms: String,
    pub(super) follows: String,
    pub(super) tone: Tone,
}

/// What a line means for the delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tone {
    /// It arrived.
    Good,
    /// It is tried again.
    Waits,
    /// It is given up.
    Bad,
    /// There is none.
    #[default]
    Aside,
}

/// The table's shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub(super) paint: Paint,
    /// Width of the longest destination id.
    pub(super) destination: usize,
}

/// Characters of an event that are shown.
const EVENT: usize = 25;

impl Table {
    /// The names of the columns.
    pub(super) fn head(self) -> String {
        let text = |text: &str| text.to_owned();
        let row = Row {
            event: text("EVENT"),
            destination: text("TO"),
            attempt: text("ATTEMPT"),
            answer: text("ANSWER"),
            signature: text("SIGNATURE"),
            ms: text("MS"),
            ..Row::default()
        };
        self.paint.paint(Style::new().dimmed(), self.columns("TIME", &row).trim_end())
    }

    /// A line at a time of the day.
    pub(super) fn row(self, time: &str, row: &Row) -> String {
        let style = match row.tone {
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Waits => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default(),
            Tone::Aside => Style::new().dimmed(),
        };
        format!("{}{}", self.columns(time, row), self.paint.paint(style, &row.follows))
    }

    fn columns(self, time: &str, row: &Row) -> String {
        let Row { event, destination, attempt, answer, signature, ms, .. } = row;
        let (event, width) = (clipped(event), self.destination);
        format!(
            "{time:<12}  {event:<EVENT$}  {destination:<width$}  {attempt:>7}  {answer:<6}  {signature:<9}  {ms:>6}  "
        )
    }
}

/// The beginning of a text from outside, without what a terminal would obey.
fn clipped(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { '·' } else { c }).collect();
    if plain.chars().count() <= EVENT {
        return plain;
    }
    plain.chars().take(EVENT - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        let text = |text: &str| text.to_owned();
        Row {
            event: text("track \"Order Completed\""),
            destination: text("flaky"),
            attempt: text("1"),
            answer: text("503"),
            signature: text("holds"),
            ms: text("2.1"),
            follows: text("again in 250ms (tier 250ms)"),
            tone: Tone::Waits,
        }
    }

    #[test]
    fn values_stand_below_their_names() {
        let table = Table { paint: Paint::Plain, destination: 5 };
        let (head, line) = (table.head(), table.row("14:03:22.105", &row()));
        assert_eq!(head, "TIME          EVENT                      TO     ATTEMPT  ANSWER  SIGNATURE      MS");
        assert_eq!(
            line,
            "14:03:22.105  track \"Order Completed\"    flaky        1  503     holds         2.1  again in 250ms (tier 250ms)"
        );
    }

    #[test]
    fn what_follows_is_coloured_on_a_terminal_only() {
        let table = Table { paint: Paint::Coloured, destination: 5 };
        assert!(table.row("", &row()).ends_with("\u{1b}[33magain in 250ms (tier 250ms)\u{1b}[0m"));
    }

    #[test]
    fn an_event_can_neither_break_the_table_nor_steer_the_terminal() {
        assert_eq!(clipped("track \"\u{1b}[2J\n\""), "track \"·[2J·\"");
        assert_eq!(clipped(&"é".repeat(26)).chars().count(), 25);
    }
}
