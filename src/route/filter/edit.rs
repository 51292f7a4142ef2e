//! What filters take out of an event, once it is decided that the destination gets it: asked again at every attempt,
//! because what lies in Kafka is the event as it was read. Drops and samples play no part here; which events a
//! destination gets is decided once, by the room.

use super::judge::Edits;
use super::{Action, Failure, Filter, Filters};
use crate::event::json::Tree;

/// Nobody knows what must be taken out of this event, so it must not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{filter}: its condition fails: {failure}")]
pub struct Undecided {
    /// Its name.
    pub filter: String,
    /// Why there is no answer.
    pub failure: Failure,
}

impl Filters {
    /// Whether something may be taken out of an event.
    pub fn edits(&self) -> bool {
        self.editing().next().is_some()
    }

    /// Takes out of an event what the destination must not see; says whether there was anything.
    ///
    /// All conditions are asked of the event as it came.
    pub fn edit(&self, event: &mut Tree) -> Result<bool, Undecided> {
        let mut concerned: Vec<(usize, &Filter)> = Vec::new();
        for (by, filter) in self.editing() {
            let undecided = |failure| Undecided { filter: self.name(by).to_string(), failure };
            if filter.condition.holds(event).map_err(undecided)? {
                concerned.push((by, filter));
            }
        }
        Ok(!Edits { concerned }.apply(event).is_empty())
    }

    fn editing(&self) -> impl Iterator<Item = (usize, &Filter)> {
        self.enabled().filter(|(_, filter)| filter.actions.iter().any(Action::edits))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Condition, Fields, Sample};
    use super::*;
    use crate::event::json::BigIntegers;

    fn filter(condition: &str, actions: Vec<Action>) -> Filter {
        Filter { title: None, enabled: true, condition: Condition::parse(condition).unwrap(), actions }
    }

    fn fields(path: &str, names: &[&str]) -> Fields {
        let mut fields = Fields::new();
        fields.add(path, names.iter().copied()).unwrap();
        fields
    }

    fn edited(filters: Vec<Filter>, event: &str) -> Result<(bool, String), Undecided> {
        let mut tree = Tree::read(event.as_bytes(), BigIntegers::Exact).unwrap();
        let changed = Filters::new(filters).unwrap().edit(&mut tree)?;
        Ok((changed, tree.text()))
    }

    #[test]
    fn what_was_let_pass_once_is_neither_dropped_nor_drawn_again() {
        let filters = || {
            let drop = filter("all", vec![Action::Drop, Action::DropProperties(fields("", &["a"]))]);
            vec![drop, filter("all", vec![Action::Sample(Sample::new(0.0, None).unwrap())])]
        };
        assert_eq!(edited(filters(), r#"{"a":1,"b":2}"#), Ok((true, r#"{"b":2}"#.to_owned())));
        assert_eq!(edited(filters(), r#"{"b":2}"#), Ok((false, r#"{"b":2}"#.to_owned())));
    }

    #[test]
    fn every_condition_is_asked_of_the_event_as_it_came() {
        let first = filter("a = 1", vec![Action::DropProperties(fields("", &["a"]))]);
        let second = filter("a = 1", vec![Action::AllowProperties(fields("", &["a", "c"]))]);
        assert_eq!(edited(vec![second, first], r#"{"a":1,"b":2,"c":3}"#), Ok((true, r#"{"c":3}"#.to_owned())));
    }

    #[test]
    fn a_condition_that_fails_is_told_only_where_something_would_be_taken_out() {
        let failing = "event in properties.list";
        let event = r#"{"event":"x","properties":{"list":5}}"#;
        assert_eq!(edited(vec![filter(failing, vec![Action::Drop])], event).map(|(changed, _)| changed), Ok(false));
        let undecided = edited(vec![filter(failing, vec![Action::DropProperties(fields("", &["a"]))])], event);
        assert!(undecided.unwrap_err().to_string().starts_with("filter 1: its condition fails: "));
    }

    #[test]
    fn filters_that_only_drop_need_no_tree_at_an_attempt() {
        assert!(!Filters::new(vec![filter("all", vec![Action::Drop])]).unwrap().edits());
        let mut off = filter("all", vec![Action::DropProperties(fields("", &["a"]))]);
        assert!(Filters::new(vec![off.clone()]).unwrap().edits());
        off.enabled = false;
        assert!(!Filters::new(vec![off]).unwrap().edits());
    }
}
