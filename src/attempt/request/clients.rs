//! The clients there are: one for each way of connecting, so that destinations share connections.
//! What a way of connecting is stands in a destination's profile; the connections are the client's.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::attempt::client::{Client, ClientError};
use crate::route::destination::ConnectionProfile;

/// The clients, by how they connect.
#[derive(Debug, Default)]
pub struct Clients {
    by_profile: HashMap<ConnectionProfile, Client>,
    opened: Arc<AtomicU64>,
}

impl Clients {
    /// The counter of connections opened by all of them.
    pub fn opened(&self) -> Arc<AtomicU64> {
        self.opened.clone()
    }

    pub(super) fn of(&mut self, profile: &ConnectionProfile) -> Result<Client, ClientError> {
        if let Some(client) = self.by_profile.get(profile) {
            return Ok(client.clone());
        }
        let client = Client::new(profile, self.opened.clone())?;
        self.by_profile.insert(profile.clone(), client.clone());
        Ok(client)
    }
}
