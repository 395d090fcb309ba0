//! What the market shows of its log: receipts, the index, proofs and tiles.

use std::sync::Arc;

use bytes::Bytes;
use metier_core::{Digest, SkillName};
use tokio::sync::Semaphore;

use super::{Market, acts::ActError, ledger::Ledger, registry::Bounded};
use crate::{
    index::{IndexFile, Line},
    log::{Consistency, Inclusion, TilePath, bundle},
    receipt::{Entry, MAX_RECEIPT, Receipt},
    state::{Change, Leaf, Namespace, Publication},
};

/// Bytes of index files in memory.
const MAX_INDEXES: usize = 32 << 20;

/// Index files that are made at once.
const MADE_AT_ONCE: usize = 4;

/// What is said where a leaf is none.
const NO_LEAF: &str =
    "there is no such leaf, or it is no publication, or the log never had that size";

/// The text of an index file, and its digest.
#[derive(Debug)]
pub struct IndexText {
    /// What is served.
    pub text: Bytes,
    /// By what it is known.
    pub digest: Digest,
    /// How many leaves the log had when it was made.
    size: u64,
}

/// Index files as they were asked for last. One is good until the log grows.
#[derive(Debug)]
pub(super) struct Indexes {
    known: Bounded<SkillName, Arc<IndexText>>,
    making: Semaphore,
}

impl Default for Indexes {
    fn default() -> Self {
        Indexes {
            known: Bounded::new(MAX_INDEXES),
            making: Semaphore::new(MADE_AT_ONCE),
        }
    }
}

/// What is shown of a publication beside its files.
struct Shown {
    checkpoint: String,
    leaf: Entry,
    history: Vec<Entry>,
    publication: Publication,
}

impl Market {
    /// The newest checkpoint, signed.
    pub fn checkpoint(&self) -> String {
        self.ledger.look(|view| view.checkpoint.clone())
    }

    /// The proof that the log is the one that had `from` leaves, and has only grown.
    pub fn consistency(&self, from: u64, to: Option<u64>) -> Option<Consistency> {
        self.ledger.look(|view| {
            let to = to.unwrap_or_else(|| view.tree.size());
            view.tree.consistency(from, to)
        })
    }

    /// A tile of the log.
    ///
    /// # Errors
    /// [`ActError::Missing`] where the log has it not yet.
    pub async fn tile(&self, path: TilePath) -> Result<Vec<u8>, ActError> {
        self.read_log(move |ledger| tile(ledger, path)).await
    }

    /// Everything that shows a published version to be what the log says, against the newest checkpoint or that of a size.
    ///
    /// # Errors
    /// [`ActError::Missing`] where there is no such publication, or the log never had that size.
    pub async fn receipt(&self, leaf: u64, size: Option<u64>) -> Result<Receipt, ActError> {
        let shown = self.read_log(move |ledger| shown(ledger, leaf, size));
        let Shown {
            checkpoint,
            leaf,
            history,
            publication,
        } = shown.await?;
        let (name, most) = (&publication.name, MAX_RECEIPT as u64);
        let file = |digest| self.registry.file(digest, most);
        let manifest = self.registry.stored(name, &publication.manifest).await?;
        Ok(Receipt {
            checkpoint,
            leaf,
            history,
            manifest: text(manifest.bytes),
            bundle: text(file(&publication.bundle).await?),
            review: text(file(&publication.review).await?),
        })
    }

    /// Reads the log where waiting for the disk is allowed.
    async fn read_log<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Ledger) -> Result<T, ActError> + Send + 'static,
    ) -> Result<T, ActError> {
        let ledger = self.ledger.clone();
        let read = tokio::task::spawn_blocking(move || read(&ledger)).await;
        read.map_err(std::io::Error::other)?
    }

    /// The text of a skill's index file. It is made once for each size of the log.
    ///
    /// # Errors
    /// As [`Market::index_file`].
    pub async fn index_text(&self, name: &SkillName) -> Result<Arc<IndexText>, ActError> {
        if let Some(known) = self.known_index(name) {
            return Ok(known);
        }
        let _room = self.indexes.making.acquire().await;
        // Whoever waited may find that somebody else has made it.
        if let Some(known) = self.known_index(name) {
            return Ok(known);
        }
        let size = self.ledger.look(|view| view.tree.size());
        let text: Bytes = self.index_file(name).await?.write().into();
        let made = Arc::new(IndexText {
            digest: Digest::of(&text),
            text,
            size,
        });
        let weight = made.text.len();
        self.indexes.known.put(name.clone(), made.clone(), weight);
        Ok(made)
    }

    fn known_index(&self, name: &SkillName) -> Option<Arc<IndexText>> {
        let size = self.ledger.look(|view| view.tree.size());
        let known = self.indexes.known.get(name);
        known.filter(|known| known.size == size)
    }

    /// The index file of a skill.
    ///
    /// # Errors
    /// [`ActError::Missing`] where there is no such skill.
    pub async fn index_file(&self, name: &SkillName) -> Result<IndexFile, ActError> {
        let (published, size) = self.ledger.look(|view| {
            let versions = view.state.versions(name);
            let versions: Vec<_> = versions
                .map(|one| (one.clone(), view.state.void_because(one)))
                .collect();
            (versions, view.size_after(name))
        });
        if published.is_empty() {
            return Err(ActError::Missing("there is no such skill".to_owned()));
        }
        let mut lines = Vec::with_capacity(published.len());
        for (one, void) in published {
            let record = self
                .registry
                .record_of(name, &one.publication.manifest)
                .await?;
            let publication = one.publication;
            lines.push(Line {
                name: publication.name,
                kind: publication.kind,
                vers: publication.version,
                component: publication.digest,
                manifest: publication.manifest,
                size: publication.size,
                authority: publication.authority,
                words: publication.words,
                price: record.facts.price.clone(),
                security_fix: publication.security_fix,
                yanked: one.yanked.map(String::from),
                void: void.map(|why| why.to_string()),
                published: super::acts::seconds(one.at),
                leaf: one.leaf,
            });
        }
        IndexFile::new(name.clone(), lines, size)
            .map_err(|error| ActError::Conflict(error.to_string()))
    }
}

fn tile(ledger: &Ledger, path: TilePath) -> Result<Vec<u8>, ActError> {
    let missing = || ActError::Missing("the log has no such tile".to_owned());
    match path {
        TilePath::Hashes {
            level,
            index,
            width,
        } => {
            let tile = ledger.look(|view| view.tree.tile(level, index, width));
            tile.ok_or_else(missing)
        }
        TilePath::Entries { index, width } => {
            let first = index
                .checked_mul(crate::log::TILE_WIDTH)
                .ok_or_else(missing)?;
            let leaves = ledger.leaves(first, width.into())?;
            let is_whole = leaves.len() == usize::from(width);
            bundle(&leaves).filter(|_| is_whole).ok_or_else(missing)
        }
    }
}

fn shown(ledger: &Ledger, leaf: u64, size: Option<u64>) -> Result<Shown, ActError> {
    let missing = || ActError::Missing(NO_LEAF.to_owned());
    let size = size.unwrap_or_else(|| ledger.look(|view| view.tree.size()));
    if leaf >= size {
        return Err(missing());
    }
    let checkpoint = ledger.checkpoint_at(size)?.ok_or_else(missing)?;
    let bytes = ledger.leaves(leaf, 1)?.pop().ok_or_else(missing)?;
    let Change::Publish(publication) = Leaf::decode(&bytes)
        .map_err(super::LedgerError::from)?
        .change
    else {
        return Err(missing());
    };
    let namespace = Namespace::of(&publication.name);
    let history = ledger.look(|view| view.history(&namespace, size));
    let history = history.into_iter().map(|leaf| entry(ledger, leaf, size));
    Ok(Shown {
        checkpoint,
        leaf: entry(ledger, leaf, size)?,
        history: history.collect::<Result<_, _>>()?,
        publication: *publication,
    })
}

fn entry(ledger: &Ledger, leaf: u64, size: u64) -> Result<Entry, ActError> {
    let missing = || ActError::Missing(NO_LEAF.to_owned());
    let bytes = ledger.leaves(leaf, 1)?.pop().ok_or_else(missing)?;
    let inclusion: Option<Inclusion> = ledger.look(|view| view.tree.inclusion(leaf, size));
    Ok(Entry {
        leaf: text(bytes),
        inclusion: inclusion.ok_or_else(missing)?,
    })
}

/// What was UTF-8 when it was taken.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}
