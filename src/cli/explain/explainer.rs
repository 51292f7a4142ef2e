//! Asks the parts that decide, and writes down what they say of one record. Whether an audience record changes anything
//! depends on what is in Kafka, so each is explained as if it did.

use std::collections::HashMap;
use std::sync::Arc;

use clap::ValueEnum;

use super::account::{Account, Ending};
use crate::app::build;
use crate::attempt::request::{Clients, Sender};
use crate::audience::{self, Change, Read};
use crate::cli::Failure;
use crate::config::Config;
use crate::delivery::lane::LaneId;
use crate::event::Malformed;
use crate::route::asked::Asked;
use crate::route::audiences::AudienceCalls;
use crate::route::destination::DestinationId;
use crate::route::routes::{Routed, Routes, Step};

/// The destinations of a configuration and the requests they make.
pub(in crate::cli) struct Explainer {
    routes: Routes,
    senders: HashMap<LaneId, Arc<Sender>>,
}

/// A record as it would come from Kafka.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) struct Given<'a> {
    pub(in crate::cli) topic: Topic,
    /// Where it stands among the others.
    pub(in crate::cli) number: usize,
    pub(in crate::cli) record: &'a [u8],
}

/// From which topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Topic {
    Events,
    Audiences,
}

/// Whose account is wanted.
#[derive(Clone, Copy, Debug)]
pub(in crate::cli) enum Whom<'a> {
    All,
    One(&'a DestinationId),
}

impl Explainer {
    pub(in crate::cli) fn new(config: &Config) -> Result<Self, Failure> {
        let senders = build::senders(config, &mut Clients::default()).map_err(Failure::running)?;
        Ok(Self { routes: Routes::new(build::routes(config)), senders })
    }

    /// What becomes of a record at each destination, in the order of the configuration; what is understood by none is one
    /// account of no destination.
    pub(in crate::cli) fn accounts(&self, given: &Given<'_>, whom: Whom<'_>) -> Vec<Account> {
        let read = match given.topic {
            Topic::Events => self.of_event(given.record, whom),
            Topic::Audiences => match audience::record::read(given.record) {
                Ok(Read::Change(change)) => self.of_change(&change, given.number, whom),
                Ok(Read::Deleted { .. }) => return vec![Account::of_a_deletion()],
                Err(error) => return vec![Account::malformed(error.to_string())],
            },
        };
        read.unwrap_or_else(|error| vec![Account::malformed(error.to_string())])
    }

    fn of_event(&self, event: &[u8], whom: Whom<'_>) -> Result<Vec<Account>, Malformed> {
        let asked = self.routes.ask(event)?;
        Ok(self.all(whom).map(|routed| self.account(routed, &asked, event)).collect())
    }

    fn of_change(&self, change: &Change<'_>, number: usize, whom: Whom<'_>) -> Result<Vec<Account>, Malformed> {
        // A record of no topic: as if it had just been written where its line stands.
        let (offset, millis) = (i64::try_from(number).unwrap_or(i64::MAX), jiff::Timestamp::now().as_millisecond());
        let source = audience::Source { topic: "audiences".into(), partition: 0, offset, millis };
        let identify = change.identify(&source);
        let form = |calls: AudienceCalls| calls.form(&identify, &change.key, change.kind);
        let (identify, track) = (form(AudienceCalls::Identify), form(AudienceCalls::Track));
        let as_identify = self.routes.ask(identify.as_bytes())?.about(&change.key);
        let as_track = self.routes.ask(track.as_bytes())?.about(&change.key);
        let account = |routed: &Routed| match routed.route().audience_calls {
            AudienceCalls::Identify => self.account(routed, &as_identify, identify.as_bytes()),
            AudienceCalls::Track => self.account(routed, &as_track, track.as_bytes()),
        };
        Ok(self.all(whom).map(account).collect())
    }

    fn all(&self, whom: Whom<'_>) -> impl Iterator<Item = &Routed> {
        self.routes.iter().filter(move |routed| match whom {
            Whom::All => true,
            Whom::One(id) => routed.route().id == *id,
        })
    }

    fn account(&self, routed: &Routed, asked: &Asked<'_>, event: &[u8]) -> Account {
        let route = routed.route();
        let mut account = Account::of(&route.id);
        routed.decide(asked, |step| match step {
            Step::Refused(refusal) => account.is_refused(&refusal),
            Step::Edits(edits, event) => {
                let by = edits.apply(&mut event.clone());
                account.edited_by = by.into_iter().map(|by| route.filters.name(by).to_string()).collect();
            }
            Step::Unwanted(unwanted) => {
                account.add(unwanted.branch.name.as_ref(), Ending::Unwanted(unwanted.to_string()));
            }
            Step::Wanted(mapping) => account.add(mapping, self.ending(&route.id, mapping, event)),
        });
        account
    }

    fn ending(&self, destination: &DestinationId, mapping: Option<&Arc<str>>, event: &[u8]) -> Ending {
        let lane = LaneId { destination: destination.clone(), mapping: mapping.cloned() };
        // Whatever is routed to has a sender.
        match self.senders.get(&lane).map(|sender| sender.preview(event)) {
            Some(Ok(requests)) => Ending::Requests(requests),
            Some(Err(error)) => Ending::Invalid(error),
            None => Ending::Requests(Vec::new()),
        }
    }
}
