//! What the market shows of its log: receipts, the index, proofs and tiles.

use metier_core::SkillName;

use super::{Market, acts::ActError, registry::Reference};
use crate::{
    index::{IndexFile, Line},
    log::{Consistency, Inclusion, TilePath, bundle},
    receipt::{Entry, MAX_RECEIPT, Receipt},
    state::{Change, Leaf, Namespace, Publication},
};

/// What is said where a leaf is none.
const NO_LEAF: &str =
    "there is no such leaf, or it is no publication, or the log never had that size";

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
    pub fn tile(&self, path: TilePath) -> Result<Vec<u8>, ActError> {
        let missing = || ActError::Missing("the log has no such tile".to_owned());
        match path {
            TilePath::Hashes {
                level,
                index,
                width,
            } => {
                let tile = self.ledger.look(|view| view.tree.tile(level, index, width));
                tile.ok_or_else(missing)
            }
            TilePath::Entries { index, width } => {
                let first = index
                    .checked_mul(crate::log::TILE_WIDTH)
                    .ok_or_else(missing)?;
                let leaves = self.ledger.leaves(first, width.into())?;
                let is_whole = leaves.len() == usize::from(width);
                bundle(&leaves).filter(|_| is_whole).ok_or_else(missing)
            }
        }
    }

    /// Everything that shows a published version to be what the log says, against the newest checkpoint or that of a size.
    ///
    /// # Errors
    /// [`ActError::Missing`] where there is no such publication, or the log never had that size.
    pub async fn receipt(&self, leaf: u64, size: Option<u64>) -> Result<Receipt, ActError> {
        let missing = || ActError::Missing(NO_LEAF.to_owned());
        let size = size.unwrap_or_else(|| self.ledger.look(|view| view.tree.size()));
        if leaf >= size {
            return Err(missing());
        }
        let checkpoint = self.ledger.checkpoint_at(size)?.ok_or_else(missing)?;
        let bytes = self.ledger.leaves(leaf, 1)?.pop().ok_or_else(missing)?;
        let Change::Publish(publication) = Leaf::decode(&bytes)
            .map_err(super::LedgerError::from)?
            .change
        else {
            return Err(missing());
        };
        let Publication { name, manifest, .. } = &*publication;
        let history: Vec<u64> = self.ledger.look(|view| {
            let history = view.history(&Namespace::of(name)).iter().copied();
            history.take_while(|leaf| *leaf < size).collect()
        });
        let history = history.into_iter().map(|leaf| self.entry(leaf, size));
        let most = MAX_RECEIPT as u64;
        let manifest = self
            .registry
            .manifest(name, &Reference::Digest(*manifest))
            .await?;
        Ok(Receipt {
            checkpoint,
            leaf: self.entry(leaf, size)?,
            history: history.collect::<Result<_, _>>()?,
            manifest: text(manifest.bytes),
            bundle: text(self.registry.file(&publication.bundle, most).await?),
            review: text(self.registry.file(&publication.review, most).await?),
        })
    }

    fn entry(&self, leaf: u64, size: u64) -> Result<Entry, ActError> {
        let missing = || ActError::Missing(NO_LEAF.to_owned());
        let bytes = self.ledger.leaves(leaf, 1)?.pop().ok_or_else(missing)?;
        let inclusion: Option<Inclusion> = self.ledger.look(|view| view.tree.inclusion(leaf, size));
        Ok(Entry {
            leaf: text(bytes),
            inclusion: inclusion.ok_or_else(missing)?,
        })
    }

    /// The index file of a skill.
    ///
    /// # Errors
    /// [`ActError::Missing`] where there is no such skill.
    pub async fn index_file(&self, name: &SkillName) -> Result<IndexFile, ActError> {
        let (published, size) = self.ledger.look(|view| {
            let versions: Vec<_> = view.state.versions(name).cloned().collect();
            (versions, view.size_after(name))
        });
        if published.is_empty() {
            return Err(ActError::Missing("there is no such skill".to_owned()));
        }
        let mut lines = Vec::with_capacity(published.len());
        for one in published {
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
                price: record.facts.price,
                security_fix: publication.security_fix,
                yanked: one.yanked.map(String::from),
                published: super::acts::seconds(one.at),
                leaf: one.leaf,
            });
        }
        IndexFile::new(name.clone(), lines, size)
            .map_err(|error| ActError::Conflict(error.to_string()))
    }
}

/// What was UTF-8 when it was taken.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}
