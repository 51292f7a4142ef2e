//! Mapping: what it costs to make ten fields of an event, in this process and by one thread: reading the event as a tree,
//! applying the mapping, printing what comes of it. The best of several rounds, for others use the machine as well.

use std::hint::black_box;
use std::time::Instant;

use kafka_webhooks::event::json::{BigIntegers, Tree};
use kafka_webhooks::route::mapping::Mapping;

use crate::event::{Mark, text};
use crate::failure::{Failure, OrFail as _};
use crate::measure::{CpuEach, Row};
use crate::options::Sizes;
use crate::report::{Limit, Report};

const SCENARIO: &str = "mapping";
const MOST_US: f64 = 20.0;
const ROUNDS: usize = 5;

/// As a person would map an order: paths, a text, a condition, a list.
const TEN_FIELDS: &str = r#"{
    "id": {"@path":"$.messageId"}, "user": {"@path":"$.userId"}, "at": {"@path":"$.timestamp"},
    "order": {"@path":"$.properties.order_id"}, "total": {"@path":"$.properties.total"},
    "currency": {"@path":"$.properties.currency"}, "page": {"@path":"$.context.page.url"},
    "title": {"@template":"{{event}} by {{userId}}"},
    "coupon": {"@if":{"exists":{"@path":"$.properties.coupon"},"then":{"@path":"$.properties.coupon"},"else":"none"}},
    "items": {"@arrayPath":["$.properties.products",{"sku":{"@path":"$.product_id"},"price":{"@path":"$.price"}}]}
}"#;

pub(super) fn mapping(sizes: &Sizes, report: &mut Report) -> Result<(), Failure> {
    let written = Tree::read(TEN_FIELDS.as_bytes(), BigIntegers::Exact).or_fail("the mapping is no JSON")?;
    let mapping = Mapping::parse(&written).ok().or_fail("the mapping is none")?;
    let event = text(Mark { run: 1, number: 1, made_us: 1 });
    let map = || {
        let tree = Tree::read(event.as_bytes(), BigIntegers::Exact).or_fail("the event is no JSON")?;
        mapping.text(&tree).or_fail("the mapping fails")
    };
    let printed = map()?.or_fail("the mapping gives nothing")?;
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..sizes.events {
            black_box(map()?);
        }
        best = best.min(began.elapsed().as_secs_f64() * 1e6 / f64::from(sizes.events.max(1)));
    }
    report.rows.push(Row {
        scenario: SCENARIO.to_owned(),
        who: format!("ten fields, {} bytes to {}", event.len(), printed.len()),
        deliveries: sizes.events,
        per_second: 1e6 / best,
        cpu_us: CpuEach { who: best, ..CpuEach::default() },
        ..Row::default()
    });
    report.bar(SCENARIO, "µs per event, reading included", (best, Limit::AtMost(MOST_US)));
    Ok(())
}
