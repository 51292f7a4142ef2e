//! What can be wrong with a trigger: one variant for each thing a person can do about it. Among them is all that Segment
//! accepts and takes for something else (`quirk_kind` in the fixtures). The words for each are `words`'s.

mod advice;
mod words;

use super::value::Written;

/// Why a trigger is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (at byte {at} of the trigger); {hint}")]
pub struct TriggerError {
    /// Where in the trigger, in bytes from 0.
    pub at: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub hint: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    // What is incomplete or out of order.
    Nothing,
    ConditionExpected(String),
    ConditionMissing(&'static str),
    OperatorExpected { field: String, found: String },
    UnknownOperator(String),
    ValueMissing,
    BareValue(String),
    Trailing(String),
    EmptyParentheses,
    Unclosed,
    Unopened,
    UnclosedText,
    LoneNot,
    FunctionForm(&'static str),
    UnknownFunction(String),
    // What combines conditions.
    MixedConnectives,
    NegatedGroup,
    NegatedField(String),
    FunctionInParentheses(&'static str),
    NestedParentheses,
    ConnectiveAgainstParenthesis(String),
    ConnectiveSpelling(String),
    // How things are spelled.
    SingleQuotes,
    BackslashInText,
    NoSpaceAfterText,
    NoSpaceAfter(String),
    NoSpaceBefore { operator: char, field: String },
    NumberFormat(String),
    Stray(char),
    OddSpace,
    // Fields.
    UnknownField(String),
    FunctionOnType(&'static str),
    ReservedWord(String),
    EscapedPathCharacter(char),
    EscapeAtEnd,
    NameCharacter(char),
    OddFirst(String),
    NameMissing,
    Element,
    JsMember(String),
    // Values that do not go with their field or operator.
    NumberOnTextField(Written),
    BooleanOnTextField(Written),
    NullOnTextField(Written),
    BooleanNotEquals(Written),
    TextInOrder(Written),
    BooleanInOrder(Written),
    NullInOrder(Written),
    Glob { field: String, pattern: String },
}

impl Fault {
    /// The error at this byte.
    pub(super) fn at(self, at: usize) -> TriggerError {
        let (problem, hint) = words::words(&self);
        // What is quoted may hold a line feed; a complaint is one line.
        let on_one_line = |words: String| words.replace(char::is_control, " ");
        TriggerError { at, problem: on_one_line(problem), hint: on_one_line(hint) }
    }

    /// For a character that begins no word.
    pub(super) fn stray(found: char, after_dot: bool) -> Self {
        match found {
            '\'' => Self::SingleQuotes,
            '[' | ']' => Self::Element,
            '&' | '|' => Self::ConnectiveSpelling([found; 2].iter().collect()),
            c if is_odd_space(c) => Self::OddSpace,
            c if after_dot => Self::NameCharacter(c),
            c => Self::Stray(c),
        }
    }

    /// For a character that stands right behind a name.
    pub(super) fn in_name(found: char, field: String) -> Self {
        match found {
            '<' | '>' => Self::NoSpaceBefore { operator: found, field },
            '[' => Self::Element,
            c if is_odd_space(c) => Self::OddSpace,
            c => Self::NameCharacter(c),
        }
    }
}

/// White space that Segment does not take for such.
fn is_odd_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}')
}
