//! What can happen in a market, one type each.

use metier_core::{Digest, SkillName};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    members::{Member, MemberChanged},
    namespace::Namespace,
    publishers::{PublisherAdded, PublisherEnded},
    rule::RuleChanged,
    runs::Run,
    vouch::{LeafSignature, Vouched},
    words::{Account, Price, Reason, Word},
};
use crate::{
    fixtures::Moment,
    kind::Kind,
    revoked::Target,
    trust::{KeyHint, PublicKey},
};

/// One change, when it was written, and who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// When the market appended it, by its clock.
    pub at: Moment,
    /// Who did it.
    pub by: Account,
    /// What.
    pub change: Change,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `namespace`: it is claimed, or proven anew by its owner.
    Namespace(Claim),
    /// `key`: a namespace has a further key.
    Key(KeyAdded),
    /// `key-end`: a key signs nothing more.
    KeyEnd(KeyEnded),
    /// `member`: somebody has another role, or is no member any more.
    Member(MemberChanged),
    /// `rule`: the 2-person rule is on or off.
    Rule(RuleChanged),
    /// `publisher`: runs of a CI service may publish.
    Publisher(PublisherAdded),
    /// `publisher-end`: they may no more.
    PublisherEnd(PublisherEnded),
    /// `publish`: a version is there.
    Publish(Box<Publication>),
    /// `yank`: nobody should begin to use a version.
    Yank(Yank),
    /// `unyank`: they may again.
    Unyank(Unyank),
    /// `revoke`: something must not run.
    Revoke(Revoke),
    /// `unrevoke`: it may again.
    Unrevoke(Unrevoke),
    /// `freeze`: nothing is published under a namespace.
    Freeze(Freeze),
    /// `thaw`: something is again.
    Thaw(Thaw),
}

/// How a namespace was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofMethod {
    /// A TXT record.
    Dns,
    /// A file below `/.well-known/`.
    Https,
}

/// The proof that a namespace is somebody's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Proof {
    /// How.
    pub method: ProofMethod,
    /// Where: the name of the record, or the address of the file.
    pub place: Word,
    /// When it was found there.
    pub at: Moment,
}

/// A namespace is claimed with its first key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Claim {
    /// Which.
    pub namespace: Namespace,
    /// Whose it is from now on.
    pub owner: Account,
    /// Why.
    pub proof: Proof,
    /// Its first key.
    pub key: PublicKey,
    /// From when on that signs nothing more; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A namespace has a further key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KeyAdded {
    /// Whose.
    pub namespace: Namespace,
    /// The key.
    pub key: PublicKey,
    /// From when on it signs; at the earliest, and when absent, from the leaf on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// From when on it signs nothing more; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Whose it is; of who claimed the namespace, who is an owner, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Member>,
    /// By a key of an owner that is good, or by the domain, when the key is recovered: there was no key left to sign. Then it is good
    /// from the leaf on, and for ever, and of who claimed the namespace.
    pub vouched: Vouched,
    /// By another owner's, where the 2-person rule wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<LeafSignature>,
}

/// A key signs nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KeyEnded {
    /// Whose.
    pub namespace: Namespace,
    /// Which.
    pub key: KeyHint,
    /// From when on; at the earliest from the second after the leaf on, and then when absent, or when it is compromised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Since when somebody else may have had it: what it signed from then on is void. Nobody had when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// By a key of the namespace that is good, itself included, or by the domain, when the key is lost.
    pub vouched: Vouched,
}

/// A version is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Publication {
    /// Of which skill, or agent.
    pub name: SkillName,
    /// What it is; a skill when absent.
    #[serde(default, skip_serializing_if = "Kind::is_skill")]
    pub kind: Kind,
    /// Which.
    pub version: Version,
    /// The component: what is installed.
    pub digest: Digest,
    /// The OCI manifest: what is signed.
    pub manifest: Digest,
    /// The publisher's bundle.
    pub bundle: Digest,
    /// The market's review.
    pub review: Digest,
    /// The key the publisher's bundle is signed with.
    pub key: KeyHint,
    /// The run whose key that is; the namespace's own when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// That another member approved of it ([`super::Approval`]), where the 2-person rule wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<LeafSignature>,
    /// Bytes of the component.
    pub size: u64,
    /// What it may touch, as a digest.
    pub authority: Digest,
    /// What a model reads of it, as a digest.
    pub words: Digest,
    /// What it costs; nothing when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Whether it mends a hole, so that updates to it do not wait.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security_fix: bool,
}

macro_rules! leaves {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$field_doc:meta])* $field:ident: $kind:ty, )* } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub struct $name {
            $( $(#[$field_doc])* pub $field: $kind, )*
        }
    )* };
}

leaves! {
    /// Nobody should begin to use a version.
    Yank {
        /// Of which skill.
        name: SkillName,
        /// Which.
        version: Version,
        /// Why.
        why: Reason,
    }
    /// A version was yanked by mistake.
    Unyank {
        /// Of which skill.
        name: SkillName,
        /// Which.
        version: Version,
        /// Why.
        why: Reason,
    }
    /// Something must not run.
    Revoke {
        /// What.
        target: Target,
        /// Why.
        why: Reason,
    }
    /// Something was revoked by mistake.
    Unrevoke {
        /// What, as it was revoked.
        target: Target,
        /// Why.
        why: Reason,
    }
    /// A namespace lost its proof.
    Freeze {
        /// Which.
        namespace: Namespace,
        /// Why.
        why: Reason,
    }
    /// The proof came back.
    Thaw {
        /// Which.
        namespace: Namespace,
        /// Why.
        why: Reason,
    }
}
