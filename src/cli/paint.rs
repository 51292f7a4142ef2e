//! Colour on standard output: where a person looks and wants it, nowhere else.
//! Which colour means what is each command's.

use std::io::IsTerminal as _;

use anstyle::Style;

/// Whether text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    /// A terminal.
    Coloured,
    /// A pipe, a file, or a person who asked for none.
    Plain,
}

impl Paint {
    /// What suits standard output; `NO_COLOR` is obeyed (no-color.org: set and not empty).
    pub(super) fn of_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stdout().is_terminal() && !unwanted { Self::Coloured } else { Self::Plain }
    }

    /// The text in a style.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        match self {
            Self::Coloured => format!("{style}{text}{style:#}"),
            Self::Plain => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        let bold = Style::new().bold();
        assert_eq!(Paint::Plain.paint(bold, "a"), "a");
        assert_eq!(Paint::Coloured.paint(bold, "a"), "\u{1b}[1ma\u{1b}[0m");
    }
}
