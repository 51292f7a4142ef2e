//! What becomes of an event, destination by destination, in the order of the contract.

use super::*;
use crate::event::Call;
use crate::route::audiences::Audiences;
use crate::route::destination::DestinationId;
use crate::route::filter::{Action, Condition, Fields as Named, Filter, Filters, Sample};
use crate::route::trigger::Trigger;

fn route(kind: Kind) -> Route {
    Route {
        id: DestinationId::new("crm").unwrap(),
        enabled: true,
        kind,
        spread: 1,
        filters: Filters::default(),
        branches: Vec::new(),
        audiences: Audiences::All,
        audience_calls: AudienceCalls::Identify,
    }
}

fn classic() -> Route {
    route(Kind::Webhooks)
}

fn actions(branches: &[(&str, &str)]) -> Route {
    let branch = |(name, trigger): &(&str, &str)| Branch {
        name: (!name.is_empty()).then(|| (*name).into()),
        enabled: true,
        trigger: Trigger::parse(trigger).unwrap(),
    };
    Route { branches: branches.iter().map(branch).collect(), ..route(Kind::Actions) }
}

fn filter(condition: &str, action: Action) -> Filter {
    let condition = Condition::parse(condition).unwrap();
    Filter { title: Some("t".into()), enabled: true, condition, actions: vec![action] }
}

fn with_filters(route: Route, filters: Vec<Filter>) -> Route {
    Route { filters: Filters::new(filters).unwrap(), ..route }
}

fn members(path: &str, names: &[&str]) -> Named {
    let mut fields = Named::new();
    fields.add(path, names.iter().copied()).unwrap();
    fields
}

fn all_told(routes: &Routes, asked: &Asked<'_>) -> Vec<String> {
    let mut told = Vec::new();
    for routed in routes.iter() {
        routed.decide(asked, |step| {
            told.push(match step {
                Step::Refused(refusal) => format!("{}: {refusal}", refusal.reason().label()),
                Step::Edits(edits, event) => {
                    let mut event = event.clone();
                    format!("{:?} edit to {}", edits.apply(&mut event), event.text())
                }
                Step::Unwanted(unwanted) => format!("not {:?}: {unwanted}", unwanted.branch.name),
                Step::Wanted(mapping) => format!("to {mapping:?}"),
            });
        });
    }
    told
}

fn told(route: Route, event: &str) -> Vec<String> {
    let routes = Routes::new(vec![route]);
    let asked = routes.ask(event.as_bytes()).unwrap();
    all_told(&routes, &asked)
}

fn told_of_audience(route: Route, key: &str, event: &str) -> Vec<String> {
    let routes = Routes::new(vec![route]);
    let asked = routes.ask(event.as_bytes()).unwrap().about(key);
    all_told(&routes, &asked)
}

const BY_INTEGRATIONS: &str = "filtered_by_integrations_object: the event's integrations object says no";

#[test]
fn every_documented_call_is_wanted_and_nothing_else() {
    for call in ["page", "screen", "identify", "track", "alias", "group", "delete"] {
        assert_eq!(told(classic(), &format!(r#"{{"type":"{call}"}}"#)), ["to None"], "{call}");
    }
    for call in ["Track", "video", "deleted"] {
        let refused = told(classic(), &format!(r#"{{"type":"{call}"}}"#));
        assert!(refused[0].starts_with("unsupported_event_type: its type is none of"), "{call}: {refused:?}");
    }
    let deletion = told(actions(&[("", r#"type != "x""#)]), r#"{"type":"delete"}"#);
    assert_eq!(deletion, ["unsupported_event_type: this type of destination takes no delete calls"]);
    assert!(Call::from_type("delete") == Call::Delete && !Kind::Actions.takes(Call::Delete));
}

#[test]
fn the_integrations_object_filters_all_but_deletions() {
    let none = r#""integrations":{"All":false}}"#;
    assert_eq!(told(classic(), &format!(r#"{{"type":"track",{none}"#)), [BY_INTEGRATIONS]);
    assert_eq!(told(classic(), &format!(r#"{{"type":"delete",{none}"#)), ["to None"]);
    assert_eq!(told(classic(), r#"{"type":"track","integrations":{"All":false,"Webhooks":true}}"#), ["to None"]);
    let both = Routes::new(vec![classic(), actions(&[("", r#"type = "track""#)]), classic()]);
    let asked = both.ask(br#"{"type":"track","integrations":{"Webhooks":false,"Webhook":true}}"#).unwrap();
    assert_eq!(all_told(&both, &asked), [BY_INTEGRATIONS, "to None", BY_INTEGRATIONS]);
}

#[test]
fn a_disabled_destination_wants_nothing() {
    let disabled = "destination_disabled: the destination is not enabled";
    assert_eq!(told(Route { enabled: false, ..classic() }, r#"{"type":"video"}"#), [disabled]);
    assert_eq!(told_of_audience(Route { enabled: false, ..classic() }, "a", r#"{"type":"identify"}"#), [disabled]);
}

#[test]
fn of_audiences_only_those_are_wanted_that_are_listed_and_not_forbidden() {
    let of = |audiences, key, event: &str| told_of_audience(Route { audiences, ..classic() }, key, event);
    let keys = || Audiences::Keys(["a".into()].into());
    let left_out = "filtered_by_rules: the destination's `audiences` leave this one out";
    let plain = r#"{"type":"identify"}"#;
    assert_eq!(of(keys(), "a", plain), ["to None"]);
    assert_eq!(of(keys(), "b", plain), [left_out]);
    assert_eq!(of(Audiences::None, "a", plain), [left_out]);
    let named = r#"{"type":"identify","integrations":{"All":false,"Webhooks":true}}"#;
    assert_eq!(of(Audiences::All, "b", named), ["to None"]);
    assert_eq!(of(Audiences::None, "a", r#"{"type":"identify","integrations":{"All":false}}"#), [BY_INTEGRATIONS]);
    // What is no call about an audience has none to be left out by.
    assert_eq!(told(Route { audiences: Audiences::None, ..classic() }, plain), ["to None"]);
}

#[test]
fn each_mapping_that_matches_is_wanted_and_the_others_say_why_not() {
    let mut route = actions(&[("a", r#"event = "A""#), ("b", r#"event = "B""#), ("all", r#"type = "track""#)]);
    let event = r#"{"type":"track","event":"A"}"#;
    let b = r#"not Some("b"): `event = "B"` does not hold; the event has "A" there"#;
    assert_eq!(told(route.clone(), event), [r#"to Some("a")"#, b, r#"to Some("all")"#]);
    let none = "no_matching_mapping: none of its mappings wants the event";
    route.branches.iter_mut().for_each(|branch| branch.enabled = false);
    let off = |name: &str| format!(r#"not Some("{name}"): the mapping is not enabled"#);
    assert_eq!(told(route, event), [off("a"), off("b"), off("all"), none.to_owned()]);
}

#[test]
fn a_filter_drops_before_any_trigger_is_asked_and_its_name_is_told() {
    let drop = || vec![filter("type = \"page\"", Action::Drop), filter("event = \"A\"", Action::Drop)];
    let dropped = ["filtered_by_rules: filter 2 (`t`): it drops such events"];
    assert_eq!(told(with_filters(classic(), drop()), r#"{"type":"track","event":"A"}"#), dropped);
    let route = with_filters(actions(&[("", "event = \"A\"")]), drop());
    assert_eq!(told(route.clone(), r#"{"type":"track","event":"A"}"#), dropped);
    assert_eq!(told(route, r#"{"type":"track","event":"B"}"#).len(), 2);
    let none = filter("all", Action::Sample(Sample::new(0.0, None).unwrap()));
    let missed = told(with_filters(classic(), vec![none]), r#"{"type":"track"}"#);
    let why = "it lets only a part of such events pass, and this one is not among them";
    assert_eq!(missed, [format!("filtered_by_rules: filter 1 (`t`): {why}")]);
}

#[test]
fn a_filter_that_fails_holds_the_event_back() {
    let route = with_filters(classic(), vec![filter("event in properties.list", Action::Drop)]);
    let told = told(route, r#"{"type":"track","event":"A","properties":{"list":5}}"#);
    assert!(told[0].starts_with("filtered_by_rules: filter 1 (`t`): its condition fails"), "{told:?}");
}

#[test]
fn a_filter_is_asked_about_deletions_too() {
    let drop = with_filters(classic(), vec![filter("type = \"delete\"", Action::Drop)]);
    assert_eq!(told(drop, r#"{"type":"delete"}"#).len(), 1);
    let negated = || vec![filter("event != \"A\"", Action::Drop)];
    assert!(told(with_filters(classic(), negated()), r#"{"type":"delete"}"#)[0].starts_with("filtered_by_rules"));
}

#[test]
fn a_trigger_sees_what_filters_leave_and_another_destination_all() {
    let trigger = [("", "properties.mail != null")];
    let without = vec![filter("all", Action::DropProperties(members("properties", &["mail"])))];
    let routes = Routes::new(vec![with_filters(actions(&trigger), without.clone()), actions(&trigger)]);
    let asked = routes.ask(br#"{"type":"track","properties":{"mail":"m"}}"#).unwrap();
    let expected = [
        r#"[0] edit to {"type":"track","properties":{}}"#,
        "not None: `properties.mail != null` does not hold; the event has nothing there",
        "no_matching_mapping: none of its mappings wants the event",
        "to None",
    ];
    assert_eq!(all_told(&routes, &asked), expected);
    let asked = routes.ask(br#"{"type":"track","properties":{"male":"m"}}"#).unwrap();
    assert!(all_told(&routes, &asked)[0].starts_with("[] edit"));
    // A classic destination is owed the event whatever is taken out of it.
    let classic = told(with_filters(classic(), without), r#"{"type":"track","properties":{"mail":"m"}}"#);
    assert_eq!(classic.last().map(String::as_str), Some("to None"));
}

#[test]
fn what_is_no_event_is_refused_before_anybody_is_asked() {
    let routes = Routes::new(vec![classic()]);
    for record in ["", "nonsense", "[]", "{}", r#"{"type":5}"#] {
        assert!(routes.ask(record.as_bytes()).is_err(), "{record}");
    }
    assert!(!routes.hear_by(AudienceCalls::Track) && routes.hear_by(AudienceCalls::Identify));
}
