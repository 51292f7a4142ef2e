//! What is asked of an expression: that it is answered, finitely, with something, and that each metric it names was there.
//! Which expressions there are is left to `boards` and `rules`, which may answer nothing to `excused`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;

use promql_parser::parser::{self, Expr, VectorSelector};
use promql_parser::util::{ExprVisitor, walk_expr};

use crate::support::prometheus::{Answer, Prometheus, Span};

/// Seconds between two samples of a range.
const STEP: u32 = 2;

/// An expression, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// For people, and for `excused`: a board and panel, or a rule.
    pub(super) place: String,
    pub(super) expression: String,
    pub(super) form: Form,
}

/// How an expression is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// At the end of the run.
    Instant,
    /// Over the run.
    Range,
    /// At the end of the run, and that nothing comes is as good: an alert that is silent.
    Alert,
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wrong {
    /// Prometheus told an error, or we do not understand the expression.
    Error(String),
    NotFinite(f64),
    Empty,
    /// Nothing of this form was there during the run.
    Missing(String),
}

impl Wrong {
    /// Whether a written reason can excuse it.
    pub(super) fn is_want(&self) -> bool {
        matches!(self, Self::Empty | Self::Missing(_))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => write!(f, "{error}"),
            Self::NotFinite(value) => write!(f, "answers {value}"),
            Self::Empty => write!(f, "answers nothing"),
            Self::Missing(selector) => write!(f, "nothing was ever there for {selector}"),
        }
    }
}

/// Asks a Prometheus that watched a run.
pub(super) struct Checks<'a> {
    prometheus: &'a Prometheus,
    run: Span,
    /// Whether selectors that were looked at select anything; many stand in several expressions.
    known: RefCell<BTreeMap<String, bool>>,
}

impl<'a> Checks<'a> {
    pub(super) fn new(prometheus: &'a Prometheus, run: Span) -> Self {
        Self { prometheus, run, known: RefCell::default() }
    }

    pub(super) fn prometheus(&self) -> &'a Prometheus {
        self.prometheus
    }

    pub(super) fn run(&self) -> Span {
        self.run
    }

    /// What is wrong with an expression; nothing is wrong with a good one.
    pub(super) fn wrong(&self, asked: &Asked) -> Vec<Wrong> {
        let selectors = match selectors(&asked.expression) {
            Ok(selectors) => selectors,
            Err(error) => return vec![Wrong::Error(error)],
        };
        let missing = selectors.into_iter().map(|selector| selector.to_string()).filter(|text| !self.is_there(text));
        let mut wrong: Vec<Wrong> = missing.map(Wrong::Missing).collect();
        wrong.extend(judge(&self.answer(asked), asked.form));
        wrong
    }

    pub(super) fn answer(&self, asked: &Asked) -> Answer {
        match asked.form {
            Form::Instant | Form::Alert => self.prometheus.instant(&asked.expression, self.run.to),
            Form::Range => self.prometheus.range(&asked.expression, self.run, STEP),
        }
    }

    /// Whether something of this form was there during the run.
    fn is_there(&self, selector: &str) -> bool {
        *self.known.borrow_mut().entry(selector.to_owned()).or_insert_with(|| {
            let ever = format!("last_over_time({selector}[{}])", self.run.length());
            self.prometheus.instant(&ever, self.run.to).is_ok_and(|found| !found.is_empty())
        })
    }
}

/// What is wrong with an answer.
fn judge(answer: &Answer, form: Form) -> Option<Wrong> {
    let series = match answer {
        Ok(series) => series,
        Err(error) => return Some(Wrong::Error(error.clone())),
    };
    let mut samples = series.iter().flat_map(|one| &one.samples);
    if let Some(strange) = samples.find(|sample| !sample.is_finite()) {
        return Some(Wrong::NotFinite(*strange));
    }
    let nothing = series.iter().all(|one| one.samples.is_empty());
    (nothing && form != Form::Alert).then_some(Wrong::Empty)
}

/// What an expression selects, without shifts in time.
pub(super) fn selectors(expression: &str) -> Result<Vec<VectorSelector>, String> {
    let mut found = Selectors::default();
    let Ok(_) = walk_expr(&mut found, &parser::parse(expression)?);
    Ok(found.0)
}

#[derive(Default)]
struct Selectors(Vec<VectorSelector>);

impl ExprVisitor for Selectors {
    type Error = Infallible;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, Infallible> {
        let own = match expression {
            Expr::VectorSelector(selector) => Some(selector),
            Expr::MatrixSelector(range) => Some(&range.vs),
            _ => None,
        };
        self.0.extend(own.map(|selector| VectorSelector { offset: None, at: None, ..selector.clone() }));
        Ok(true)
    }
}

#[test]
fn what_is_wrong_with_an_answer_is_noticed() {
    let of = |samples: &[f64]| {
        let labels = BTreeMap::new();
        Ok(vec![crate::support::prometheus::Series { labels, samples: samples.to_vec() }])
    };
    assert_eq!(judge(&of(&[0.0, 1.5]), Form::Range), None);
    assert_eq!(judge(&Ok(Vec::new()), Form::Instant), Some(Wrong::Empty));
    assert_eq!(judge(&of(&[]), Form::Range), Some(Wrong::Empty));
    assert_eq!(judge(&Ok(Vec::new()), Form::Alert), None, "an alert may be silent");
    assert_eq!(judge(&of(&[1.0, f64::INFINITY]), Form::Alert), Some(Wrong::NotFinite(f64::INFINITY)));
    assert!(matches!(judge(&of(&[f64::NAN]), Form::Range), Some(Wrong::NotFinite(_))));
    assert_eq!(judge(&Err("bad".to_owned()), Form::Alert), Some(Wrong::Error("bad".to_owned())));
}

#[test]
fn every_selector_of_an_expression_is_found() {
    let of =
        |expression: &str| -> Vec<String> { selectors(expression).unwrap().iter().map(ToString::to_string).collect() };
    let expression =
        r#"sum(rate(a_total{b=~"c.*",d="\"e\\"}[1m] offset 5m)) / max_over_time(f[5m:1m]) or vector(0) unless (g @ 3)"#;
    assert_eq!(of(expression), [r#"a_total{b=~"c.*",d="\"e\\"}"#, "f", "g"]);
    assert_eq!(of("1 + 1"), [""; 0]);
    assert!(selectors("sum(").is_err());
}
