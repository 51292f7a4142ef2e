//! Reads the tags of a template: what each takes, and what stands between it and its end. Pieces come from `token`,
//! values from `expression`, what a tag alone takes from `single`; tags that cannot be used are `refused`'s.

use std::vec::IntoIter;

use super::cursor::{Cursor, MAX_LEVELS};
use super::expression::filtered;
use super::failure::LiquidError;
use super::node::{Branch, Direction, Node, NodeKind};
use super::refused;
use super::single::{assign, captured, cycle, inline_comment};
use super::token::{self, Piece, Token};

/// Reads a whole template.
pub(super) fn template(text: &str) -> Result<Vec<Node>, LiquidError> {
    all(token::tokens(text)?, 0)
}

fn all(tokens: Vec<Token<'_>>, levels: usize) -> Result<Vec<Node>, LiquidError> {
    let mut reader = Reader { tokens: tokens.into_iter(), levels };
    let mut nodes = Vec::new();
    while let Some(token) = reader.tokens.next() {
        nodes.extend(reader.node(token)?);
    }
    Ok(nodes)
}

struct Reader<'t> {
    tokens: IntoIter<Token<'t>>,
    /// Tags that are open.
    levels: usize,
}

impl<'t> Reader<'t> {
    /// What a piece is, with all that belongs to it; nothing for a comment.
    fn node(&mut self, token: Token<'t>) -> Result<Option<Node>, LiquidError> {
        let kind = match token.piece {
            Piece::Plain(text) => NodeKind::Plain(text.to_owned()),
            Piece::Output(mut cursor) => NodeKind::Output(filtered(&mut cursor)?),
            Piece::Tag(name, cursor) => match self.tag((token.at, name), cursor)? {
                Some(kind) => kind,
                None => return Ok(None),
            },
        };
        Ok(Some(Node { at: token.at, kind }))
    }

    fn tag(&mut self, (at, name): (usize, &str), mut cursor: Cursor<'t>) -> Result<Option<NodeKind>, LiquidError> {
        Ok(Some(match name {
            "if" => self.branches_of_if(at, &mut cursor)?,
            "unless" => self.branches_of_unless(at, &mut cursor)?,
            "assign" => assign(at, &mut cursor)?,
            "capture" => NodeKind::Capture(captured(at, &mut cursor)?, self.until(at, "capture", &["endcapture"])?.0),
            "cycle" => cycle(at, &mut cursor)?,
            "echo" if cursor.is_at_end() => return Ok(None),
            "echo" => NodeKind::Output(filtered(&mut cursor)?),
            "increment" => NodeKind::Count(cursor.name().to_owned(), Direction::Up),
            "decrement" => NodeKind::Count(cursor.name().to_owned(), Direction::Down),
            "break" | "continue" => NodeKind::Stop,
            "raw" => NodeKind::Plain(self.raw(at, "raw", "endraw")?),
            "comment" => {
                self.raw(at, "comment", "endcomment")?;
                return Ok(None);
            }
            "#" => return inline_comment(at, &cursor).map(|()| None),
            "liquid" => {
                self.enter(at)?;
                NodeKind::Group(all(token::lines(&cursor)?, self.levels)?)
            }
            "block" => NodeKind::Group(self.until(at, "block", &["endblock"])?.0),
            _ => return Err(refused::tag(at, name)),
        }))
    }

    /// The nodes up to one of the tags, and that tag.
    fn until(&mut self, at: usize, name: &str, ends: &[&str]) -> Result<(Vec<Node>, (usize, End<'t>)), LiquidError> {
        self.enter(at)?;
        let mut nodes = Vec::new();
        while let Some(token) = self.tokens.next() {
            match token.piece {
                Piece::Tag(end, cursor) if ends.contains(&end) => {
                    self.levels -= 1;
                    return Ok((nodes, (token.at, End { name: end, cursor })));
                }
                _ => nodes.extend(self.node(token)?),
            }
        }
        Err(not_closed(at, name))
    }

    fn enter(&mut self, at: usize) -> Result<(), LiquidError> {
        self.levels += 1;
        if self.levels > MAX_LEVELS {
            let problem = format!("more than {MAX_LEVELS} tags within each other");
            return Err(LiquidError::new(at, problem, "assign the inner parts to names first"));
        }
        Ok(())
    }

    /// All up to a tag, as written.
    fn raw(&mut self, at: usize, name: &str, end: &str) -> Result<String, LiquidError> {
        let mut raw = String::new();
        for token in self.tokens.by_ref() {
            if matches!(token.piece, Piece::Tag(name, _) if name == end) {
                return Ok(raw);
            }
            raw.push_str(token.raw);
        }
        Err(not_closed(at, name))
    }

    fn branches_of_if(&mut self, at: usize, cursor: &mut Cursor<'t>) -> Result<NodeKind, LiquidError> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut test = Some(filtered(cursor)?);
        loop {
            let (nodes, (at, mut end)) = self.until(at, "if", &["elsif", "else", "endif"])?;
            match test.take() {
                Some(test) => branches.push(Branch { test, taken_when: true, nodes }),
                None => otherwise = Some(nodes),
            }
            // Only the last part has no test.
            let is_last = otherwise.is_some();
            match end.name {
                "elsif" if !is_last => test = Some(filtered(&mut end.cursor)?),
                "else" if !is_last => end.has_nothing_behind(at)?,
                "endif" => {
                    end.has_nothing_behind(at)?;
                    return Ok(NodeKind::Branches(branches, otherwise.unwrap_or_default()));
                }
                name => {
                    let problem = format!("`{name}` stands behind `else`");
                    return Err(LiquidError::new(at, problem, "`else` comes last, and once"));
                }
            }
        }
    }

    /// As `if`, but what follows a first `else` is never printed once another `else` or `elsif` comes.
    fn branches_of_unless(&mut self, at: usize, cursor: &mut Cursor<'t>) -> Result<NodeKind, LiquidError> {
        let mut branches = Vec::new();
        let mut otherwise = None;
        let mut test = Some((filtered(cursor)?, false));
        loop {
            let (nodes, (_, mut end)) = self.until(at, "unless", &["elsif", "else", "endunless"])?;
            match test.take() {
                Some((test, taken_when)) => branches.push(Branch { test, taken_when, nodes }),
                None => otherwise = otherwise.or(Some(nodes)),
            }
            match end.name {
                "endunless" => return Ok(NodeKind::Branches(branches, otherwise.unwrap_or_default())),
                "elsif" if otherwise.is_none() => test = Some((filtered(&mut end.cursor)?, true)),
                _ => {}
            }
        }
    }
}

/// A tag that ends a part.
struct End<'t> {
    name: &'t str,
    cursor: Cursor<'t>,
}

impl End<'_> {
    fn has_nothing_behind(&self, at: usize) -> Result<(), LiquidError> {
        if self.cursor.is_at_end() {
            return Ok(());
        }
        let problem = format!("`{}` takes nothing", self.name);
        Err(LiquidError::new(at, problem, "a condition stands behind `if` and `elsif`"))
    }
}

fn not_closed(at: usize, name: &str) -> LiquidError {
    LiquidError::new(at, format!("the tag `{name}` is not closed"), format!("write `{{% end{name} %}}` behind it"))
}
