//! What everybody sees of the log: durable leaves, and what follows from them.

use std::collections::BTreeMap;

use metier_core::SkillName;

use super::file::HEAD;
use crate::{
    log::{Checkpoint, LogSigner, Tree},
    state::{Change, Leaf, Namespace, Refused, State},
    trust::KeyError,
};

/// The log so far.
#[derive(Debug, Default)]
pub struct View {
    /// The fold of its leaves.
    pub state: State,
    /// The tree over them.
    pub tree: Tree,
    /// The newest checkpoint, signed.
    pub checkpoint: String,
    /// Where in the file each leaf ends.
    pub(super) ends: Vec<u64>,
    /// The last leaf about each skill.
    touched: BTreeMap<SkillName, u64>,
    /// The leaves about each namespace's keys, and about whom they trust.
    histories: BTreeMap<Namespace, Vec<u64>>,
}

impl View {
    /// Adds a leaf.
    pub(super) fn push(&mut self, bytes: &[u8], leaf: &Leaf) -> Result<u64, Refused> {
        self.state.apply(leaf)?;
        let index = self.tree.push(bytes);
        let end = self.length() + (HEAD + bytes.len()) as u64;
        self.ends.push(end);
        match &leaf.change {
            Change::Publish(publication) => self.touch(&publication.name, index),
            Change::Yank(yank) => self.touch(&yank.name, index),
            Change::Unyank(unyank) => self.touch(&unyank.name, index),
            Change::Namespace(claim) => self.note(&claim.namespace, index),
            Change::Key(added) => self.note(&added.namespace, index),
            Change::KeyEnd(ended) => self.note(&ended.namespace, index),
            Change::Publisher(added) => self.note(&added.namespace, index),
            Change::PublisherEnd(ended) => self.note(&ended.namespace, index),
            Change::Freeze(freeze) => self.note(&freeze.namespace, index),
            Change::Thaw(thaw) => self.note(&thaw.namespace, index),
            Change::Revoke(_) | Change::Unrevoke(_) => {}
        }
        Ok(index)
    }

    /// Signs what there is.
    pub(super) fn sign(&mut self, signer: &LogSigner) -> Result<(), KeyError> {
        self.checkpoint = Checkpoint::of(&self.tree, signer.key()).sign(signer)?;
        Ok(())
    }

    /// Bytes of the file.
    pub(super) fn length(&self) -> u64 {
        self.ends.last().copied().unwrap_or_default()
    }

    /// The size of the log just after the last leaf about a skill.
    pub fn size_after(&self, skill: &SkillName) -> u64 {
        self.touched.get(skill).map_or(0, |leaf| leaf + 1)
    }

    /// The leaves that say which keys a namespace has, in order.
    pub fn history(&self, namespace: &Namespace) -> &[u64] {
        let history = self.histories.get(namespace);
        history.map(Vec::as_slice).unwrap_or_default()
    }

    fn touch(&mut self, skill: &SkillName, leaf: u64) {
        self.touched.insert(skill.clone(), leaf);
    }

    fn note(&mut self, namespace: &Namespace, leaf: u64) {
        let history = self.histories.entry(namespace.clone()).or_default();
        history.push(leaf);
    }
}
