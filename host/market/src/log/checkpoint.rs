//! Checkpoints: how large a log was and what its root was, signed.

use metier_core::ids::shown;

use super::{
    fault::LogFault,
    hash::Hash,
    note::{LogKey, LogSigner, open},
    tree::Tree,
};
use crate::trust::KeyError;

/// What a log said it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Of this tree, as it is.
    pub fn of(tree: &Tree, key: &LogKey) -> Self {
        Checkpoint {
            origin: key.name().to_owned(),
            size: tree.size(),
            root: tree.root(),
        }
    }

    /// The signed note.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, signer: &LogSigner) -> Result<String, KeyError> {
        let Checkpoint { origin, size, root } = self;
        signer.sign(&format!("{origin}\n{size}\n{root}\n"))
    }

    /// Reads a checkpoint of the log with this key. Lines after the root, which the specification leaves to others, are not looked at.
    ///
    /// # Errors
    /// When it is none, or not of this log.
    pub fn open(note: &[u8], key: &LogKey) -> Result<Self, LogFault> {
        let text = open(note, key)?;
        let mut lines = text.split('\n');
        let mut line = || lines.next().ok_or(LogFault::NoCheckpoint);
        let (origin, size, root) = (line()?, line()?, line()?);
        if origin != key.name() {
            return Err(LogFault::ForeignOrigin {
                found: shown(origin),
                wanted: key.name().to_owned(),
            });
        }
        let parsed: u64 = size.parse().map_err(|_| LogFault::NoCheckpoint)?;
        if parsed.to_string() != size {
            return Err(LogFault::NoCheckpoint);
        }
        Ok(Checkpoint {
            origin: origin.to_owned(),
            size: parsed,
            root: root.parse().map_err(|_| LogFault::NoCheckpoint)?,
        })
    }
}
