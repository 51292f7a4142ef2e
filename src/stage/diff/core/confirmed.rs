//! Confirmations: when everything a record became is in the log, what is known moves, and its offset passes.
//! What it became was decided before, in `deciding` and `healing`.

use std::time::Duration;

use super::*;
use crate::audience::Version;
use crate::delivery::load::Held;
use crate::kafka::record::{Append, AppendError, Confirmation};
use crate::metrics::membership::{Change, Judged};
use crate::settle::Settled;
use crate::stage::diff::lanes::About;
use crate::stage::diff::state::{Key, Known, Place, Who};

/// How long a refused append waits before it is asked for again.
const PAUSE: Duration = Duration::from_secs(1);

/// A record that waits for confirmations.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) unconfirmed: usize,
    pub(super) then: Then,
    /// Its share of the partition's memory, given back when it is settled.
    pub(super) _held: Option<Held>,
    /// What waits for it.
    pub(super) lane: Option<(Who, About)>,
}

/// What follows when all of it is in the log.
#[derive(Debug)]
pub(super) enum Then {
    /// This holds now.
    Put { place: Place, known: Known, change: Option<Change> },
    /// The user is deleted.
    Delete { who: Who, version: Version, changes: bool },
    /// Nothing: it is a dead letter.
    Dead,
}

/// An append under way.
#[derive(Debug)]
pub(super) struct Sent {
    partition: i32,
    epoch: Epoch,
    of: Of,
    pub(super) append: Append,
    /// Whether it was refused and is to be tried again.
    refused: bool,
}

/// Whose append it is.
#[derive(Clone, Debug)]
pub(super) enum Of {
    /// A record's.
    Record(Claim),
    /// Nobody's: it corrects the log.
    Repair(Repair),
}

/// An append that corrects the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Repair {
    /// Where.
    pub(super) place: Place,
    /// Why.
    pub(super) why: Why,
}

/// Why the log is corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Its last record of the key is wrong.
    Wrong,
    /// It says what nobody has to remember.
    Over,
}

impl DiffCore {
    /// Asks for the appends a record becomes; its lane is taken until they are in the log.
    pub(super) fn begin(&mut self, claim: Claim, open: Open, appends: Vec<Append>) {
        let (partition, epoch) = (claim.at.partition, claim.epoch);
        if let Some((who, about)) = open.lane
            && let Some(holding) = self.holdings.get_mut(&partition)
        {
            holding.lanes.begin(who, about);
        }
        if planted(Defect::SettledBeforeConfirmed)
            && let Ok(settled) = Settled::routed(claim.clone(), 0)
        {
            settled.pass(&mut self.ledger);
        }
        self.open.insert(claim.clone(), open);
        for append in appends {
            self.send((partition, epoch), Of::Record(claim.clone()), append);
        }
    }

    pub(super) fn send(&mut self, (partition, epoch): (i32, Epoch), of: Of, append: Append) {
        self.next_token += 1;
        let token = Token(self.next_token);
        *self.active.entry((partition, epoch)).or_default() += 1;
        self.out.push(Output::Append(token, append.clone()));
        self.outbox.insert(token, Sent { partition, epoch, of, append, refused: false });
    }

    /// Asks once more for appends whose time has come; not for those of a partition that is not ours any more.
    pub(super) fn send_again(&mut self, now: Now) {
        for token in self.outbox.due(now.moment) {
            let Some(sent) = self.outbox.get(token) else { continue };
            if self.is_current(sent) {
                self.out.push(Output::Append(token, sent.append.clone()));
            } else if let Some(sent) = self.outbox.remove(token) {
                self.over(&sent);
            }
        }
    }

    /// Hears whether an append is in the log.
    pub fn confirmed(&mut self, confirmation: &Confirmation, now: Now) {
        let Some(mut sent) = self.outbox.remove(confirmation.token) else { return };
        let is_current = self.is_current(&sent);
        if let Some(holding) = self.holdings.get_mut(&sent.partition).filter(|_| is_current) {
            holding.refused -= usize::from(std::mem::take(&mut sent.refused));
        }
        if is_current && let Err(error) = &confirmation.result {
            return self.refused((confirmation.token, sent), error, now);
        }
        self.over(&sent);
        if !is_current {
            // What a partition that is not ours any more became is decided again by its owner.
            return;
        }
        match sent.of {
            Of::Record(claim) => self.count_down(claim, confirmation),
            Of::Repair(repair) => self.repaired(sent.partition, &repair),
        }
    }

    /// Hears that the producer had no room for an append.
    pub fn no_room(&mut self, token: Token, now: Now) {
        self.outbox.no_room(token, now.moment);
    }

    fn is_current(&self, sent: &Sent) -> bool {
        self.holdings.get(&sent.partition).is_some_and(|holding| holding.epoch == sent.epoch)
    }

    fn over(&mut self, sent: &Sent) {
        let at = (sent.partition, sent.epoch);
        if let Some(count) = self.active.get_mut(&at) {
            *count -= 1;
            if *count == 0 {
                self.active.remove(&at);
            }
        }
    }

    fn count_down(&mut self, claim: Claim, confirmation: &Confirmation) {
        let Some(open) = self.open.get_mut(&claim) else { return };
        open.unconfirmed -= 1;
        if open.unconfirmed > 0 {
            return;
        }
        if let Some(open) = self.open.remove(&claim) {
            self.carry_out(claim.at.partition, open);
        }
        // The last of several; the others were confirmed before.
        if let Ok(settled) = Settled::appended(claim, confirmation) {
            settled.pass(&mut self.ledger);
        }
    }

    /// What is known moves.
    fn carry_out(&mut self, partition: i32, open: Open) {
        let Some(holding) = self.holdings.get_mut(&partition) else { return };
        if let Some((who, about)) = open.lane {
            holding.lanes.end(who, about);
        }
        match open.then {
            Then::Put { place, known, change } => {
                // The log may have told it before the confirmation came, or something newer.
                if holding.known.get(place).is_none_or(|other| other.version < known.version) {
                    holding.known.expect(place, known);
                }
                let judged = if change.is_some() { Judged::Changed } else { Judged::Unchanged };
                self.happened(Happened::Judged(judged));
                self.out.extend(change.map(|change| Output::Happened(Happened::Changed(change))));
            }
            Then::Delete { who, version, changes } => {
                holding.delete(who, version);
                let judged = if changes { Judged::Changed } else { Judged::Unchanged };
                self.happened(Happened::Judged(judged));
            }
            Then::Dead => self.happened(Happened::DeadLettered),
        }
    }

    fn refused(&mut self, (token, mut sent): (Token, Sent), error: &AppendError, now: Now) {
        let partition = sent.partition;
        let topic = sent.append.topic.clone();
        // What is known stays so; its key's last record in the log is wrong until a newer one comes. A record waits instead:
        // who is a member must not be wrong because a topic was made too narrow.
        if let (Of::Repair(repair), AppendError::TooLarge) = (&sent.of, error) {
            self.over(&sent);
            return self.give_up(partition, repair);
        }
        if let Some(holding) = self.holdings.get_mut(&partition) {
            holding.refused += 1;
            sent.refused = true;
        }
        self.happened(Happened::Refused { partition, topic, error: error.clone() });
        self.outbox.again(token, sent, now.moment.plus(PAUSE));
    }
}

impl Holding {
    /// Nothing holds any more that is not newer than the deletion.
    fn delete(&mut self, who: Who, version: Version) {
        let over = self.known.of_user(who).filter(|(_, known)| known.version < version && known.state.is_some());
        let over: Vec<Place> = over.map(|(place, _)| place).collect();
        let deletion = Place { who, key: Key::DELETED };
        let is_newer = self.known.get(deletion).is_none_or(|known| known.version < version);
        for place in over.into_iter().chain(is_newer.then_some(deletion)) {
            self.known.expect(place, Known::new(version, None, None));
        }
    }
}
