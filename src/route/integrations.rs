//! The `integrations` object of an event: which destinations its sender wants it to reach (Segment's common fields).
//! Reads the object once and then answers for any number of destinations. A `delete` call is not filtered
//! by it; leaving it out then is the caller's business, as is the order of the other decisions.

use std::borrow::Cow;

use crate::event::json::{self, Literal, NotJson, Text, Value};

/// What an `integrations` object says, borrowed from the event.
#[derive(Clone, Debug, Default)]
pub struct Integrations<'a> {
    /// The entries called `All` in some letter case, in the order of the text.
    all: Vec<(Cow<'a, str>, Entry)>,
    /// The entries of destinations, in the order of the text.
    named: Vec<(Cow<'a, str>, Entry)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    On,
    Off,
    /// No boolean: options for a destination, which so is on; without meaning for `All`.
    NoBoolean,
}

impl<'a> Integrations<'a> {
    /// Reads the object as it stands in the event ([`crate::event::Event::integrations`]); none, and
    /// whatever is not an object, means no restriction.
    pub fn read(raw: Option<&'a str>) -> Result<Self, NotJson> {
        let mut read = Self::default();
        if let Some(raw) = raw {
            let _shape = json::members(raw.as_bytes(), |name, value| read.add(name, value))?;
        }
        Ok(read)
    }

    /// Whether the event may go to a destination that goes by `names`.
    ///
    /// A name counts exactly as written. One that is off outweighs all others, else one that is there
    /// (a value that is no boolean is on) outweighs `All`. `All` is found in any letter case, counts only
    /// if it is a boolean, and is on when absent; of several spellings the first counts, as in Segment's
    /// own library.
    pub fn allows(&self, names: &[&str]) -> bool {
        let mut named = false;
        for name in names {
            match last_value(&self.named, name) {
                Some(Entry::Off) => return false,
                Some(Entry::On | Entry::NoBoolean) => named = true,
                None => {}
            }
        }
        named || self.all_are_allowed()
    }

    fn all_are_allowed(&self) -> bool {
        match self.all.first() {
            Some((spelling, _)) => last_value(&self.all, spelling) != Some(Entry::Off),
            None => true,
        }
    }

    fn add(&mut self, name: Text<'a>, value: Value<'a>) {
        let name = name.decode();
        let entry = match value {
            Value::Literal(Literal::True) => Entry::On,
            Value::Literal(Literal::False) => Entry::Off,
            _ => Entry::NoBoolean,
        };
        if name.eq_ignore_ascii_case("all") {
            self.all.push((name, entry));
        } else {
            self.named.push((name, entry));
        }
    }
}

/// The value of a key; the last one, if it comes more than once, as in JavaScript.
fn last_value(entries: &[(Cow<'_, str>, Entry)], name: &str) -> Option<Entry> {
    let mut from_the_end = entries.iter().rev();
    let (_, entry) = from_the_end.find(|(key, _)| key == name)?;
    Some(*entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIXTURES: &str = include_str!("../../tests/fixtures/integrations.jsonl");

    fn allows(object: &str, names: &[&str]) -> bool {
        Integrations::read(Some(object)).expect("the test gives JSON").allows(names)
    }

    #[test]
    fn every_name_of_every_fixture_is_decided_as_by_segment() {
        #[derive(serde::Deserialize)]
        struct Case<'a> {
            id: &'a str,
            #[serde(borrow)]
            integrations: Option<&'a serde_json::value::RawValue>,
            names: Vec<&'a str>,
            enabled: Vec<bool>,
        }
        let mut decided = 0;
        for line in FIXTURES.lines() {
            let case: Case<'_> = serde_json::from_str(line).unwrap();
            let object = case.integrations.map(serde_json::value::RawValue::get);
            let read = Integrations::read(object).unwrap();
            assert_eq!(case.names.len(), case.enabled.len(), "{}", case.id);
            for (name, enabled) in case.names.iter().zip(&case.enabled) {
                assert_eq!(read.allows(&[name]), *enabled, "{} {name}", case.id);
                decided += 1;
            }
        }
        assert_eq!((FIXTURES.lines().count(), decided), (44, 218));
    }

    #[test]
    fn a_named_false_wins_over_another_name_of_the_same_destination() {
        let names = ["Webhook", "Webhooks (Actions)"];
        assert!(!allows(r#"{"Webhook":true,"Webhooks (Actions)":false}"#, &names));
        assert!(!allows(r#"{"Webhook":false,"Webhooks (Actions)":{}}"#, &names));
        assert!(allows(r#"{"All":false,"Webhook":true}"#, &names));
        assert!(allows(r#"{"All":false,"Webhooks (Actions)":null}"#, &names));
        assert!(!allows(r#"{"All":false}"#, &names));
    }

    #[test]
    fn absent_null_and_what_is_no_object_restrict_nothing() {
        assert!(Integrations::read(None).is_ok_and(|none| none.allows(&["Webhooks"])));
        for other in ["null", "[]", "false", r#"[{"All":false}]"#, r#""All""#] {
            assert!(allows(other, &["Webhooks"]), "{other}");
        }
    }

    #[test]
    fn of_equal_keys_the_last_counts_and_of_spellings_of_all_the_first() {
        assert!(!allows(r#"{"Webhooks":true,"Webhooks":false}"#, &["Webhooks"]));
        assert!(allows(r#"{"Webhooks":false,"\u0057ebhooks":1}"#, &["Webhooks"]));
        assert!(!allows(r#"{"All":true,"All":false}"#, &["Webhooks"]));
        assert!(allows(r#"{"All":true,"all":false,"ALL":false}"#, &["Webhooks"]));
        assert!(allows(r#"{"aLL":"x","all":false}"#, &["Webhooks"]));
    }

    #[test]
    fn a_lone_surrogate_in_a_name_or_a_value_does_no_harm() {
        assert!(!allows(r#"{"\ud800":"\udfff","Webhooks":false}"#, &["Webhooks"]));
    }
}
