//! What everybody sees of the log: durable leaves, and what follows from them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use metier_core::{Digest, SkillName};

use super::file::HEAD;
use crate::{
    keeper::acts::Done,
    log::{Checkpoint, LogSigner, Tree},
    review::Names,
    state::{Account, Change, Leaf, Namespace, Publication, Refused, State},
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
    /// The last leaf about each skill, or about keys that signed it, or whose runs published it.
    touched: BTreeMap<SkillName, u64>,
    /// The leaves about each namespace's keys and members, its rule, and whom it trusts.
    histories: BTreeMap<Namespace, Vec<u64>>,
    /// The leaves that froze each namespace and thawed it, in turn.
    freezes: BTreeMap<Namespace, Vec<u64>>,
    /// What accounts did of late.
    pub(in crate::keeper) done: Done,
    /// Every file that a leaf names by its digest.
    named: HashSet<Digest>,
    /// Whose version each published manifest is.
    manifests: HashMap<Digest, SkillName>,
    /// All skills, to be compared with.
    names: Names,
    /// Namespaces by who claimed them.
    claimed: HashMap<Account, BTreeSet<Namespace>>,
    /// Namespaces by who was ever taken into them.
    joined: HashMap<Account, BTreeSet<Namespace>>,
}

impl View {
    /// Adds a leaf.
    pub(super) fn push(&mut self, bytes: &[u8], leaf: &Leaf) -> Result<u64, Refused> {
        self.state.apply(leaf)?;
        let index = self.tree.push(bytes);
        let end = self.length() + (HEAD + bytes.len()) as u64;
        self.ends.push(end);
        self.done.note(leaf);
        match &leaf.change {
            Change::Publish(publication) => self.published(publication, index),
            Change::Yank(yank) => self.touch(&yank.name, index),
            Change::Unyank(unyank) => self.touch(&unyank.name, index),
            Change::Namespace(claim) => {
                let theirs = self.claimed.entry(claim.owner.clone()).or_default();
                theirs.insert(claim.namespace.clone());
                self.note(&claim.namespace, index);
            }
            Change::Key(added) => {
                if let Some(member) = &added.member {
                    let theirs = self.joined.entry(member.account.clone()).or_default();
                    theirs.insert(added.namespace.clone());
                }
                self.note(&added.namespace, index);
            }
            Change::KeyEnd(ended) => {
                self.note(&ended.namespace, index);
                if ended.since.is_some() {
                    self.touch_all(&ended.namespace, index);
                }
            }
            Change::Member(changed) => self.note(&changed.namespace, index),
            Change::Rule(changed) => self.note(&changed.namespace, index),
            Change::Publisher(added) => self.note(&added.namespace, index),
            Change::PublisherEnd(ended) => {
                self.note(&ended.namespace, index);
                if ended.since.is_some() {
                    self.touch_all(&ended.namespace, index);
                }
            }
            Change::Freeze(freeze) => self.turn(&freeze.namespace, index),
            Change::Thaw(thaw) => self.turn(&thaw.namespace, index),
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

    /// The leaves that say which keys a namespace had when the log had so many leaves, in order, and the one by which it was frozen then. What
    /// froze it and is over says nothing of its keys: a proof that comes and goes for years fills no receipt.
    pub fn history(&self, namespace: &Namespace, size: u64) -> Vec<u64> {
        let before = |leaves: Option<&Vec<u64>>| -> Vec<u64> {
            let leaves = leaves.into_iter().flatten().copied();
            leaves.take_while(|leaf| *leaf < size).collect()
        };
        let mut history = before(self.histories.get(namespace));
        let turns = before(self.freezes.get(namespace));
        if turns.len() % 2 == 1
            && let Some(frozen) = turns.last()
        {
            let place = history.partition_point(|leaf| leaf < frozen);
            history.insert(place, *frozen);
        }
        history
    }

    /// Whether a leaf names the file.
    pub fn names_file(&self, digest: &Digest) -> bool {
        self.named.contains(digest)
    }

    /// Whether the manifest is a version of the skill.
    pub fn is_published(&self, skill: &SkillName, manifest: &Digest) -> bool {
        self.manifests.get(manifest) == Some(skill)
    }

    /// All skills but those of an account's own namespaces.
    pub fn names_beside(&self, account: &Account) -> Names {
        let own = self.namespaces_of(account);
        self.names.beside(own.map(|own| own.as_str().to_owned()))
    }

    /// The namespaces an account owns.
    pub fn namespaces_of(&self, account: &Account) -> impl Iterator<Item = &Namespace> {
        let claimed = self.claimed.get(account).into_iter().flatten();
        claimed.filter(|name| {
            let owned = self.state.namespace(name);
            owned.is_some_and(|owned| owned.owner == *account)
        })
    }

    /// The namespaces an account is a member of, its own included.
    pub fn namespaces_with(&self, account: &Account) -> impl Iterator<Item = &Namespace> {
        let joined = self.joined.get(account).into_iter().flatten();
        let joined = joined.filter(|name| {
            let owned = self.state.namespace(name);
            owned
                .is_some_and(|owned| owned.owner != *account && owned.members.contains_key(account))
        });
        self.namespaces_of(account).chain(joined)
    }

    fn published(&mut self, publication: &Publication, leaf: u64) {
        let name = &publication.name;
        if !self.touched.contains_key(name) {
            self.names.add(name.clone());
        }
        self.manifests.insert(publication.manifest, name.clone());
        let Publication {
            digest,
            manifest,
            bundle,
            review,
            ..
        } = publication;
        self.named.extend([*digest, *manifest, *bundle, *review]);
        self.touch(name, leaf);
    }

    fn touch(&mut self, skill: &SkillName, leaf: u64) {
        self.touched.insert(skill.clone(), leaf);
    }

    /// Which of its versions are void, their indexes tell.
    fn touch_all(&mut self, namespace: &Namespace, leaf: u64) {
        for skill in self.state.skills_of(namespace) {
            self.touched.insert(skill.clone(), leaf);
        }
    }

    fn note(&mut self, namespace: &Namespace, leaf: u64) {
        let history = self.histories.entry(namespace.clone()).or_default();
        history.push(leaf);
    }

    fn turn(&mut self, namespace: &Namespace, leaf: u64) {
        let turns = self.freezes.entry(namespace.clone()).or_default();
        turns.push(leaf);
    }
}
