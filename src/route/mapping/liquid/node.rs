//! What a template consists of once it is read: nodes that print, and expressions that have values.
//! Reading is `parse`'s and `expression`'s, carrying out `render`'s and `evaluate`'s.

use super::compare::Order;
use super::filters::Filter;
use super::refused::Refusal;
use super::value::Keyword;

/// A part of a template.
#[derive(Debug)]
pub(super) struct Node {
    /// Byte offset in the template.
    pub(super) at: usize,
    pub(super) kind: NodeKind,
}

/// What a part does.
#[derive(Debug)]
pub(super) enum NodeKind {
    /// Plain text, and what stands in `raw`.
    Plain(String),
    /// `{{ … }}` and `echo`.
    Output(Filtered),
    Assign(String, Filtered),
    Capture(String, Vec<Node>),
    /// `if` and `unless`: the first branch whose test holds, else the last nodes.
    Branches(Vec<Branch>, Vec<Node>),
    Cycle(Cycle),
    /// `increment` and `decrement`.
    Count(String, Direction),
    /// `liquid` and `block`.
    Group(Vec<Node>),
    /// `break` and `continue`: without a loop they end the text.
    Stop,
}

/// A branch of `if` or `unless`.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) test: Filtered,
    pub(super) taken_when: bool,
    pub(super) nodes: Vec<Node>,
}

/// `cycle`: each time the next of its values.
#[derive(Debug)]
pub(super) struct Cycle {
    pub(super) group: Option<Operand>,
    pub(super) values: Vec<Filtered>,
    /// The values as written; cycles that look alike go on where the other left off.
    pub(super) written: String,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Direction {
    Up,
    Down,
}

/// A value and the filters it goes through.
#[derive(Debug)]
pub(super) struct Filtered {
    pub(super) value: Expression,
    pub(super) filters: Vec<Applied>,
}

/// A filter with its arguments.
#[derive(Debug)]
pub(super) struct Applied {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) effect: Effect,
    pub(super) arguments: Vec<Argument>,
}

/// What becomes of a value in a filter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effect {
    Apply(Filter),
    /// No such filter: the value passes unchanged.
    Nothing,
    /// It fails, always.
    Fail(&'static Refusal),
}

#[derive(Debug)]
pub(super) struct Argument {
    /// `allow_false: true` has one.
    pub(super) name: Option<String>,
    pub(super) value: Operand,
}

/// Operands and operators, an operator behind what it works on. Nothing says that they fit together: what is missing
/// is undefined, and the first value that is left counts.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) postfix: Vec<Term>,
}

#[derive(Debug)]
pub(super) enum Term {
    Operand(Operand),
    Operator(Operator),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    InOrder(Order),
    Contains,
    Not,
    And,
    Or,
}

#[derive(Debug)]
pub(super) enum Operand {
    Undefined,
    Bool(bool),
    Number(f64),
    Text(String),
    Keyword(Keyword),
    Path(Path),
    Range(Box<(Operand, Operand)>),
}

/// A value by its keys: from a variable, or from what stands before them.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) base: Option<Box<Operand>>,
    pub(super) keys: Vec<Operand>,
}
