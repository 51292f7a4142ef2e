//! Prints ordered values from the outside in, with a stack of its own instead of recursion.
//! Order and form of everything were settled before; here are only brackets, commas and colons.

use std::ops::Range;

use super::{Node, Tree};

/// The text of the outermost value.
pub(super) fn print(tree: &Tree) -> Vec<u8> {
    let mut out = Vec::with_capacity(tree.printed.len() + 2 * tree.children.len());
    let outermost = tree.children.len().saturating_sub(1)..tree.children.len();
    let mut open: Vec<Open> = vec![Open::new(outermost, None)];
    while let Some(innermost) = open.last_mut() {
        let Some(at) = innermost.left.next() else {
            out.extend(innermost.bracket);
            open.pop();
            continue;
        };
        if !std::mem::take(&mut innermost.at_start) {
            out.push(b',');
        }
        let child = &tree.children[at];
        if let Some(key) = &child.key {
            out.extend_from_slice(&tree.printed[key.clone()]);
            out.push(b':');
        }
        match &child.value {
            Node::Scalar(text) => out.extend_from_slice(&tree.printed[text.clone()]),
            Node::Array(children) => {
                out.push(b'[');
                open.push(Open::new(children.clone(), Some(b']')));
            }
            Node::Object(children) => {
                out.push(b'{');
                open.push(Open::new(children.clone(), Some(b'}')));
            }
        }
    }
    out
}

/// A container that is being printed.
struct Open {
    /// Children still to print.
    left: Range<usize>,
    /// Whether no child was printed yet.
    at_start: bool,
    /// What closes it.
    bracket: Option<u8>,
}

impl Open {
    fn new(left: Range<usize>, bracket: Option<u8>) -> Self {
        Self { left, at_start: true, bracket }
    }
}
