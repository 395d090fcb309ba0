//! Waits until something happens in the folders of the sources.
//!
//! Each folder is watched by itself: a watch on the whole tree would put thousands on `target` and wake at each of its writes.
//! After every change the watches are made anew, so that folders that came and went are no special case.

use std::{path::PathBuf, sync::Arc, time::Duration};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use super::sources::Sources;

/// How long nothing has to happen before a change counts as whole: an editor writes a file in several steps.
const QUIET: Duration = Duration::from_millis(200);

/// How long a change that never rests is waited for.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// How often to look where nothing can be watched.
const POLL: Duration = Duration::from_secs(1);

/// Looks taken until the folders seen are the folders watched.
const MAX_LOOKS: u32 = 3;

/// The watches.
pub struct Watch {
    woken: Arc<Notify>,
    watcher: Option<RecommendedWatcher>,
    told: bool,
}

impl Watch {
    /// Watches nothing yet.
    pub fn new() -> Watch {
        Watch {
            woken: Arc::new(Notify::new()),
            watcher: None,
            told: false,
        }
    }

    /// The sources, read after each of their folders was watched: no change falls between. Once, the error that makes it poll.
    pub fn look(&mut self, read: impl Fn() -> Sources) -> (Sources, Option<notify::Error>) {
        let mut failed = None;
        let mut sources = read();
        for _ in 0..MAX_LOOKS {
            failed = self.follow(sources.folders()).err();
            let again = read();
            let same = again.folders() == sources.folders();
            sources = again;
            if same {
                break;
            }
        }
        let first = failed.is_some() && !self.told;
        self.told |= failed.is_some();
        (sources, failed.filter(|_| first))
    }

    fn follow(&mut self, folders: &[PathBuf]) -> notify::Result<()> {
        self.watcher = None;
        let woken = self.woken.clone();
        let wake = move |event: notify::Result<Event>| {
            // To read a source is no change: we do it ourselves.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                woken.notify_one();
            }
        };
        let mut watcher = notify::recommended_watcher(wake)?;
        for folder in folders {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        self.watcher = Some(watcher);
        Ok(())
    }

    /// Until something may have changed, and has come to rest.
    pub async fn changed(&self) {
        match &self.watcher {
            Some(_) => self.woken.notified().await,
            None => return sleep(POLL).await,
        }
        let patience = Instant::now() + MAX_WAIT;
        while Instant::now() < patience && timeout(QUIET, self.woken.notified()).await.is_ok() {}
    }
}
