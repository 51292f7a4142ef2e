//! Somebody who looks on while the stages work, and changes nothing: `dev` does, `run` has nobody.
//! What there is to see is said by the stages themselves, in `stage::notice`.

use std::net::SocketAddr;

use crate::stage::notice::Notices;

/// Who looks on; nobody by default.
pub struct Onlooker {
    /// Hears the address of the admin listener once it listens.
    pub listening: Box<dyn FnOnce(SocketAddr) + Send>,
    /// Where the stages tell what happens.
    pub notices: Notices,
}

impl Default for Onlooker {
    fn default() -> Self {
        Self { listening: Box::new(|_| {}), notices: Notices::default() }
    }
}

impl std::fmt::Debug for Onlooker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Onlooker").field("notices", &self.notices).finish_non_exhaustive()
    }
}
