//! The one place that says a component is a published version.

use metier_core::{Code, Digest, Fault, ids::shown};
use serde::Deserialize;

use super::{Entry, MAX_HISTORY, MAX_RECEIPT, Receipt};
use crate::{
    fixtures::Moment,
    log::{Checkpoint, Hash, LogFault, leaf_hash},
    state::{
        Account, Bundles, Change, Leaf, LeafError, Namespace, Owned, Publication, Refused, State,
        Unproven,
    },
    trust::{KeyHint, Reviewed, TrustRoot},
};

/// What a receipt shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// What was published.
    pub publication: Publication,
    /// When.
    pub at: Moment,
    /// The number of the leaf that says so.
    pub index: u64,
    /// How large the log was that it was looked up in.
    pub size: u64,
    /// What the market's review found.
    pub review: Reviewed,
    /// The key that the one of the signature, or the one that trusts its run, goes back to, each signed by the one before. Whoever remembers it notices when a namespace has
    /// keys nobody of before vouches for.
    pub first_key: KeyHint,
    /// Whether `first_key` came without any earlier key's signature although there was one before.
    pub recovered: bool,
    /// Whose key signed it; nobody's where a run published it.
    pub by: Option<Account>,
    /// Who approved of it.
    pub approved: Option<Approved>,
    /// Which leaves of its namespace's history the receipt shows, by their places in the log; freezes and thaws apart, which come and go.
    pub history: Vec<u64>,
}

/// Another member that approved of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// Who.
    pub account: Account,
    /// The key they signed with.
    pub key: KeyHint,
}

/// Why a component is not what its receipt should show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptFault {
    /// It cannot be read.
    #[error("the receipt is none: {0}")]
    Shape(String),
    /// It is for other bytes.
    #[error("the receipt is for the component {wanted}, and this is {found}")]
    OtherComponent {
        /// Of the receipt.
        wanted: Digest,
        /// Of the bytes.
        found: Digest,
    },
    /// What was signed has another layer.
    #[error(
        "the OCI manifest in the receipt is not the one that was signed, or does not hold the component"
    )]
    OtherManifest,
    /// The log does not have it.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// A leaf that is none.
    #[error("a leaf of the receipt is wrong: {0}")]
    Leaf(#[from] LeafError),
    /// A leaf that is no part of this history.
    #[error("the receipt's history has a leaf that does not belong there")]
    History,
    /// Leaves that do not follow one another: the market's log contradicts itself.
    #[error("the log contradicts itself: {0}")]
    Contradiction(#[from] Refused),
    /// A signature that does not count.
    #[error(transparent)]
    Unproven(#[from] Unproven),
}

impl ReceiptFault {
    /// For whoever asked.
    pub fn fault(&self) -> Fault {
        let message = format!("The component is not shown to be what it is said to be: {self}.");
        Fault::new(Code::SkillUnverified, message)
            .with_hint("Do not use it. Fetch it anew; if that does not help, tell the publisher and whoever runs the market.")
    }
}

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    digest: Digest,
}

impl Receipt {
    /// Reads one.
    ///
    /// # Errors
    /// When it is too large or none.
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptFault> {
        if bytes.len() > MAX_RECEIPT {
            return Err(ReceiptFault::Shape(format!(
                "it has more than {MAX_RECEIPT} bytes"
            )));
        }
        let read = serde_json::from_slice(bytes);
        read.map_err(|error| ReceiptFault::Shape(shown(&error.to_string())))
    }

    /// Verifies that this component is a version the market's log has, signed by its publisher and reviewed by the market.
    ///
    /// # Errors
    /// When anything of that is not so.
    pub fn verify(&self, root: &TrustRoot, component: &Digest) -> Result<Proven, ReceiptFault> {
        let checkpoint = Checkpoint::open(self.checkpoint.as_bytes(), &root.log)?;
        let tree = (checkpoint.size, checkpoint.root);
        let leaf = included(&self.leaf, tree)?;
        let Change::Publish(publication) = leaf.change else {
            return Err(ReceiptFault::Shape("its leaf is no publication".into()));
        };
        if publication.digest != *component {
            return Err(ReceiptFault::OtherComponent {
                wanted: publication.digest,
                found: *component,
            });
        }
        self.holds(&publication, component)?;
        let namespace = Namespace::of(&publication.name);
        let state = self.folded(&namespace, (&publication, leaf.at), tree)?;
        let owned = state.namespace(&namespace).ok_or(ReceiptFault::History)?;
        let bundles = Bundles {
            publisher: self.bundle.as_bytes(),
            review: self.review.as_bytes(),
        };
        let keys = owned.keys_for(&publication, leaf.at);
        let keys = keys.map_err(Refused::from)?;
        let review = publication.verify(leaf.at, &keys, bundles, root)?;
        let approved = approved(owned, &publication, leaf.at)?;
        let (first_key, recovered) = first_of(owned, owned.key_behind(&publication));
        Ok(Proven {
            by: owned.author(&publication).cloned(),
            publication: *publication,
            at: leaf.at,
            index: self.leaf.inclusion.index,
            size: checkpoint.size,
            review,
            first_key,
            recovered,
            approved,
            history: self.lasting()?,
        })
    }

    /// The places in the log of its history's leaves.
    fn places(&self) -> Vec<u64> {
        let history = self.history.iter();
        history.map(|entry| entry.inclusion.index).collect()
    }

    /// The same without freezes and thaws, which a receipt may leave out when they are over.
    fn lasting(&self) -> Result<Vec<u64>, ReceiptFault> {
        let mut lasting = Vec::new();
        for entry in &self.history {
            let leaf = Leaf::decode(entry.leaf.as_bytes())?;
            if !matches!(leaf.change, Change::Freeze(_) | Change::Thaw(_)) {
                lasting.push(entry.inclusion.index);
            }
        }
        Ok(lasting)
    }

    /// Whether the manifest that was signed is the one that holds the component.
    fn holds(&self, publication: &Publication, component: &Digest) -> Result<(), ReceiptFault> {
        let is_signed = Digest::of(self.manifest.as_bytes()) == publication.manifest;
        let manifest: Option<Manifest> = serde_json::from_str(&self.manifest).ok();
        let layers = manifest.map(|manifest| manifest.layers).unwrap_or_default();
        match layers.as_slice() {
            [layer] if is_signed && layer.digest == *component => Ok(()),
            _ => Err(ReceiptFault::OtherManifest),
        }
    }

    /// The namespace by its leaves alone, with the version in its place among them: who may publish then, and whether two have to, is what those
    /// before it say; whether their keys are good, what those after it say too.
    fn folded(
        &self,
        namespace: &Namespace,
        (publication, at): (&Publication, Moment),
        tree: (u64, Hash),
    ) -> Result<State, ReceiptFault> {
        let places = self.places();
        let is_in_order = places.is_sorted_by(|one, next| one < next);
        if self.history.len() > MAX_HISTORY || !is_in_order {
            return Err(ReceiptFault::History);
        }
        let place = self.leaf.inclusion.index;
        let (before, after) = self
            .history
            .split_at(places.partition_point(|history| *history < place));
        let mut state = State::default();
        for entry in before {
            state.apply(&history(entry, namespace, tree)?)?;
        }
        state.check_signed(publication, at)?;
        for entry in after {
            state.apply(&history(entry, namespace, tree)?)?;
        }
        Ok(state)
    }
}

/// A leaf of a namespace's history.
fn history(entry: &Entry, namespace: &Namespace, tree: (u64, Hash)) -> Result<Leaf, ReceiptFault> {
    let leaf = included(entry, tree)?;
    match about(&leaf.change) == Some(namespace) {
        true => Ok(leaf),
        false => Err(ReceiptFault::History),
    }
}

/// Who approved of it; the fold has verified that they did, and what came later may have taken it away.
fn approved(
    owned: &Owned,
    publication: &Publication,
    at: Moment,
) -> Result<Option<Approved>, ReceiptFault> {
    if let Some((key, why)) = owned.void_approval(publication, at) {
        return Err(Refused::KeyNotGood(key, why).into());
    }
    let approval = publication.approval.as_ref();
    let key = approval.and_then(|approval| owned.key(approval.by));
    Ok(key.map(|key| Approved {
        account: key.account.clone(),
        key: key.record.key.hint(),
    }))
}

fn included(entry: &Entry, (size, root): (u64, Hash)) -> Result<Leaf, ReceiptFault> {
    let bytes = entry.leaf.as_bytes();
    if !entry.inclusion.proves(leaf_hash(bytes), size, root) {
        let index = entry.inclusion.index;
        return Err(LogFault::NotIncluded { index, size }.into());
    }
    Ok(Leaf::decode(bytes)?)
}

/// The namespace whose keys a change is about.
fn about(change: &Change) -> Option<&Namespace> {
    match change {
        Change::Namespace(claim) => Some(&claim.namespace),
        Change::Key(added) => Some(&added.namespace),
        Change::KeyEnd(ended) => Some(&ended.namespace),
        Change::Member(changed) => Some(&changed.namespace),
        Change::Rule(changed) => Some(&changed.namespace),
        Change::Publisher(added) => Some(&added.namespace),
        Change::PublisherEnd(ended) => Some(&ended.namespace),
        Change::Freeze(freeze) => Some(&freeze.namespace),
        Change::Thaw(thaw) => Some(&thaw.namespace),
        _ => None,
    }
}

/// The key this one goes back to, and whether that came without a signature after others.
fn first_of(owned: &Owned, mut hint: KeyHint) -> (KeyHint, bool) {
    // A key is signed by an earlier one, so this ends.
    while let Some(signer) = owned.key(hint).and_then(|key| key.signed_by) {
        hint = signer;
    }
    (hint, owned.key(hint).is_some_and(|key| key.recovered))
}
