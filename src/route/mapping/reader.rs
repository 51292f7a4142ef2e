//! Reads the written form of a mapping, checks it and gathers all complaints. What the options of a directive are is
//! its own file's; `options` reads them.
//!
//! Segment checks a mapping before use, but looks neither into lists nor into objects under `@literal` and
//! `@excludeWhenNull`. There an odd object is no mistake, and a directive does what its code happens to do: we refuse
//! only what can never work.

mod options;

use super::node::{Directive, Node};
use super::place::{Place, Step};
use super::{MAX_LEVELS, MappingError};
use super::{
    array_path, at_liquid, case, exclude_when_null, flatten, if_else, json, literal, merge, path, replace, template,
    transform,
};
use crate::event::json::{Members, Tree};

/// Reads mappings; remembers where it is and what was wrong.
#[derive(Debug)]
pub(super) struct Reader {
    zone: Zone,
    at: Place,
    errors: Vec<MappingError>,
}

/// How strictly Segment looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// Checked before use.
    Checked,
    /// Not looked at before it is used.
    Unchecked,
}

/// Reads the options of one directive; none if it complained.
type Read = fn(&Tree, &mut Reader) -> Option<Box<dyn Directive>>;

/// All directives there are.
const DIRECTIVES: [(&str, Read); 13] = [
    ("@path", path::read),
    ("@template", template::read),
    ("@if", if_else::read),
    ("@case", case::read),
    ("@replace", replace::read),
    ("@arrayPath", array_path::read),
    ("@literal", literal::read),
    ("@json", json::read),
    ("@flatten", flatten::read),
    ("@merge", merge::read),
    ("@transform", transform::read),
    ("@excludeWhenNull", exclude_when_null::read),
    ("@liquid", at_liquid::read),
];

/// A key beside a directive that is for Segment's own pages.
const METADATA: &str = "_metadata";

/// Stands for a part that was complained about; it is never applied.
const REFUSED: Node = Node::Literal(Tree::Null);

impl Reader {
    pub(super) fn new() -> Self {
        Self { zone: Zone::Checked, at: Place::default(), errors: Vec::new() }
    }

    /// All complaints, in the order of the mapping.
    pub(super) fn finish(self) -> Vec<MappingError> {
        self.errors
    }

    pub(super) fn zone(&self) -> Zone {
        self.zone
    }

    /// Says what is wrong at this place, and what to write instead.
    pub(super) fn complain(&mut self, problem: impl Into<String>, hint: impl Into<String>) {
        self.errors.push(MappingError { path: self.at.to_string(), problem: problem.into(), hint: hint.into() });
    }

    /// Reads something further inside.
    pub(super) fn under<T>(&mut self, step: impl Into<Step>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.at.enter(step.into());
        let result = read(self);
        self.at.leave();
        result
    }

    /// Reads something where Segment looks more, or less, closely.
    pub(super) fn zoned<T>(&mut self, zone: Zone, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.zone, zone);
        let result = read(self);
        self.zone = outer;
        result
    }

    /// Reads any part of a mapping.
    pub(super) fn node(&mut self, tree: &Tree) -> Node {
        if self.at.levels() > MAX_LEVELS {
            self.complain(
                format!("a mapping has at most {MAX_LEVELS} levels"),
                "take levels out, or make a step before it with @transform",
            );
            return REFUSED;
        }
        match tree {
            Tree::Object(members) if is_directive(members, self.zone) => self.directive(members),
            Tree::Object(members) => {
                let members = members.iter();
                let nodes = members.map(|(key, value)| (key.into(), self.under(key, |reader| reader.node(value))));
                let nodes: Vec<(Box<str>, Node)> = nodes.collect();
                let fixed = nodes.iter().all(|(_, node)| matches!(node, Node::Literal(_)));
                if fixed { Node::Literal(tree.clone()) } else { Node::Object(nodes) }
            }
            Tree::List(elements) => {
                let nodes = self.zoned(Zone::Unchecked, |reader| {
                    let elements = elements.iter().enumerate();
                    elements.map(|(index, element)| reader.under(index, |reader| reader.node(element))).collect()
                });
                let nodes: Vec<Node> = nodes;
                let fixed = nodes.iter().all(|node| matches!(node, Node::Literal(_)));
                if fixed { Node::Literal(tree.clone()) } else { Node::List(nodes) }
            }
            _ => Node::Literal(tree.clone()),
        }
    }

    fn directive(&mut self, members: &Members) -> Node {
        let Some((name, options)) = members.iter().find(|(key, _)| key.starts_with('@')) else {
            return REFUSED;
        };
        if self.zone == Zone::Checked && !self.stands_alone(name, members) {
            return REFUSED;
        }
        let Some((_, read)) = DIRECTIVES.iter().find(|(known, _)| *known == name) else {
            let known: Vec<&str> = DIRECTIVES.iter().map(|(known, _)| *known).collect();
            self.complain(format!("there is no directive {name:?}"), format!("write one of {}", known.join(", ")));
            return REFUSED;
        };
        self.under(name, |reader| match read(options, reader) {
            Some(directive) => Node::Directive { at: reader.at.to_string().into(), directive },
            None => REFUSED,
        })
    }

    fn stands_alone(&mut self, name: &str, members: &Members) -> bool {
        let Some((other, _)) = members.iter().find(|(key, _)| *key != name && *key != METADATA) else {
            return true;
        };
        self.complain(
            format!("{name} stands alone in its object, and here is {other:?} too"),
            "give each directive a key of its own, or join objects with @merge",
        );
        false
    }
}

/// Whether an object is meant as a directive.
fn is_directive(members: &Members, zone: Zone) -> bool {
    let has_name = members.iter().any(|(key, _)| key.starts_with('@'));
    let is_pure = || members.iter().all(|(key, _)| key.starts_with('@') || key == METADATA);
    has_name && (zone == Zone::Checked || is_pure())
}

/// Whether a part is a directive where Segment looks closely.
pub(super) fn looks_like_directive(tree: &Tree) -> bool {
    matches!(tree, Tree::Object(members) if is_directive(members, Zone::Checked))
}
