//! What a client remembers of a log, so that it cannot be shown another past.

use serde::{Deserialize, Serialize};

use super::{
    checkpoint::Checkpoint,
    fault::LogFault,
    hash::{Hash, leaf_hash},
    note::LogKey,
    proof::{Consistency, Inclusion},
};

/// The largest tree a client has seen of one log. It is a value: whoever holds it keeps the new one when, and only when, there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    log: LogKey,
    size: u64,
    root: Hash,
}

impl Witness {
    /// Believes the first checkpoint, because of its signature alone.
    ///
    /// # Errors
    /// When it is none, or not of this log.
    pub fn first(key: &LogKey, note: &[u8]) -> Result<Self, LogFault> {
        let Checkpoint { size, root, .. } = Checkpoint::open(note, key)?;
        Ok(Witness {
            log: key.clone(),
            size,
            root,
        })
    }

    /// Which log.
    pub fn log(&self) -> &LogKey {
        &self.log
    }

    /// How many leaves were seen: what a proof of consistency has to begin with.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Takes a newer checkpoint, if the log only grew; for one of the same size no proof is needed.
    ///
    /// # Errors
    /// When it is not of this log, or shows another past.
    pub fn advance(&self, note: &[u8], proof: Option<&Consistency>) -> Result<Self, LogFault> {
        let Checkpoint { size, root, .. } = Checkpoint::open(note, &self.log)?;
        let before = self.size;
        if size < before {
            return Err(LogFault::Shorter { before, now: size });
        }
        if size == before {
            return match root == self.root {
                true => Ok(self.clone()),
                false => Err(LogFault::Forked {
                    size,
                    before: self.root,
                    now: root,
                }),
            };
        }
        let fits = |proof: &&Consistency| (proof.old, proof.new) == (before, size);
        let proof = proof.filter(fits);
        let proof = proof.ok_or(LogFault::Unproven { before, now: size })?;
        if !proof.proves((before, self.root), (size, root)) {
            return Err(LogFault::Rewritten { before });
        }
        Ok(Witness {
            log: self.log.clone(),
            size,
            root,
        })
    }

    /// Whether this leaf is in the log as it was seen last.
    ///
    /// # Errors
    /// When it is not where the proof says, or the proof is for another size.
    pub fn check(&self, leaf: &[u8], proof: &Inclusion) -> Result<(), LogFault> {
        let Inclusion { index, size, .. } = *proof;
        if size != self.size {
            return Err(LogFault::OtherSize {
                proof: size,
                checkpoint: self.size,
            });
        }
        match proof.proves(leaf_hash(leaf), self.size, self.root) {
            true => Ok(()),
            false => Err(LogFault::NotIncluded { index, size }),
        }
    }
}
