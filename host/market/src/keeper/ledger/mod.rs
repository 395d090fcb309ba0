//! The log, kept: leaves on the disk, and the one writer that appends them.
//!
//! - A leaf is on the disk (`fsync`) and in a signed checkpoint before anybody is told of it or sees what it changes. Leaves that wait at
//!   the same time are brought there together.
//! - What a killed process left of a leaf is cut off at the next start. A leaf that was told is never: a file that has fewer leaves than the
//!   checkpoint beside it, or others, is not opened.
//! - When the disk refuses, nothing of the leaves is there; where that cannot be made sure of, nothing more is written until the next start.

mod file;
#[cfg(test)]
mod tests;
mod view;
mod writer;

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::{Arc, Mutex, RwLock},
    thread::JoinHandle,
    time::{Duration, UNIX_EPOCH},
};

use metier_store::Clock;
use tokio::sync::{mpsc, oneshot};

pub use self::view::View;
use self::{
    file::{Folder, Found, HEAD, Medium},
    writer::{Waiting, Writer},
};
use super::keys::MarketKeys;
use crate::{
    fixtures::Moment,
    log::{Checkpoint, LogFault, LogSigner},
    state::{Account, Change, Leaf, LeafError, Refused},
    trust::KeyError,
};

/// Changes that wait to be appended.
const MAX_WAITING: usize = 1_024;

/// A leaf that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Which.
    pub leaf: u64,
    /// When.
    pub at: Moment,
}

/// Why a change was not appended, or a log cannot be opened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// It cannot follow the leaves before it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It is too long for a leaf, or a leaf on the disk is none.
    #[error(transparent)]
    Leaf(#[from] LeafError),
    /// The disk's.
    #[error("the log cannot be read or written: {0}")]
    Disk(Arc<io::Error>),
    /// A write failed, and what it left could not be undone.
    #[error(
        "the log is read-only until the market is started again: a write before failed half-way"
    )]
    Broken,
    /// A checkpoint that was told names leaves that are not there, or others.
    #[error("the log has lost leaves it had signed for: {0}; put its folder back from a backup")]
    Lost(String),
    /// The checkpoint on the disk is not this market's.
    #[error("the checkpoint on the disk: {0}")]
    Checkpoint(#[from] LogFault),
    /// The log's key does not sign.
    #[error("the log's key: {0}")]
    Key(#[from] KeyError),
}

impl From<io::Error> for LedgerError {
    fn from(error: io::Error) -> Self {
        LedgerError::Disk(Arc::new(error))
    }
}

/// A log in a folder.
#[derive(Debug)]
pub struct Ledger {
    view: Arc<RwLock<View>>,
    waiting: Option<mpsc::Sender<Waiting>>,
    writer: Option<JoinHandle<()>>,
    reader: Mutex<File>,
    keys: Arc<MarketKeys>,
}

impl Ledger {
    /// Opens the folder, or makes it, folds its leaves, and begins to write. One process at a time.
    ///
    /// # Errors
    /// [`LedgerError`]; a log that has lost something is not opened.
    pub fn open(
        path: &Path,
        keys: Arc<MarketKeys>,
        clock: Arc<dyn Clock>,
    ) -> Result<Ledger, LedgerError> {
        let (folder, found) = Folder::open(path)?;
        let reader = folder.reader()?;
        Ledger::over(Box::new(folder), found, reader, keys, clock)
    }

    fn over(
        mut medium: Box<dyn Medium>,
        found: Found,
        reader: File,
        keys: Arc<MarketKeys>,
        clock: Arc<dyn Clock>,
    ) -> Result<Ledger, LedgerError> {
        let mut view = View::default();
        for bytes in &found.leaves {
            let leaf = Leaf::decode(bytes)?;
            view.push(bytes, &leaf)?;
        }
        if let Some(note) = &found.checkpoint {
            check(&view, note, &keys.log)?;
        }
        medium.cut(view.length())?;
        view.sign(&keys.log)?;
        // Leaves that came to the disk just before a kill are told from now on.
        medium.checkpoint(&view.checkpoint)?;
        let ahead = (view.state.clone(), view.tree.clone());
        let view = Arc::new(RwLock::new(view));
        let (waiting, receiver) = mpsc::channel(MAX_WAITING);
        let writer = Writer {
            medium,
            view: view.clone(),
            keys: keys.clone(),
            clock,
            ahead,
            broken: false,
        };
        let thread = std::thread::Builder::new().name("metier-log".to_owned());
        let writer = thread.spawn(move || writer.run(receiver))?;
        Ok(Ledger {
            view,
            waiting: Some(waiting),
            writer: Some(writer),
            reader: Mutex::new(reader),
            keys,
        })
    }

    /// Appends a leaf. When it returns, the leaf is on the disk and everybody sees it. Whoever stops waiting does not stop it.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing has changed.
    pub async fn append(&self, by: &Account, change: Change) -> Result<Appended, LedgerError> {
        let (told, answer) = oneshot::channel();
        let by = by.clone();
        let waiting = self.waiting.as_ref().ok_or(LedgerError::Broken)?;
        let sent = waiting.send(Waiting { by, change, told });
        sent.await.map_err(|_| LedgerError::Broken)?;
        answer.await.map_err(|_| LedgerError::Broken)?
    }

    /// Looks at the log as it is.
    pub fn look<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.view.read().unwrap_or_else(|error| error.into_inner()))
    }

    /// The bytes of the leaves from `first` on, so many; fewer where there are no more.
    ///
    /// # Errors
    /// The disk's.
    pub fn leaves(&self, first: u64, count: u64) -> Result<Vec<Vec<u8>>, LedgerError> {
        let (start, lengths) = self.look(|view| {
            let end = |leaf: u64| {
                let before = usize::try_from(leaf)
                    .ok()
                    .and_then(|leaf| leaf.checked_sub(1));
                before.map_or(Some(0), |before| view.ends.get(before).copied())
            };
            let last = first.saturating_add(count).min(view.tree.size());
            let lengths: Vec<u64> = (first..last)
                .map_while(|leaf| Some(end(leaf + 1)? - end(leaf)?))
                .collect();
            (end(first).unwrap_or_default(), lengths)
        });
        let mut reader = self
            .reader
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        reader.seek(SeekFrom::Start(start))?;
        let mut leaves = Vec::with_capacity(lengths.len());
        for length in lengths {
            let mut framed = vec![0; usize::try_from(length).unwrap_or_default()];
            reader.read_exact(&mut framed)?;
            leaves.push(framed.split_off(HEAD.min(framed.len())));
        }
        Ok(leaves)
    }

    /// The checkpoint of the log when it had this many leaves; nothing when it never had.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn checkpoint_at(&self, size: u64) -> Result<Option<String>, LedgerError> {
        let signer = &self.keys.log;
        let Some(root) = self.look(|view| view.tree.root_at(size)) else {
            return Ok(None);
        };
        let checkpoint = Checkpoint {
            origin: signer.key().name().to_owned(),
            size,
            root,
        };
        Ok(Some(checkpoint.sign(signer)?))
    }
}

impl Drop for Ledger {
    /// What was taken on is written before the folder is anybody else's.
    fn drop(&mut self) {
        drop(self.waiting.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Whether the leaves are those that a checkpoint was signed for.
fn check(view: &View, note: &str, signer: &LogSigner) -> Result<(), LedgerError> {
    let told = Checkpoint::open(note.as_bytes(), signer.key())?;
    match view.tree.root_at(told.size) {
        Some(root) if root == told.root => Ok(()),
        Some(_) => Err(LedgerError::Lost(format!(
            "the first {} are not those that were signed",
            told.size
        ))),
        None => Err(LedgerError::Lost(format!(
            "there are {} of {}",
            view.tree.size(),
            told.size
        ))),
    }
}

/// The time of a clock, in whole seconds.
pub(super) fn moment(clock: &dyn Clock) -> Moment {
    let micros = u64::try_from(clock.now().0).unwrap_or_default();
    Moment::from(UNIX_EPOCH + Duration::from_micros(micros))
}
