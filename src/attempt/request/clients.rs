//! The clients there are: one for each way of connecting, so that destinations share connections.
//! What a way of connecting is stands in a destination's profile; the connections are the client's.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::attempt::client::{Client, ClientError, Keep};
use crate::route::destination::ConnectionProfile;

/// The clients, by how they connect.
#[derive(Debug, Default)]
pub struct Clients {
    by_profile: HashMap<(ConnectionProfile, Keep), Client>,
    opened: Arc<AtomicU64>,
}

impl Clients {
    /// The counter of connections opened by all of them.
    pub fn opened(&self) -> Arc<AtomicU64> {
        self.opened.clone()
    }

    pub(super) fn of(&mut self, profile: &ConnectionProfile, keep: Keep) -> Result<Client, ClientError> {
        let how = (profile.clone(), keep);
        if let Some(client) = self.by_profile.get(&how) {
            return Ok(client.clone());
        }
        let client = Client::new(profile, keep, self.opened.clone())?;
        self.by_profile.insert(how, client.clone());
        Ok(client)
    }
}
