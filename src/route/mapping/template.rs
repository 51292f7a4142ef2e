//! `@template`: a text with values of the event in double or triple braces, which mean the same. Triple braces are
//! filled first, and what they give is then searched for double ones (`mapping-kit/placeholders.ts`).

use std::rc::Rc;

use crate::event::json::Tree;

use super::MappingFailed;
use super::javascript;
use super::node::{Directive, Node, Scope};
use super::path::{Path, Source, made_text, text_source};
use super::reader::Reader;
use super::value::{Kind, Value};

/// A template, cut into pieces.
#[derive(Debug)]
enum Template {
    /// Double braces only.
    Once(Vec<Piece>),
    /// The triple ones; double ones are looked for in what they give.
    Twice(Vec<Piece>),
}

#[derive(Debug)]
enum Piece {
    Text(Box<str>),
    Path(Path),
}

/// How many braces make a placeholder.
#[derive(Clone, Copy, Debug)]
enum Braces {
    Two = 2,
    Three = 3,
}

/// The directive.
#[derive(Debug)]
enum AtTemplate {
    Written(Template),
    /// The template itself depends on the event.
    Made(Node),
}

pub(super) fn read(options: &Tree, reader: &mut Reader) -> Option<Box<dyn Directive>> {
    match text_source(options, reader)? {
        Source::Written(text) => Some(Box::new(AtTemplate::Written(Template::read(&text)))),
        Source::Made(node) => Some(Box::new(AtTemplate::Made(node))),
    }
}

impl Directive for AtTemplate {
    fn resolve<'a>(&'a self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        match self {
            Self::Written(template) => template.fill(scope),
            Self::Made(node) => {
                let text = node.resolve(scope)?;
                let text = made_text(&text)?;
                scope.budget.spend(text.len())?;
                Template::read(text).fill(scope)
            }
        }
    }
}

impl Template {
    fn read(text: &str) -> Self {
        let pieces = cut(text, Braces::Three);
        let has_triple = pieces.iter().any(|piece| matches!(piece, Piece::Path(_)));
        if has_triple { Self::Twice(pieces) } else { Self::Once(cut(text, Braces::Two)) }
    }

    fn fill<'a>(&self, scope: &Scope<'a, '_>) -> Result<Value<'a>, MappingFailed> {
        let text = match self {
            Self::Once(pieces) => fill(pieces, scope)?,
            Self::Twice(pieces) => {
                let text = fill(pieces, scope)?;
                scope.budget.spend(text.len())?;
                fill(&cut(&text, Braces::Two), scope)?
            }
        };
        Ok(Value::Text(text.into()))
    }
}

fn fill(pieces: &[Piece], scope: &Scope<'_, '_>) -> Result<String, MappingFailed> {
    // Where there is no payload, a template sees an empty object.
    let nobody = Value::Object(Rc::default());
    let payload = if scope.payload.kind() == Kind::Missing { &nobody } else { scope.payload };
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                scope.budget.spend(text.len())?;
                out.push_str(text);
            }
            Piece::Path(path) => {
                javascript::write_text(&path.follow(payload, scope.budget)?, &mut out, scope.budget)?;
            }
        }
    }
    Ok(out)
}

/// Cuts a text at its placeholders: so many braces, something without a closing one, as many closing ones.
fn cut(text: &str, braces: Braces) -> Vec<Piece> {
    let (open, close) = (&"{{{"[..braces as usize], &"}}}"[..braces as usize]);
    let mut pieces = Vec::new();
    // Where the plain text begins that is not in a piece yet, and where the search goes on.
    let (mut plain, mut from) = (0, 0);
    while let Some(start) = text[from..].find(open).map(|at| from + at) {
        let inside = start + open.len();
        let Some(end) = text[inside..].find('}').map(|at| inside + at) else {
            break;
        };
        // Whatever stands before this closing brace can only end with it.
        if end == inside || !text[end..].starts_with(close) {
            from = end + 1;
            continue;
        }
        if plain < start {
            pieces.push(Piece::Text(text[plain..start].into()));
        }
        pieces.push(Piece::Path(Path::cut(javascript::trim(&text[inside..end]))));
        from = end + close.len();
        plain = from;
    }
    if plain < text.len() {
        pieces.push(Piece::Text(text[plain..].into()));
    }
    pieces
}
