//! Makes JavaScript's text by editing: what is right stays, what is not is replaced where it stands.
//! A text that needs no edit costs one pass and no allocation. Works as long as the keys are in JavaScript's
//! order; when they are not, says so and leaves the text to `reorder`.

use std::ops::ControlFlow;

use super::keys::KeyOrder;
use super::levels::Container;
use super::number::Number;
use super::scan::{Literal, Visitor, scan};
use super::text::Text;
use super::{BigIntegers, NotJson};

/// What editing came to.
pub(super) enum Edited {
    /// The text is JavaScript's already.
    AsItWas,
    /// The text JavaScript prints.
    Rewritten(Vec<u8>),
    /// Editing is not enough, or cannot tell; the rest of the text was not looked at.
    KeysOutOfOrder,
}

/// Edits a text into the one JavaScript prints.
pub(super) fn edit(text: &str, big: BigIntegers) -> Result<Edited, NotJson> {
    let mut editor = Editor { text, big, keys: KeyOrder::new(), out: Vec::new(), copied: 0 };
    if scan(text, &mut editor)?.is_break() {
        return Ok(Edited::KeysOutOfOrder);
    }
    if editor.copied == 0 {
        return Ok(Edited::AsItWas);
    }
    editor.copy_to(text.len());
    Ok(Edited::Rewritten(editor.out))
}

struct Editor<'a> {
    text: &'a str,
    big: BigIntegers,
    keys: KeyOrder<'a>,
    out: Vec<u8>,
    /// What stands before this offset is in `out` or replaced there; 0 means no edit so far.
    copied: usize,
}

impl Editor<'_> {
    #[cold]
    fn copy_to(&mut self, end: usize) {
        if self.copied == 0 {
            self.out.reserve(self.text.len());
        }
        let kept = &self.text.as_bytes()[self.copied..end];
        self.out.extend_from_slice(kept);
        self.copied = end;
    }
}

impl<'a> Visitor<'a> for Editor<'a> {
    fn space(&mut self, start: usize, end: usize) -> ControlFlow<()> {
        self.copy_to(start);
        self.copied = end;
        ControlFlow::Continue(())
    }

    fn open(&mut self, container: Container, _at: usize) -> ControlFlow<()> {
        match container {
            Container::Object => or_break(self.keys.open()),
            Container::Array => ControlFlow::Continue(()),
        }
    }

    fn close(&mut self, container: Container, _at: usize) -> ControlFlow<()> {
        if container == Container::Object {
            self.keys.close();
        }
        ControlFlow::Continue(())
    }

    #[inline]
    fn key(&mut self, key: Text<'a>) -> ControlFlow<()> {
        // Only printed keys can be compared as they stand.
        if !key.is_as_printed() {
            return ControlFlow::Break(());
        }
        or_break(self.keys.add(key.inner()))
    }

    #[inline]
    fn text(&mut self, text: Text<'a>) -> ControlFlow<()> {
        if !text.is_as_printed() {
            self.copy_to(text.start());
            text.print(&mut self.out);
            self.copied = text.end();
        }
        ControlFlow::Continue(())
    }

    #[inline]
    fn number(&mut self, number: Number<'a>) -> ControlFlow<()> {
        if let Some(printed) = number.rewritten(self.big) {
            self.copy_to(number.start);
            self.out.extend_from_slice(printed.as_bytes());
            self.copied = number.start + number.raw.len();
        }
        ControlFlow::Continue(())
    }

    fn literal(&mut self, _literal: Literal) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn or_break<E>(result: Result<(), E>) -> ControlFlow<()> {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(_) => ControlFlow::Break(()),
    }
}
