//! Why a leaf is refused.

use metier_core::{Digest, SkillName};
use semver::Version;

use super::{
    members::MemberRefused, namespace::Namespace, publishers::PublisherRefused, words::Account,
};
use crate::{
    fixtures::Moment,
    kind::Kind,
    trust::{KeyHint, Unusable},
};

/// Why a leaf cannot follow those before it. To whoever asks the market for a change it says what to do; to whoever folds a log, that the
/// market has appended what it must not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Time went backwards.
    #[error("the leaf is of {at}, and the one before it of {last}")]
    Earlier {
        /// Of the leaf.
        at: Moment,
        /// Of the one before.
        last: Moment,
    },
    /// Somebody else's.
    #[error("the namespace `{0}` is `{1}`'s")]
    Taken(Namespace, Account),
    /// Below somebody else's.
    #[error("the namespace is below `{0}`, which is `{1}`'s: only they can claim it")]
    Below(Namespace, Account),
    /// Proven after it was claimed.
    #[error("the proof is of a time after the leaf")]
    ProofTime,
    /// Nobody's.
    #[error("nobody has claimed the namespace `{0}`")]
    NoNamespace(Namespace),
    /// The namespace has another key than a renewed claim says.
    #[error(
        "the namespace `{0}` is claimed already; a further key is added by a leaf of the type `key`"
    )]
    KeyInClaim(Namespace),
    /// Enough.
    #[error("the namespace `{0}` has as many keys as one can have")]
    TooManyKeys(Namespace),
    /// Its keys, or whom they trust, changed so often that no receipt could carry more.
    #[error(
        "the keys of `{0}`, and the publishers they trust, have changed as often as they can; a line at the domain can still end one"
    )]
    TooManyChanges(Namespace),
    /// Twice.
    #[error("the key {0} is or was one of `{1}`; make a new one")]
    KeyThere(KeyHint, Namespace),
    /// Of somebody else.
    #[error("the key {0} is none of `{1}`")]
    ForeignKey(KeyHint, Namespace),
    /// Not good at the time.
    #[error("the key {0} does not count: {1}")]
    KeyNotGood(KeyHint, Unusable),
    /// Not made by it.
    #[error("the key {0} of `{1}` did not sign this change")]
    BadSignature(KeyHint, Namespace),
    /// Recovered, though there is one left.
    #[error("the namespace `{0}` has a key that is good; a further one is signed by it")]
    KeyLeft(Namespace),
    /// Recovered before the time.
    #[error("the namespace `{0}` can get a key without a signature from {1} on")]
    TooEarly(Namespace, Moment),
    /// Times that cannot be.
    #[error(
        "the times of the key of `{0}` cannot be: it ends before it begins, or the domain vouches for it, which says nothing of times"
    )]
    KeyTimes(Namespace),
    /// Ended already, and not later.
    #[error("the key {0} was ended before")]
    KeyEndedBefore(KeyHint),
    /// Nothing is published there now.
    #[error("the namespace `{0}` is frozen: it has to be proven anew")]
    Frozen(Namespace),
    /// Not frozen.
    #[error("the namespace `{0}` is not frozen")]
    NotFrozen(Namespace),
    /// About members, and what two of them stand for.
    #[error(transparent)]
    Member(#[from] MemberRefused),
    /// About trusted publishing.
    #[error(transparent)]
    Publisher(#[from] PublisherRefused),
    /// There for ever.
    #[error(
        "{0} {1} is published already, and a version is never published twice; publish a higher one"
    )]
    VersionThere(SkillName, Version),
    /// A name that stands for something else.
    #[error("{0} is the name of {kind}, and stays one", kind = a(*.1))]
    OtherKind(SkillName, Kind),
    /// Two versions that are one.
    #[error("{0} {1}: what stands behind `+` makes no version of its own; leave it out")]
    BuildMetadata(SkillName, Version),
    /// One file under two names.
    #[error("the file {digest} is {name} {version} already")]
    DigestThere {
        /// The file.
        digest: Digest,
        /// What it is.
        name: SkillName,
        /// Which version of it.
        version: Version,
    },
    /// Must not run anyway.
    #[error("{0} {1} is revoked before it is published")]
    PublishedRevoked(SkillName, Version),
    /// Not there.
    #[error("there is no {0} {1}")]
    NoVersion(SkillName, Version),
    /// Yanked already.
    #[error("{0} {1} is yanked already")]
    Yanked(SkillName, Version),
    /// Not yanked.
    #[error("{0} {1} is not yanked")]
    NotYanked(SkillName, Version),
    /// Revoked already.
    #[error("{0} is revoked already")]
    Revoked(String),
    /// Not revoked.
    #[error("{0} is not revoked")]
    NotRevoked(String),
    /// Enough.
    #[error("there are as many revocations as a list can have")]
    TooManyRevoked,
}

fn a(kind: Kind) -> &'static str {
    match kind {
        Kind::Skill => "a skill",
        Kind::Agent => "an agent",
    }
}
