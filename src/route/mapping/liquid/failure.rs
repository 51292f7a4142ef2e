//! What goes wrong with a template: when it is read, and when it is rendered. Texts name the template's own words,
//! never what an event holds.

/// Why a template is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (at byte {at} of the template)")]
pub struct LiquidError {
    /// Byte offset in the template.
    pub at: usize,
    /// What is wrong.
    pub problem: String,
    /// What to write instead.
    pub hint: String,
}

/// Why a template gives no text for an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the template fails at byte {at}")]
pub struct LiquidFailed {
    /// Byte offset in the template of what was carried out.
    pub at: usize,
    /// What happened there.
    #[source]
    pub why: Failure,
}

/// What can happen while a template is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// More steps than `budget` allows.
    #[error("it takes too many steps")]
    TooManySteps,
    /// More text than `budget` allows.
    #[error("it makes too much text")]
    TooMuchText,
    /// A filter that cannot be used, reached in a branch.
    #[error("{0}")]
    Refused(&'static str),
    /// `url_decode` of a text with a broken `%`.
    #[error("the text is not URL-encoded")]
    NotUrlEncoded,
    /// `base64_decode` of something else.
    #[error("the text is not base64")]
    NotBase64,
    /// `date` with a time zone nobody knows.
    #[error("no such time zone")]
    NoSuchTimeZone,
    /// `where` with a property that is no path.
    #[error("the property is not a path")]
    NotAPath,
    /// `default` with named options that are none.
    #[error("the filter `default` has an option that is not named")]
    OptionWithoutName,
}

impl LiquidError {
    pub(super) fn new(at: usize, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { at, problem: problem.into(), hint: hint.into() }
    }
}
