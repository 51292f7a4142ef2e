//! What a person sees: aligned, coloured only where it is wanted, and harmless for a terminal.

use std::collections::BTreeMap;

use super::*;
use crate::route::Refusal;
use crate::route::filter::Filters;

const LAYOUT: Layout = Layout { paint: Paint::Plain, destination: 4, mapping: 6 };
const EVENT: &[u8] = br#"{"type":"track","event":"A\u001b[2J"}"#;

fn account(id: &str) -> Account {
    Account::of(&DestinationId::new(id).unwrap())
}

fn request(body: Option<&str>) -> Ending {
    Ending::Requests(vec![Preview {
        method: "POST",
        url: "https://a.example.com/".to_owned(),
        headers: BTreeMap::from([("x-team".to_owned(), "growth".to_owned())]),
        body: body.map(str::to_owned),
    }])
}

#[test]
fn values_stand_below_each_other() {
    let mut shop = account("shop");
    shop.edited_by = vec!["filter 1 (`mail`)".to_owned()];
    shop.add(Some(&"orders".into()), request(Some("{}")));
    shop.add(Some(&"all".into()), Ending::Invalid("`url` is no address".into()));
    let mut crm = account("crm");
    crm.is_refused(&Refusal::Integrations);
    let shown = LAYOUT.shown(7, EVENT, &[shop, crm]);
    let expected = [
        "event 7  track \"A·[2J\"",
        "  shop  orders  deliver   without what filter 1 (`mail`) takes out",
        "      POST https://a.example.com/",
        "      x-team: growth",
        "",
        "      {}",
        "",
        "  shop  all     invalid   `url` is no address",
        "  crm   -       filtered  the event's integrations object says no",
        "",
    ];
    assert_eq!(shown.split('\n').collect::<Vec<_>>(), expected);
}

#[test]
fn a_destination_that_no_mapping_speaks_for_tells_why_of_each() {
    let mut shop = account("shop");
    shop.add(
        Some(&"a".into()),
        Ending::Unwanted("`event = \"B\"` does not hold; the event has \"A\" there".to_owned()),
    );
    shop.add(Some(&"b".into()), Ending::Unwanted("the mapping is not enabled".to_owned()));
    shop.is_refused(&Refusal::NoMapping);
    let shown = LAYOUT.shown(0, b"{}", &[shop.clone()]);
    let expected = [
        "  shop  -       filtered  none of its mappings wants the event",
        "  shop  a       filtered  `event = \"B\"` does not hold; the event has \"A\" there",
        "  shop  b       filtered  the mapping is not enabled",
    ];
    assert_eq!(shown.lines().skip(1).collect::<Vec<_>>(), expected);
    let lines = shop.lines(0);
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((line.mapping, line.reason), (None, Some("no_matching_mapping")));
    assert_eq!(
        line.detail.as_deref(),
        Some(
            "none of its mappings wants the event; a: `event = \"B\"` does not hold; the event has \"A\" there; \
             b: the mapping is not enabled"
        )
    );
}

#[test]
fn a_request_without_a_body_says_so() {
    let mut crm = account("crm");
    crm.add(None, request(None));
    let layout = Layout { mapping: 0, ..LAYOUT };
    let shown = layout.shown(0, b"{}", &[crm]);
    assert!(shown.contains("\n  crm   deliver\n") && shown.contains("\n      (no body)\n"), "{shown}");
}

#[test]
fn what_was_decided_is_coloured_on_a_terminal_only() {
    let mut crm = account("crm");
    let filters = Filters::default();
    let dropped = crate::route::filter::Dropped { by: 2, why: crate::route::filter::Why::Dropped };
    crm.is_refused(&Refusal::Filter { filters: &filters, dropped });
    let layout = Layout { paint: Paint::Coloured, ..LAYOUT };
    let shown = layout.shown(0, b"{}", &[crm.clone()]);
    assert!(shown.contains("\u{1b}[2mfiltered\u{1b}[0m  filter 3: it drops such events"), "{shown:?}");
    assert!(!LAYOUT.shown(0, b"{}", &[crm]).contains('\u{1b}'));
}
