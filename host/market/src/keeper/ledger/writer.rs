//! The one writer: takes what waits, checks it, brings it to the disk in one go, and only then lets anybody see it.

use std::{
    io,
    sync::{Arc, RwLock},
};

use metier_store::Clock;
use tokio::sync::{mpsc, oneshot};

use super::{
    Appended, LedgerError,
    file::{Medium, framed},
    moment,
    view::View,
};
use crate::{
    keeper::keys::MarketKeys,
    log::{Checkpoint, Tree},
    state::{Account, Change, Leaf, State},
};

/// Leaves that are brought to the disk together.
const MAX_BATCH: usize = 256;

/// A change that waits, and who waits for it.
pub(super) struct Waiting {
    pub by: Account,
    pub change: Change,
    pub told: oneshot::Sender<Result<Appended, LedgerError>>,
}

/// A change that can be appended.
struct Ready {
    leaf: Leaf,
    bytes: Vec<u8>,
    appended: Appended,
    told: oneshot::Sender<Result<Appended, LedgerError>>,
}

pub(super) struct Writer {
    pub medium: Box<dyn Medium>,
    pub view: Arc<RwLock<View>>,
    pub keys: Arc<MarketKeys>,
    pub clock: Arc<dyn Clock>,
    /// State and tree with what is not on the disk yet.
    pub ahead: (State, Tree),
    /// Whether the disk may hold something nobody knows of: then nothing more is written.
    pub broken: bool,
}

impl Writer {
    /// Goes on until nobody can send any more.
    pub fn run(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        while let Some(first) = waiting.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < MAX_BATCH
                && let Ok(next) = waiting.try_recv()
            {
                batch.push(next);
            }
            self.batch(batch);
        }
    }

    fn batch(&mut self, batch: Vec<Waiting>) {
        let mut ready = Vec::with_capacity(batch.len());
        let mut refused = Vec::new();
        for Waiting { by, change, told } in batch {
            match self.check(by, change) {
                Ok((leaf, bytes, appended)) => ready.push(Ready {
                    leaf,
                    bytes,
                    appended,
                    told,
                }),
                Err(error) => refused.push((told, error)),
            }
        }
        let failed = match ready.is_empty() {
            true => None,
            false => self.bring(ready),
        };
        // Why one is refused may be a leaf of the same batch: it is told when everybody sees that leaf, or when there is none.
        for (told, error) in refused {
            let error = failed.clone().map_or(error, LedgerError::Disk);
            // Whoever does not wait any more is not told.
            let _ = told.send(Err(error));
        }
    }

    /// Brings leaves to the disk and to everybody. What went wrong, when nothing of them is there.
    fn bring(&mut self, ready: Vec<Ready>) -> Option<Arc<io::Error>> {
        match self.write(&ready) {
            Ok(checkpoint) => {
                self.show(ready, checkpoint);
                None
            }
            Err(error) => {
                let error = Arc::new(error);
                self.give_up(ready, &error);
                Some(error)
            }
        }
    }

    fn check(
        &mut self,
        by: Account,
        change: Change,
    ) -> Result<(Leaf, Vec<u8>, Appended), LedgerError> {
        if self.broken {
            return Err(LedgerError::Broken);
        }
        let now = moment(&*self.clock);
        // A clock that was set back does not stop the market: time stands still until it has caught up.
        let at = self.ahead.0.last().map_or(now, |last| last.max(now));
        let leaf = Leaf { at, by, change };
        let bytes = leaf.encode()?;
        self.ahead.0.apply(&leaf)?;
        let index = self.ahead.1.push(&bytes);
        Ok((leaf, bytes, Appended { leaf: index, at }))
    }

    fn write(&mut self, ready: &[Ready]) -> io::Result<String> {
        let mut bytes = Vec::new();
        for one in ready {
            let framed = framed(&one.bytes);
            bytes.extend(framed.ok_or(io::ErrorKind::InvalidInput)?);
        }
        self.medium.append(&bytes)?;
        self.medium.sync()?;
        let signer = &self.keys.log;
        let checkpoint = Checkpoint::of(&self.ahead.1, signer.key()).sign(signer);
        let checkpoint = checkpoint.map_err(io::Error::other)?;
        self.medium.checkpoint(&checkpoint)?;
        Ok(checkpoint)
    }

    fn show(&mut self, ready: Vec<Ready>, checkpoint: String) {
        let told: Vec<_> = {
            let mut view = self.view.write().unwrap_or_else(|error| error.into_inner());
            let told = ready.into_iter().map(|one| {
                // It was applied to the same state before.
                let pushed = view.push(&one.bytes, &one.leaf);
                (one.told, pushed.map(|_| one.appended))
            });
            let told = told.collect();
            view.checkpoint = checkpoint;
            told
        };
        for (told, appended) in told {
            let _ = told.send(appended.map_err(LedgerError::from));
        }
    }

    /// Nothing of it is there: neither for anybody now, nor after the next start.
    fn give_up(&mut self, ready: Vec<Ready>, error: &Arc<io::Error>) {
        let view = self.view.read().unwrap_or_else(|error| error.into_inner());
        self.ahead = (view.state.clone(), view.tree.clone());
        let (length, checkpoint) = (view.length(), view.checkpoint.clone());
        drop(view);
        // The new checkpoint may have its name already, and counts leaves that are cut off.
        let undone = self.medium.checkpoint(&checkpoint);
        let undone = undone.and_then(|()| self.medium.cut(length));
        self.broken = undone.is_err();
        for one in ready {
            let _ = one.told.send(Err(LedgerError::Disk(error.clone())));
        }
    }
}
