//! One condition: what a value must be, and whether a fact is that, as Segment's `destination-subscriptions` decides.
//! Reading conditions is `parse`'s, combining them `expression`'s.

use super::facts::Fact;

/// What a value must be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// `= "x"`: exactly this text; the number 5 is not `"5"`.
    Is(Box<str>),
    /// `!= "x"`: anything else, and nothing as well.
    IsNot(Box<str>),
    /// `= 5`, `< 5` and so on: holds for numbers only, `!=` as well.
    Number(Order, f64),
    /// `= true`, `= false`: exactly this boolean.
    Bool(bool),
    /// `!= null`
    There,
    /// `= null`: nothing, or null.
    NotThere,
    /// `contains` and `match`: holds for texts only.
    Has(Part, Box<str>),
    /// `!contains` and `!match`: holds for texts only, too.
    HasNot(Part, Box<str>),
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Where in a text another one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Anywhere,
    Start,
    End,
}

impl Test {
    /// Whether what the event has is what it must be.
    #[inline]
    pub(super) fn holds(&self, fact: &Fact<'_>) -> bool {
        match (self, fact) {
            (Self::Is(text), Fact::Text(found)) => **text == **found,
            (Self::IsNot(text), Fact::Text(found)) => **text != **found,
            (Self::IsNot(_), _) => true,
            (Self::Number(order, number), Fact::Number(found)) => order.holds(*found, *number),
            (Self::Bool(value), Fact::Bool(found)) => value == found,
            (Self::There, fact) => !matches!(fact, Fact::Missing | Fact::Null),
            (Self::NotThere, fact) => matches!(fact, Fact::Missing | Fact::Null),
            (Self::Has(part, text), Fact::Text(found)) => part.is_in(found, text),
            (Self::HasNot(part, text), Fact::Text(found)) => !part.is_in(found, text),
            (Self::Is(_) | Self::Number(..) | Self::Bool(_) | Self::Has(..) | Self::HasNot(..), _) => false,
        }
    }
}

impl Order {
    fn holds(self, found: f64, number: f64) -> bool {
        match self {
            Self::Equal => found == number,
            Self::NotEqual => found != number,
            Self::Less => found < number,
            Self::LessOrEqual => found <= number,
            Self::Greater => found > number,
            Self::GreaterOrEqual => found >= number,
        }
    }
}

impl Part {
    fn is_in(self, whole: &str, part: &str) -> bool {
        match self {
            Self::Anywhere => whole.contains(part),
            Self::Start => whole.starts_with(part),
            Self::End => whole.ends_with(part),
        }
    }
}
