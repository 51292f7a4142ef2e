//! Where something stands inside a mapping, written as `data.items.@arrayPath[1].sku`.
//! Following a path inside an event is the business of `path`.

use std::fmt;

/// The way from the whole mapping to one of its parts.
#[derive(Debug, Default)]
pub struct Place(Vec<Step>);

/// One step further inside.
#[derive(Debug)]
pub enum Step {
    /// To a member of an object.
    Key(Box<str>),
    /// To an element of a list.
    Index(usize),
}

impl Place {
    /// Goes further inside.
    pub fn enter(&mut self, step: Step) {
        self.0.push(step);
    }

    /// Goes back to where it was before the last `enter`.
    pub fn leave(&mut self) {
        self.0.pop();
    }

    pub(super) fn levels(&self) -> usize {
        self.0.len()
    }
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.into())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (level, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if key.is_empty() || key.contains(is_odd) => write!(f, "[{key:?}]")?,
                Step::Key(key) if level == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

/// Would be taken for something else in a path, or by a terminal.
fn is_odd(char: char) -> bool {
    ".[]'".contains(char) || char.is_control()
}
