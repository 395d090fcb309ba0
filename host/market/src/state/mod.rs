//! The market's state is a fold of its log's leaves: pure, and the same for everybody who has the leaves.
//!
//! A [`Leaf`] is one change; [`State::apply`] takes it or refuses it ([`Refused`]). The market's keeper asks before it appends, so a log
//! has no leaf that is refused; whoever folds a log and finds one has caught the market lying. `apply` looks at nothing but the leaf and
//! the state, and verifies what can be verified from them: above all that a namespace's new key, and the end of one, is signed by one of
//! its keys ([`KeyChange`], [`KeyEnding`]).
//!
//! What holds:
//!
//! - a leaf is not earlier than the one before it;
//! - a namespace has one owner, who alone may claim the namespaces below it; whoever had one of those before keeps it;
//! - a key is in a namespace once, for ever; a later key is signed by one that is good at the time, or is `recovered`, when none has been
//!   good for [`RECOVERY_WAIT`];
//! - a key is ended by one that is good at the time, itself included, or by the domain;
//! - keys, members, trusted publishers and rules are changed by owners, and there is always one; a member publishes, or approves, as its
//!   [role](Role) says;
//! - where a namespace has the [2-person rule](Approval), another member than whoever signed a version has approved of it, and another owner of
//!   what would get around the rule;
//! - nothing is good before its leaf: `from` in the past means from the leaf on;
//! - what a compromised key signed since then is void, versions, further keys and trusted publishers alike, and what those signed or published;
//! - a version is published once, by a key that is good, under a namespace that is not frozen; a file is one version of one skill;
//! - a name stands for a skill or for an agent, for ever;
//! - what no key of the namespace signed, a run published that a key of it trusts ([`TrustedPublisher`]); what it published since it was in
//!   other hands is void;
//! - only what is there is yanked, revoked, frozen and ended, and only what was is taken back.
//!
//! A leaf says who did it ([`Leaf::by`]), for the record: which accounts act for an owner, the keeper knows and the log does not.

mod apply;
mod encode;
mod keys;
mod leaf;
mod members;
mod namespace;
mod pins;
mod publishers;
mod query;
mod refused;
mod rule;
mod runs;
mod signatures;
mod skills;
mod trusted;
mod void;
mod vouch;
mod words;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use metier_core::{Digest, SkillName};
use semver::Version;

use crate::{
    fixtures::Moment,
    revoked::Revoked,
    trust::{KeyHint, KeyRecord, Publisher},
};

pub use encode::{LeafError, TYPES};
pub use keys::{KeyChange, KeyEnding, RECOVERY_WAIT};
pub use leaf::{
    Change, Claim, Freeze, KeyAdded, KeyEnded, Leaf, Proof, ProofMethod, Publication, Revoke, Thaw,
    Unrevoke, Unyank, Yank,
};
pub use members::{InvalidRole, Member, MemberChange, MemberChanged, MemberRefused, Role};
pub use namespace::{InvalidNamespace, Namespace};
pub use publishers::{
    KnownPublisher, MAX_PUBLISHERS, PublisherAdded, PublisherChange, PublisherEnded,
    PublisherEnding, PublisherRefused,
};
pub use query::Standing;
pub use refused::Refused;
pub use rule::{Approval, RuleChange, RuleChanged};
pub use runs::Run;
pub use signatures::{Bundles, Unproven, subject_name};
pub use skills::MAX_REVOKED;
pub use trusted::TrustedPublisher;
pub use void::MAX_VOID;
pub use vouch::{LeafSignature, Vouched};
pub use words::{Account, InvalidAccount, InvalidReason, Price, Reason, Word};

/// Everything the market knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// How many leaves were applied.
    size: u64,
    /// When the last of them was written.
    last: Option<Moment>,
    namespaces: BTreeMap<Namespace, Owned>,
    skills: BTreeMap<SkillName, BTreeMap<Version, Published>>,
    /// Which version each component is.
    digests: BTreeMap<Digest, (SkillName, Version)>,
    revoked: Revoked,
    /// The last leaf that can have changed what the revocation list says.
    listed: u64,
}

/// A namespace and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Whose.
    pub owner: Account,
    /// How it was proven last.
    pub proof: Proof,
    /// Why nothing is published under it now.
    pub frozen: Option<Reason>,
    /// Its keys, in the order they came.
    pub keys: Vec<NamespaceKey>,
    /// Whose they are, and what each may do.
    pub members: BTreeMap<Account, Role>,
    /// Whether a version is approved by another member than the one who signed it.
    pub two_person: bool,
    /// How often its keys and members changed since the first came, whom they trust, and its rule.
    pub changes: usize,
    /// Runs that publish without one of them, in the order they came.
    pub publishers: Vec<KnownPublisher>,
}

/// A key of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceKey {
    /// The key and when it is good.
    pub record: KeyRecord<Publisher>,
    /// Whose it is.
    pub account: Account,
    /// Whether no earlier key vouches for it: clients say so loudly.
    pub recovered: bool,
    /// The earlier key that signed it; none for the first one and for recovered ones.
    pub signed_by: Option<KeyHint>,
    /// When it was said to have been in other hands, or the key that signed it.
    pub voided: Option<Moment>,
    /// When it came.
    pub at: Moment,
    /// Which leaf brought it.
    pub leaf: u64,
}

/// A published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// What was published.
    pub publication: Publication,
    /// When.
    pub at: Moment,
    /// Which leaf says so: the number of its receipt.
    pub leaf: u64,
    /// Why nobody should begin to use it.
    pub yanked: Option<Reason>,
}
