//! Corrects the log: where a late append of a former owner is the last of its key, what is known is appended again;
//! and what is long over is forgotten with a tombstone. Compaction keeps the last record, so it must be the right one.
//! Which records are wrong is seen by `told`; nothing waits for what is done here, but for later records of the same key.

use std::collections::VecDeque;

use bytes::Bytes;

use super::confirmed::{Of, Repair, Why};
use super::told::long_over;
use super::*;
use crate::audience::{Held, User, Version, call};
use crate::kafka::record::Append;
use crate::outcome::time::ClockTrust;
use crate::stage::diff::form;
use crate::stage::diff::lanes::About;
use crate::stage::diff::state::{Key, Known, Place};

/// Corrections of a partition under way at once.
const MOST: usize = 100;

/// What is wrong in the log of a partition.
#[derive(Debug, Default)]
pub(super) struct Wrongs {
    wrong: BTreeMap<Place, Wrong>,
    /// What may be looked at; a place may be in the map no more.
    queue: VecDeque<Place>,
    /// Records that are read again, by offset.
    reread: BTreeMap<i64, Place>,
    /// Corrections under way.
    repairing: usize,
}

#[derive(Clone, Debug)]
struct Wrong {
    /// What the last wrong record of the key says.
    says: Known,
    /// Whether receivers heard something from it, or from one before, that is not true.
    misleads: bool,
    /// Whose key it is, since nobody else keeps that.
    user: User,
}

/// A record that says what nobody has to remember once it is long over.
#[derive(Debug)]
pub(super) struct Old {
    pub(super) place: Place,
    pub(super) offset: Option<i64>,
    pub(super) user: User,
    /// When it was true, or written, whichever is later.
    pub(super) since: i64,
}

/// What the last record of a key should be.
enum Right {
    /// A tombstone of this version.
    Tombstone(Version),
    /// What lies there already.
    At(i64),
    /// It is on its way.
    Coming,
}

impl Wrongs {
    /// Notes that the last record of a key is wrong, and whether receivers are misled by it.
    pub(super) fn add(&mut self, place: Place, (says, misleads): (Known, bool), user: &User) {
        let before = self.wrong.get(&place).is_some_and(|wrong| wrong.misleads);
        self.insert(place, Wrong { says, misleads: misleads || before, user: user.clone() });
    }

    /// Notes that the last record of a key is right. That does not do if receivers were misled and it does not tell them.
    pub(super) fn right(&mut self, place: Place, corrects: bool) {
        if corrects || self.wrong.get(&place).is_some_and(|wrong| !wrong.misleads) {
            self.wrong.remove(&place);
        }
    }

    fn insert(&mut self, place: Place, wrong: Wrong) {
        if self.wrong.insert(place, wrong).is_none() {
            self.queue.push_back(place);
        }
    }

    /// Whether the last record of a key is, or was, wrong.
    pub(super) fn contains(&self, place: Place) -> bool {
        self.wrong.contains_key(&place)
    }

    fn are_many(&self) -> bool {
        self.repairing + self.reread.len() >= MOST
    }
}

impl DiffCore {
    /// Begins corrections, as far as there is room for them.
    pub(super) fn heal(&mut self, partition: i32) {
        let looks = self.holdings.get(&partition).map_or(0, |holding| holding.wrongs.queue.len());
        for _ in 0..looks {
            let has_room = self.may_begin(partition);
            let Some(holding) = self.holdings.get_mut(&partition) else { return };
            let wrongs = &mut holding.wrongs;
            if !has_room || wrongs.are_many() || planted(Defect::WrongRecordStays) {
                return;
            }
            let Some(place) = wrongs.queue.pop_front() else { return };
            let Some(Wrong { user, .. }) = wrongs.wrong.get(&place).cloned() else { continue };
            let is_open = holding.lanes.is_open(place.who, place.key);
            match holding.right(place) {
                // Looked at again when that is in the log.
                _ if is_open => holding.wrongs.queue.push_back(place),
                Right::Coming => holding.wrongs.queue.push_back(place),
                Right::Tombstone(version) => {
                    let append = self.tombstone((place.key, &user), version, partition);
                    self.repair(
                        partition,
                        (Repair { place, why: Why::Wrong }, Known::new(version, None, None)),
                        append,
                    );
                }
                Right::At(offset) => {
                    let epoch = holding.epoch;
                    holding.wrongs.reread.insert(offset, place);
                    self.out.push(Output::Reread { partition, epoch, offset });
                }
            }
        }
    }

    /// Hears a record that was to be read again; none if it is not in the log any more.
    pub fn reread(&mut self, partition: i32, epoch: Epoch, (offset, record): (i64, Option<&Record>)) {
        let Some(holding) = self.holding(partition, epoch) else { return };
        let Some(place) = holding.wrongs.reread.remove(&offset) else { return };
        let Some(Wrong { says, misleads, .. }) = holding.wrongs.wrong.get(&place).cloned() else { return };
        let is_open = holding.lanes.is_open(place.who, place.key);
        let still = matches!(holding.right(place), Right::At(at) if at == offset) && !is_open;
        if !still {
            return holding.wrongs.queue.push_back(place);
        }
        let known = holding.known.logged(place).copied();
        let is_it = |held: &Held| {
            let state = held.fact.as_ref().map(|fact| fact.state);
            known.is_some_and(|known| (known.version, known.state) == (held.version, state))
        };
        let held = record.and_then(|record| Some((form::held(record).ok()?, record.value.clone()?)));
        let (Some((mut held, value)), Some(known)) = (held.filter(|(held, _)| is_it(held)), known) else {
            // The log is what the next owner will go by.
            holding.known.put(place, says);
            holding.wrongs.wrong.remove(&place);
            return self.happened(Happened::GaveWay { partition });
        };
        // Those who were misled are told again; for the others it would be one call too many.
        let value = if misleads { told_again(&mut held, &value, says.offset()) } else { value };
        let changed = held.fact.as_ref().and_then(|fact| fact.changed);
        let append = form::append(&held, Some(value), (&self.topics.memberships, partition));
        let expected = Known::new(known.version, known.state, changed);
        self.repair(partition, (Repair { place, why: Why::Wrong }, expected), append);
    }

    /// A correction is in the log.
    pub(super) fn repaired(&mut self, partition: i32, repair: &Repair) {
        self.end_repair(partition, repair);
        if repair.why == Why::Wrong {
            self.happened(Happened::Healed);
        }
    }

    /// A correction is refused for good.
    pub(super) fn give_up(&mut self, partition: i32, repair: &Repair) {
        self.end_repair(partition, repair);
        if let Some(holding) = self.holdings.get_mut(&partition) {
            holding.known.expect_no_more(repair.place);
        }
        self.happened(Happened::NotHealed { partition });
    }

    fn end_repair(&mut self, partition: i32, repair: &Repair) {
        if let Some(holding) = self.holdings.get_mut(&partition) {
            holding.wrongs.repairing -= 1;
            holding.lanes.end(repair.place.who, About::Key(repair.place.key));
        }
    }

    /// Forgets what is long over and the last that was said, as far as there is room. What time it is must be known for
    /// that.
    pub(super) fn forget(&mut self, partition: i32, now: Now) {
        while now.trust == ClockTrust::Sane && self.may_begin(partition) {
            let Some(holding) = self.holdings.get_mut(&partition).filter(|own| !own.wrongs.are_many()) else { return };
            let Some(Old { place, offset, user, since }) = holding.old.pop_front() else { return };
            let is_busy = holding.lanes.is_open(place.who, place.key) || holding.wrongs.contains(place);
            let known = holding.known.get(place).filter(|known| known.offset() == offset && !is_busy);
            let Some(version) = known.map(|known| known.version).filter(|_| since < long_over(now)) else { continue };
            let append = self.tombstone((place.key, &user), version, partition);
            self.repair(partition, (Repair { place, why: Why::Over }, Known::new(version, None, None)), append);
        }
    }

    fn repair(&mut self, partition: i32, (repair, expected): (Repair, Known), append: Append) {
        let Some(holding) = self.holdings.get_mut(&partition) else { return };
        let place = repair.place;
        holding.wrongs.wrong.remove(&place);
        holding.wrongs.repairing += 1;
        holding.lanes.begin(place.who, About::Key(place.key));
        holding.known.expect(place, expected);
        let epoch = holding.epoch;
        self.send((partition, epoch), Of::Repair(repair), append);
    }
}

impl Holding {
    /// What the last record of a key should be.
    fn right(&self, place: Place) -> Right {
        if self.known.is_ahead(place) {
            return Right::Coming;
        }
        let deleted = self.known.logged_deletion(place.who).filter(|_| place.key != Key::DELETED);
        let known = self.known.logged(place);
        match known.filter(|known| deleted.is_none_or(|deleted| known.version > deleted)) {
            Some(Known { version, state: None, .. }) => Right::Tombstone(*version),
            Some(known) => known.offset().map_or(Right::Coming, Right::At),
            None => deleted.map_or(Right::Coming, Right::Tombstone),
        }
    }
}

/// What is known once more, as news: for those who heard the record at an offset, which says something else.
fn told_again(held: &mut Held, value: &Bytes, offset: Option<i64>) -> Bytes {
    let (Some(fact), Some(offset)) = (&mut held.fact, offset) else { return value.clone() };
    fact.changed = Some(held.version);
    fact.again = Some(offset);
    std::str::from_utf8(value).map_or_else(|_| value.clone(), |call| call::again(call, offset).into())
}
