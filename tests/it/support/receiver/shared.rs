//! What a receiver's thread and its owner share: the scripts, and what has been seen.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::{Reply, Seen};

pub(super) type Answering = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

pub(super) enum Script {
    /// In order; the last repeats.
    List(VecDeque<Reply>),
    Closure(Answering),
}

/// What the receiver's thread and its owner share. Locks are held for a few instructions, never across an await.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) scripts: Mutex<HashMap<String, Script>>,
    pub(super) seen: Mutex<Vec<Seen>>,
    /// How many requests there were.
    counted: AtomicUsize,
    /// Whether requests are counted only.
    pub(super) forgets: AtomicBool,
    pub(super) connections: AtomicUsize,
    pub(super) changed: watch::Sender<()>,
}

impl Shared {
    /// Remembers a request and says what to answer.
    pub(super) fn answer(&self, mut seen: Seen) -> Reply {
        {
            let mut all = self.seen.lock().unwrap();
            seen.number = self.counted.fetch_add(1, Ordering::SeqCst);
            if !self.forgets.load(Ordering::SeqCst) {
                all.push(seen.clone());
            }
        }
        self.changed.send_replace(());
        let path = seen.path.split('?').next().unwrap_or_default();
        let closure = {
            let mut scripts = self.scripts.lock().unwrap();
            let key = if scripts.contains_key(path) { path } else { "*" };
            match scripts.get_mut(key) {
                None => return Reply::status(200),
                Some(Script::List(list)) if list.len() > 1 => {
                    return list.pop_front().expect("it holds more than one");
                }
                Some(Script::List(list)) => return list[0].clone(),
                Some(Script::Closure(closure)) => Arc::clone(closure),
            }
        };
        closure(&seen)
    }
}
