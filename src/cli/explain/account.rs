//! What becomes of one record at one destination, as plain data, and as the lines of `explain --output json` (contract
//! section 8). How it was found out is `explainer`'s.

use std::sync::Arc;

use serde::Serialize;

use crate::attempt::request::Preview;
use crate::outcome::disposition::Reason;
use crate::route::destination::DestinationId;
use crate::route::{Filtered, Refusal};

/// What becomes of a record at a destination; or at none, where no destination was asked.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Account {
    pub(super) destination: Option<DestinationId>,
    /// The filters that take something out of it.
    pub(super) edited_by: Vec<String>,
    /// Why the destination as a whole gets nothing.
    pub(super) refused: Option<Refused>,
    /// What becomes of it at each mapping, as far as they were asked; one without a name where there are none.
    pub(super) branches: Vec<Branch>,
}

/// A mapping by its name, and what becomes of the record there.
pub(super) type Branch = (Option<Arc<str>>, Ending);

/// Why nothing becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub(super) decision: &'static str,
    reason: Option<&'static str>,
    pub(super) words: String,
}

/// What becomes of it at a mapping.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// These requests would be sent.
    Requests(Vec<Preview>),
    /// None can be made of it.
    Invalid(Box<str>),
    /// The trigger says no; why, in words.
    Unwanted(String),
}

/// One line of the answer for programs.
#[derive(Clone, Debug, Serialize)]
pub(in crate::cli) struct Line<'a> {
    pub(in crate::cli) event: usize,
    pub(in crate::cli) destination: Option<&'a str>,
    pub(in crate::cli) mapping: Option<&'a str>,
    pub(in crate::cli) decision: &'static str,
    pub(in crate::cli) reason: Option<&'static str>,
    pub(in crate::cli) detail: Option<String>,
    pub(in crate::cli) requests: &'a [Preview],
}

impl Account {
    pub(super) fn of(destination: &DestinationId) -> Self {
        let destination = Some(destination.clone());
        Self { destination, edited_by: Vec::new(), refused: None, branches: Vec::new() }
    }

    pub(super) fn malformed(words: String) -> Self {
        Self::of_nobody(Refused { decision: "invalid", reason: Some(Reason::Malformed.label()), words })
    }

    pub(super) fn of_a_deletion() -> Self {
        let words = "a deletion ends the user's memberships; from this topic nobody hears of it".to_owned();
        Self::of_nobody(Refused { decision: "filtered", reason: None, words })
    }

    fn of_nobody(refused: Refused) -> Self {
        Self { destination: None, edited_by: Vec::new(), refused: Some(refused), branches: Vec::new() }
    }

    pub(super) fn is_refused(&mut self, refusal: &Refusal<'_>) {
        let (decision, reason) = ("filtered", Some(refusal.reason().label()));
        self.refused = Some(Refused { decision, reason, words: refusal.to_string() });
    }

    pub(super) fn add(&mut self, mapping: Option<&Arc<str>>, ending: Ending) {
        self.branches.push((mapping.cloned(), ending));
    }

    /// What filters take out, in words.
    pub(super) fn edits(&self) -> Option<String> {
        (!self.edited_by.is_empty()).then(|| format!("without what {} takes out", self.edited_by.join(" and ")))
    }

    /// A line for each mapping, or one where the destination as a whole says no; of an event with this number.
    pub(in crate::cli) fn lines<'a>(&'a self, event: usize) -> Vec<Line<'a>> {
        let destination = self.destination.as_ref().map(DestinationId::as_str);
        let of_branch = |(mapping, ending): &'a Branch| Line {
            event,
            destination,
            mapping: mapping.as_deref(),
            decision: ending.decision(),
            reason: ending.reason(),
            detail: ending.words().map(str::to_owned).or_else(|| self.edits()),
            requests: ending.requests(),
        };
        match &self.refused {
            None => self.branches.iter().map(of_branch).collect(),
            Some(refused) => {
                let Refused { decision, reason, .. } = *refused;
                let detail = Some(self.whole(refused));
                vec![Line { event, destination, mapping: None, decision, reason, detail, requests: &[] }]
            }
        }
    }

    /// Why the destination as a whole says no, with what each of its mappings says.
    fn whole(&self, refused: &Refused) -> String {
        let of_mapping = |(mapping, ending): &Branch| match (mapping, ending.words()?) {
            (Some(mapping), words) => Some(format!("{mapping}: {words}")),
            (None, words) => Some(words.to_owned()),
        };
        let mut parts: Vec<String> = self.branches.iter().filter_map(of_mapping).collect();
        parts.insert(0, refused.words.clone());
        parts.join("; ")
    }
}

impl Ending {
    pub(super) fn decision(&self) -> &'static str {
        match self {
            Self::Requests(_) => "deliver",
            Self::Invalid(_) => "invalid",
            Self::Unwanted(_) => "filtered",
        }
    }

    fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Requests(_) => None,
            Self::Invalid(_) => Some(Reason::InvalidRequest.label()),
            Self::Unwanted(_) => Some(Filtered::NoMatchingMapping.label()),
        }
    }

    /// Why there are no requests.
    pub(super) fn words(&self) -> Option<&str> {
        match self {
            Self::Requests(_) => None,
            Self::Invalid(words) => Some(words),
            Self::Unwanted(words) => Some(words),
        }
    }

    pub(super) fn requests(&self) -> &[Preview] {
        match self {
            Self::Requests(requests) => requests,
            Self::Invalid(_) | Self::Unwanted(_) => &[],
        }
    }
}
