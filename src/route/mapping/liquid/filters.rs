//! The filters that Segment leaves of LiquidJS, a file for each group. What Segment disables is `refused`'s; a filter
//! nobody knows lets its value pass.

mod code;
mod date;
mod html;
mod json;
mod list;
mod number;
mod replace;
mod slug;
mod space;
mod text;
mod url;

use super::budget::Budget;
use super::failure::Failure;
use super::value::{List, Text, Value};

/// What a filter makes of a value.
pub(super) type Filter = for<'e> fn(&mut Call<'_, 'e>) -> Made<'e>;

/// What comes of a filter.
type Made<'e> = Result<Value<'e>, Failure>;

/// A value on its way through a filter.
pub(super) struct Call<'c, 'e> {
    pub(super) value: Value<'e>,
    pub(super) arguments: Vec<Value<'e>>,
    pub(super) budget: &'c mut Budget,
}

/// The filter of a name.
pub(super) fn find(name: &str) -> Option<Filter> {
    text::named(name)
        .or_else(|| replace::named(name))
        .or_else(|| space::named(name))
        .or_else(|| number::named(name))
        .or_else(|| list::named(name))
        .or_else(|| html::named(name))
        .or_else(|| url::named(name))
        .or_else(|| date::named(name))
        .or_else(|| code::named(name))
        .or_else(|| json::named(name))
        .or_else(|| (name == "slugify").then_some(slug::slugify as Filter))
}

impl<'e> Call<'_, 'e> {
    /// The value's text.
    fn text(&mut self) -> Result<Text<'e>, Failure> {
        self.value.text(self.budget)
    }

    /// An argument, undefined if there is none.
    fn argument(&self, index: usize) -> Value<'e> {
        self.arguments.get(index).cloned().unwrap_or(Value::Undefined)
    }

    /// The text of an argument, empty if there is none.
    fn argument_text(&mut self, index: usize) -> Result<Text<'e>, Failure> {
        self.argument(index).text(self.budget)
    }

    /// An argument as JavaScript's number, or what stands for it if there is none.
    fn argument_number(&mut self, index: usize, otherwise: f64) -> Result<f64, Failure> {
        match self.argument(index) {
            Value::Undefined => Ok(otherwise),
            value => value.to_number(self.budget),
        }
    }

    /// The value as a list: nothing makes none, another value is the only element.
    fn list(&mut self) -> Result<List<'e>, Failure> {
        let list = match self.value.clone().settled() {
            Value::List(list) => list,
            Value::Undefined | Value::Null => List::Borrowed(&[]),
            other => List::Made([other].into()),
        };
        self.budget.steps(list.len())?;
        self.budget.bytes(list.len().saturating_mul(size_of::<Value<'_>>()))?;
        Ok(list)
    }

    /// The value as a list to be changed.
    fn elements(&mut self) -> Result<Vec<Value<'e>>, Failure> {
        Ok(self.list()?.iter().collect())
    }

    /// The new text, its length taken from what may be made.
    fn made(&mut self, text: String) -> Made<'e> {
        self.budget.bytes(text.len())?;
        Ok(Value::from(text))
    }
}
