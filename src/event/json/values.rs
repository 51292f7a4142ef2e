//! Tells every value of a text, however deep, without building anything: for those who look for a few of them.
//! Where a value stands its reader knows from the keys and brackets told before, and that the last of equal keys
//! counts is the reader's to see to. The members of the outermost object alone are `members`'s.

use std::ops::ControlFlow;

use super::NotJson;
use super::levels::Container;
use super::number::Number;
use super::scan::{Literal, Visitor, scan};
use super::text::Text;

/// A value that holds no others.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'a> {
    /// A string.
    Text(Text<'a>),
    /// `true`, `false` or `null`.
    Literal(Literal),
    /// A number, as written.
    Number(&'a str),
}

/// Hears of a text what there is, in its order.
pub trait Reader<'a> {
    /// The key of the member whose value comes next.
    fn key(&mut self, key: Text<'a>);
    /// A value that holds no others.
    fn scalar(&mut self, value: Scalar<'a>);
    /// An array or object begins.
    fn open(&mut self, container: Container);
    /// The innermost open one ends.
    fn close(&mut self);
}

/// Tells everything; fails exactly where [`super::javascript_text`] fails, and then has told what comes before.
pub fn values<'a>(input: &'a [u8], reader: &mut impl Reader<'a>) -> Result<(), NotJson> {
    // This visitor never breaks off, so the whole text was read.
    let _whole = scan(super::utf8(input)?, &mut Teller(reader))?;
    Ok(())
}

struct Teller<'r, R>(&'r mut R);

impl<'a, R: Reader<'a>> Visitor<'a> for Teller<'_, R> {
    #[inline]
    fn space(&mut self, _start: usize, _end: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[inline]
    fn open(&mut self, container: Container, _at: usize) -> ControlFlow<()> {
        self.0.open(container);
        ControlFlow::Continue(())
    }

    #[inline]
    fn close(&mut self, _container: Container, _at: usize) -> ControlFlow<()> {
        self.0.close();
        ControlFlow::Continue(())
    }

    #[inline]
    fn key(&mut self, key: Text<'a>) -> ControlFlow<()> {
        self.0.key(key);
        ControlFlow::Continue(())
    }

    #[inline]
    fn text(&mut self, text: Text<'a>) -> ControlFlow<()> {
        self.0.scalar(Scalar::Text(text));
        ControlFlow::Continue(())
    }

    #[inline]
    fn number(&mut self, number: Number<'a>) -> ControlFlow<()> {
        self.0.scalar(Scalar::Number(number.raw));
        ControlFlow::Continue(())
    }

    #[inline]
    fn literal(&mut self, literal: Literal) -> ControlFlow<()> {
        self.0.scalar(Scalar::Literal(literal));
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Told(String);

    impl<'a> Reader<'a> for Told {
        fn key(&mut self, key: Text<'a>) {
            self.0 += &format!("{}=", key.decode());
        }

        fn scalar(&mut self, value: Scalar<'a>) {
            self.0 += &match value {
                Scalar::Text(text) => format!("'{}' ", text.decode()),
                Scalar::Literal(literal) => format!("{} ", literal.text()),
                Scalar::Number(raw) => format!("{raw} "),
            };
        }

        fn open(&mut self, container: Container) {
            self.0 += if container == Container::Object { "{ " } else { "[ " };
        }

        fn close(&mut self) {
            self.0 += "/ ";
        }
    }

    #[test]
    fn every_value_is_told_in_the_order_of_the_text() {
        let mut told = Told::default();
        values(br#" {"a":[1.0,{"b":"\u0078"},[]], "c":null} "#, &mut told).unwrap();
        assert_eq!(told.0, "{ a=[ 1.0 { b='x' / [ / / c=null / ");
    }

    #[test]
    fn what_is_not_json_is_refused() {
        assert_eq!(values(b"[1,", &mut Told::default()), Err(NotJson::Syntax { at: 3 }));
    }
}
