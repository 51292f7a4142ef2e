//! What an event has in the fields that triggers look at, read in one pass over its text, borrowed from it.
//! Paths are walked as Segment's package walks them: what is falsy stays itself however far a path goes on, and
//! texts and lists have a `length` and elements. Which fields there are is `fields`'s.

use std::borrow::Cow;

use super::fields::{Field, Fields, ROOT, Way};
use crate::event::json::{Container, Literal, NotJson, Reader, Scalar, Text, values};

/// What an event has in one field.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Fact<'e> {
    /// Nothing.
    #[default]
    Missing,
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as JavaScript calculates with it.
    Number(f64),
    /// A text.
    Text(Cow<'e, str>),
    /// An array.
    List {
        /// How many it has.
        elements: usize,
    },
    /// An object.
    Object,
}

/// What an event has in all fields.
#[derive(Clone, Debug)]
pub struct Facts<'e> {
    slots: Vec<Slot<'e>>,
}

/// What was last told of a field.
#[derive(Clone, Debug, Default)]
struct Slot<'e> {
    fact: Fact<'e>,
    /// Which telling that was, counted from 1.
    told: u32,
    /// In which telling of its parent it stood: once that has been told again, it counts no longer.
    within: u32,
}

impl<'e> Facts<'e> {
    /// What the event has in a field; nothing if the field is unknown here.
    #[inline]
    pub(super) fn get(&self, field: Field) -> &Fact<'e> {
        self.slots.get(field as usize).map_or(&Fact::Missing, |slot| &slot.fact)
    }
}

pub(super) fn read<'e>(fields: &Fields, event: &'e [u8]) -> Result<Facts<'e>, NotJson> {
    let slots = vec![Slot::default(); fields.nodes().len()];
    let mut reading = Reading { fields, slots, tellings: 0, open: Vec::new(), next: None, skipped: 0 };
    values(event, &mut reading)?;
    settle(fields, &mut reading.slots);
    Ok(Facts { slots: reading.slots })
}

/// Takes away what counts no longer, and adds what follows from what stands above.
fn settle(fields: &Fields, slots: &mut [Slot<'_>]) {
    for (index, node) in fields.nodes().iter().enumerate().skip(1) {
        // A parent comes before its children, so it is settled already.
        let (before, rest) = slots.split_at_mut(index);
        let (Some(parent), Some(slot)) = (before.get(node.parent), rest.first_mut()) else { continue };
        let is_current = slot.told > 0 && slot.within == parent.told;
        match (&parent.fact, node.way) {
            (Fact::Object, _) | (Fact::List { .. }, Way::Element(_)) if is_current => {}
            (other, way) => slot.fact = beyond(other, way),
        }
    }
}

/// What JavaScript finds under a name where no object has it: `value && value[name]`.
fn beyond<'e>(value: &Fact<'e>, way: Way) -> Fact<'e> {
    match (value, way) {
        (Fact::Null | Fact::Bool(false), _) => value.clone(),
        (Fact::Number(number), _) if *number == 0.0 => value.clone(),
        (Fact::Text(text), _) if text.is_empty() => value.clone(),
        // No text is long enough for the count not to be exact.
        (Fact::Text(text), Way::Length) => Fact::Number(text.encode_utf16().count() as f64),
        (Fact::Text(text), Way::Element(index)) => text.encode_utf16().nth(index).map_or(Fact::Missing, unit),
        (Fact::List { elements }, Way::Length) => Fact::Number(*elements as f64),
        _ => Fact::Missing,
    }
}

/// A text of one UTF-16 unit; half a character is as unreadable as in [`Text::decode`].
fn unit<'e>(unit: u16) -> Fact<'e> {
    Fact::Text(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER).to_string().into())
}

struct Reading<'f, 'e> {
    fields: &'f Fields,
    slots: Vec<Slot<'e>>,
    tellings: u32,
    /// The open arrays and objects in which somebody looks at something.
    open: Vec<Open>,
    /// Where the value of the key just told belongs.
    next: Option<usize>,
    /// How many are open in which nobody does.
    skipped: usize,
}

struct Open {
    node: usize,
    container: Container,
    /// Elements told so far, of an array.
    elements: usize,
}

impl<'e> Reading<'_, 'e> {
    /// Where the value that comes belongs; none if nobody looks at it.
    #[inline]
    fn place(&mut self) -> Option<usize> {
        match self.open.last_mut() {
            None => Some(ROOT),
            Some(Open { container: Container::Object, .. }) => self.next.take(),
            Some(Open { node, elements, .. }) => {
                *elements += 1;
                self.fields.nodes()[*node].element(*elements - 1)
            }
        }
    }

    fn tell(&mut self, place: usize, fact: Fact<'e>) {
        let parent = self.fields.nodes()[place].parent;
        self.tellings += 1;
        self.slots[place] = Slot { fact, told: self.tellings, within: self.slots[parent].told };
    }
}

impl<'e> Reader<'e> for Reading<'_, 'e> {
    #[inline]
    fn key(&mut self, key: Text<'e>) {
        if self.skipped == 0
            && let Some(open) = self.open.last()
        {
            self.next = self.fields.nodes()[open.node].child(&key.decode());
        }
    }

    #[inline]
    fn scalar(&mut self, value: Scalar<'e>) {
        if self.skipped == 0
            && let Some(place) = self.place()
        {
            self.tell(place, Fact::from(value));
        }
    }

    fn open(&mut self, container: Container) {
        if self.skipped > 0 {
            self.skipped += 1;
            return;
        }
        let Some(node) = self.place() else {
            self.skipped = 1;
            return;
        };
        let fact = match container {
            Container::Object => Fact::Object,
            Container::Array => Fact::List { elements: 0 },
        };
        self.tell(node, fact);
        // Of a list that somebody looks at `explain` tells how many elements it has.
        if container == Container::Object && self.fields.nodes()[node].is_leaf() {
            self.skipped = 1;
        } else {
            self.open.push(Open { node, container, elements: 0 });
        }
    }

    fn close(&mut self) {
        if self.skipped > 0 {
            self.skipped -= 1;
        } else if let Some(Open { node, container: Container::Array, elements }) = self.open.pop() {
            self.slots[node].fact = Fact::List { elements };
        }
    }
}

impl<'e> From<Scalar<'e>> for Fact<'e> {
    fn from(value: Scalar<'e>) -> Self {
        match value {
            Scalar::Text(text) => Self::Text(text.decode()),
            Scalar::Literal(Literal::Null) => Self::Null,
            Scalar::Literal(Literal::True) => Self::Bool(true),
            Scalar::Literal(Literal::False) => Self::Bool(false),
            // What the grammar takes for a number is one; beyond the range of a double it is infinite, as in JavaScript.
            Scalar::Number(raw) => Self::Number(raw.parse().unwrap_or(f64::NAN)),
        }
    }
}
