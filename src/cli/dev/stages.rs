//! The stages of `run`, started with somebody who looks on, and stopped in order.
//! When to stop is decided by `dev`.

use std::net::SocketAddr;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::scene::Scene;
use crate::app::onlooker::Onlooker;
use crate::app::{self, AppError, Stages};
use crate::cli::Failure;
use crate::shutdown::Watchdog;
use crate::stage::notice::{Noticed, Notices};

/// Notices that were not told yet; more are left out, and that is said.
const MOST_NOTICES: usize = 65_536;

/// The stages at work.
#[derive(Debug)]
pub(super) struct Running {
    /// Where the admin listener is.
    pub(super) admin: SocketAddr,
    /// What they tell.
    pub(super) noticed: Noticed,
    work: JoinHandle<Result<(), AppError>>,
    stop: oneshot::Sender<()>,
}

impl Running {
    /// Starts them; on another admin port where another replica, or another dev, has the one that was asked for.
    pub(super) async fn start(scene: &mut Scene) -> Result<Self, Failure> {
        loop {
            match Self::with(scene).await {
                Err(AppError::Serve(_)) if scene.config.admin.listen.port() != 0 => scene.leave_the_port(),
                started => return started.map_err(Failure::running),
            }
        }
    }

    async fn with(scene: &Scene) -> Result<Self, AppError> {
        let (notices, noticed) = Notices::channel(MOST_NOTICES);
        let (heard, admin) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let listening = Box::new(|address| {
            // Who waits for it lives until the stages have ended.
            let _ = heard.send(address);
        });
        let onlooker = Onlooker { listening, notices };
        let config = scene.config.clone();
        let mut work = tokio::spawn(app::run(config, Stages::ALL, onlooker, async { drop(stopped.await) }));
        match admin.await {
            Ok(admin) => Ok(Self { admin, noticed, work, stop }),
            // They ended before they listened.
            Err(_) => match (&mut work).await {
                Ok(Err(error)) => Err(error),
                Ok(Ok(())) => Err(AppError::Ended("admin")),
                Err(broken) => Err(AppError::Thread(std::io::Error::other(broken))),
            },
        }
    }

    /// Whether they ended by themselves, which they should not.
    pub(super) fn is_finished(&self) -> bool {
        self.work.is_finished()
    }

    /// Stops them in order; answers what they still had to tell, and how they ended.
    pub(super) async fn stop(self, scene: &Scene) -> (Noticed, Result<(), Failure>) {
        // They may be gone already.
        let _ = self.stop.send(());
        let watchdog = Watchdog::arm(scene.config.shutdown.grace);
        let ended = self.work.await;
        drop(watchdog.map(Watchdog::disarm));
        (self.noticed, ended.map_err(Failure::running).and_then(|done| done.map_err(Failure::running)))
    }
}
