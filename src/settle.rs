//! Carries a disposition out; the only maker of [`Settled`].
//! An offset may pass a record only by a `Settled`, and there is one only for a 2xx, for an append that Kafka confirmed,
//! for a copy of something settled, taken over or returned before, for a fact not newer than what is known, and for an
//! event nobody wants. The bookkeeping of offsets is `kafka::offsets`.

pub mod dead_letter;
pub mod delay;

use std::sync::Arc;

use crate::audience::Version;
use crate::delivery::claim::Claim;
use crate::delivery::copies::{Copies, CopyKey};
use crate::delivery::returns::{Return, Returns};
use crate::delivery::tenure::{Stamp, Tenures};
use crate::kafka::offsets::Ledger;
use crate::kafka::record::{AppendError, Confirmation};
use crate::outcome::Outcome;
use crate::outcome::schedule::Tier;

/// Proof that what a claim stands for has happened and will not be undone by a crash.
#[derive(Debug)]
#[must_use = "an offset passes only by its Settled"]
pub struct Settled(Claim);

impl Settled {
    /// By a 2xx; gives the claim back for any other outcome.
    pub fn delivered(claim: Claim, outcome: Outcome) -> Result<Self, Claim> {
        if outcome == Outcome::Delivered { Ok(Self(claim)) } else { Err(claim) }
    }

    /// By an append that Kafka confirmed; gives the claim back with the error otherwise.
    pub fn appended(claim: Claim, confirmation: &Confirmation) -> Result<Self, (Claim, AppendError)> {
        match &confirmation.result {
            Ok(()) => Ok(Self(claim)),
            Err(error) => Err((claim, error.clone())),
        }
    }

    /// As a copy of what was settled before; gives the claim back if it is none.
    pub fn copy(claim: Claim, settled: &Copies, key: CopyKey) -> Result<Self, Claim> {
        if settled.contains(key, claim.spot.offset) { Ok(Self(claim)) } else { Err(claim) }
    }

    /// As what a later tenure answers for, having read its source again; gives the claim back if none does.
    pub fn taken_over(claim: Claim, tenures: &Tenures, stamp: &Stamp) -> Result<Self, Claim> {
        if tenures.took_over(stamp) { Ok(Self(claim)) } else { Err(claim) }
    }

    /// As a record of a tier that came back before, so that the first one answers for it; gives the claim back if it did not.
    pub fn returned_before(claim: Claim, returns: &Returns, returned: &Return) -> Result<Self, Claim> {
        if returns.contains(returned) { Ok(Self(claim)) } else { Err(claim) }
    }

    /// As a fact that is not newer than what is known of its user and key, or known already; gives the claim back if it is.
    pub fn outdated(claim: Claim, version: &Version, known: Option<&Version>) -> Result<Self, Claim> {
        if known.is_some_and(|known| version <= known) { Ok(Self(claim)) } else { Err(claim) }
    }

    /// Because every append that a source record became is confirmed; there may be none, if nobody wants it.
    pub fn routed(claim: Claim, unconfirmed: usize) -> Result<Self, Claim> {
        if unconfirmed == 0 { Ok(Self(claim)) } else { Err(claim) }
    }

    /// Lets the offset pass.
    pub fn pass(self, ledger: &mut Ledger) {
        ledger.complete(&self.0);
    }
}

/// The names of the topics that stages tell apart or write to, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// Where audience records come from.
    pub audiences: Arc<str>,
    /// The same records and deletions, keyed by user.
    pub audience_records: Arc<str>,
    /// Who is in which audience; compacted.
    pub memberships: Arc<str>,
    /// Deliveries waiting for an attempt.
    pub deliveries: Arc<str>,
    /// The prefix of the tiers.
    pub delays: Arc<str>,
    /// What was given up.
    pub dead_letters: Arc<str>,
}

impl Topics {
    /// The topic of a tier: `webhooks.delays.10s`.
    pub fn tier(&self, tier: Tier) -> Arc<str> {
        format!("{}.{}", self.delays, tier.name()).into()
    }

    /// The tier a topic stands for, if it is one of ours.
    pub fn tier_of(&self, topic: &str) -> Option<Tier> {
        Tier::from_name(topic.strip_prefix(&*self.delays)?.strip_prefix('.')?)
    }
}
