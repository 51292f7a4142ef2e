//! What a condition means: the parts `read` makes of its text and `evaluate` asks of an event. Knows neither the text
//! nor an event; what a function does is `function`'s.

use crate::event::json::Tree;

/// Something that holds or does not.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    /// Every one of them holds.
    And(Box<[Expression]>),
    /// At least one of them holds.
    Or(Box<[Expression]>),
    /// It does not hold.
    Not(Box<Expression>),
    /// Two values compare so.
    Compare(Comparison, Operand, Operand),
    /// The first is an element of the second.
    In(Operand, Operand),
    /// The value is `true`.
    Is(Operand),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Something that has a value.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// A scalar, or a list of scalars.
    Constant(Tree),
    /// A field of the event: the keys on the way to it.
    Path(Box<[Box<str>]>),
    /// A function of one value.
    One(One, Box<Operand>),
    /// A function of two values.
    Two(Two, Box<(Operand, Operand)>),
}

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum One {
    Length,
    Lowercase,
    Uppercase,
    Snakecase,
    Kebabcase,
    Titlecase,
    Typeof,
    Bool,
    String,
    Number,
}

/// A function of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Two {
    Contains,
    Match,
}

/// A function, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    One(One),
    Two(Two),
}

/// Every function, under its name.
pub(super) const FUNCTIONS: [(&str, Function); 12] = [
    ("contains", Function::Two(Two::Contains)),
    ("match", Function::Two(Two::Match)),
    ("length", Function::One(One::Length)),
    ("lowercase", Function::One(One::Lowercase)),
    ("uppercase", Function::One(One::Uppercase)),
    ("snakecase", Function::One(One::Snakecase)),
    ("kebabcase", Function::One(One::Kebabcase)),
    ("titlecase", Function::One(One::Titlecase)),
    ("typeof", Function::One(One::Typeof)),
    ("bool", Function::One(One::Bool)),
    ("string", Function::One(One::String)),
    ("number", Function::One(One::Number)),
];

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, function)| *function)
    }
}
