//! The end of a resolved value: as JSON text, or as a tree of its own. Missing members are dropped, missing elements
//! are null, as in `JSON.stringify`.

use crate::event::json::{Members, Tree, quote};

use super::MappingFailed;
use super::budget::{self, Budget};
use super::value::{Key, Kind, Value};

impl Value<'_> {
    /// The text `JSON.stringify` prints; none of nothing.
    pub(super) fn json_text(&self, budget: &Budget) -> Result<Option<String>, MappingFailed> {
        if self.kind() == Kind::Missing {
            return Ok(None);
        }
        let mut out = Vec::new();
        self.print(&mut out, budget)?;
        Ok(Some(String::from_utf8(out).expect("texts and numbers are UTF-8, and what stands between them is ASCII")))
    }

    /// The value as a tree; none of nothing.
    pub(super) fn tree(&self, budget: &Budget) -> Result<Option<Tree>, MappingFailed> {
        if self.kind() == Kind::Missing {
            return Ok(None);
        }
        let mut out = Tree::Null;
        self.copy(&mut out, budget)?;
        Ok(Some(out))
    }

    /// Puts a copy in the place of a null. Values may be deep, so the frames of these three are kept small.
    fn copy(&self, out: &mut Tree, budget: &Budget) -> Result<(), MappingFailed> {
        match self {
            Self::List(elements) => copy_list(elements, out, budget),
            Self::Object(members) => copy_object(members, out, budget),
            _ => self.copy_leaf(out, budget),
        }
    }

    fn copy_leaf(&self, out: &mut Tree, budget: &Budget) -> Result<(), MappingFailed> {
        budget.spend(budget::VALUE)?;
        *out = match self {
            Self::Tree(tree) => {
                budget.spend(size(tree))?;
                (*tree).clone()
            }
            Self::Number(number) => Tree::Number(number.clone()),
            Self::Text(text) => Tree::from(&**text),
            Self::Missing | Self::List(_) | Self::Object(_) => Tree::Null,
        };
        Ok(())
    }

    fn print(&self, out: &mut Vec<u8>, budget: &Budget) -> Result<(), MappingFailed> {
        let before = out.len();
        match self {
            Self::Missing => out.extend_from_slice(b"null"),
            Self::Tree(tree) => tree.print(out),
            Self::Number(number) => out.extend_from_slice(number.as_str().as_bytes()),
            Self::Text(text) => quote(text, out),
            Self::List(elements) => {
                let mut separator = b'[';
                for element in elements.iter() {
                    out.push(separator);
                    separator = b',';
                    element.print(out, budget)?;
                }
                if separator == b'[' {
                    out.push(b'[');
                }
                out.push(b']');
                return budget.spend(elements.len() + 1);
            }
            Self::Object(members) => {
                let mut separator = b'{';
                for (key, value) in members.iter().filter(|(_, value)| value.kind() != Kind::Missing) {
                    out.push(separator);
                    separator = b',';
                    quote(key, out);
                    out.push(b':');
                    value.print(out, budget)?;
                }
                if separator == b'{' {
                    out.push(b'{');
                }
                out.push(b'}');
                return budget.spend(members.len() + 1);
            }
        }
        budget.spend(out.len() - before)
    }
}

fn copy_list(elements: &[Value<'_>], out: &mut Tree, budget: &Budget) -> Result<(), MappingFailed> {
    budget.spend(budget::VALUE)?;
    let mut list = vec![Tree::Null; elements.len()];
    for (element, place) in elements.iter().zip(&mut list) {
        element.copy(place, budget)?;
    }
    *out = Tree::List(list);
    Ok(())
}

fn copy_object(members: &[(Key<'_>, Value<'_>)], out: &mut Tree, budget: &Budget) -> Result<(), MappingFailed> {
    budget.spend(budget::VALUE)?;
    let mut object = Members::default();
    for (key, value) in members.iter().filter(|(_, value)| value.kind() != Kind::Missing) {
        let mut member = Tree::Null;
        value.copy(&mut member, budget)?;
        object.set(&**key, member);
    }
    *out = Tree::Object(object);
    Ok(())
}

/// What a copy of a tree costs.
fn size(tree: &Tree) -> usize {
    let inside: usize = match tree {
        Tree::Null | Tree::Bool(_) | Tree::Number(_) => 0,
        Tree::Text(text) => text.len(),
        Tree::List(elements) => elements.iter().map(size).sum(),
        Tree::Object(members) => members.iter().map(|(key, value)| key.len() + size(value)).sum(),
    };
    inside + budget::VALUE
}
