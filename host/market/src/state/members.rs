//! Who belongs to a namespace, and what each may do.
//!
//! A key of a namespace is an account's, and an account has one [`Role`] there. The account that claimed the namespace is an owner; so is
//! whoever has a key without a role, as all keys of before had. An owner signs who else belongs to it: a new member comes with a `key` leaf
//! that names a [`Member`], and is changed or removed by a `member` leaf. So a market that lies can invent no member and raise no role.
//!
//! A change of a member, or of the [rule](super::rule), is signed for one place in the namespace's history ([`MemberChange::after`]): nobody can
//! say it again later, nor in another order.

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    NamespaceKey, Owned, State,
    keys::ended_now,
    namespace::Namespace,
    refused::Refused,
    vouch::{LeafSignature, signed},
    words::Account,
};
use crate::{
    fixtures::Moment,
    trust::{KeyError, KeyHint, Publisher, SigningKey},
};

/// What a member may do. One with a higher role may do what those with a lower one may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Approves what others publish, and publishes nothing.
    Reviewer,
    /// Publishes, and yanks what is published.
    Publisher,
    /// Changes members, keys, trusted publishers and rules too.
    Owner,
}

/// The text is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is `owner`, `publisher` or `reviewer`")]
pub struct InvalidRole;

impl Role {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Reviewer => "reviewer",
            Role::Publisher => "publisher",
            Role::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Role {
    type Err = InvalidRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Role::Reviewer, Role::Publisher, Role::Owner];
        let found = all.into_iter().find(|role| role.as_str() == text);
        found.ok_or(InvalidRole)
    }
}

/// Whose a key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The account.
    pub account: Account,
    /// Its role in the namespace.
    pub role: Role,
}

/// That a member has another role, or none any more: what an owner signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// Of which namespace.
    pub namespace: Namespace,
    /// Whose role.
    pub account: Account,
    /// The new one; the member is removed, and all its keys are ended, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How many changes the namespace had before ([`Owned::changes`]): it is the next one, or none.
    pub after: u64,
}

/// A member has another role, or none any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MemberChanged {
    /// Of which namespace.
    pub namespace: Namespace,
    /// Whose role.
    pub account: Account,
    /// The new one; removed when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How many changes the namespace had before.
    pub after: u64,
    /// By a key of an owner that is good.
    pub signature: LeafSignature,
    /// By another owner's, where the 2-person rule wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<LeafSignature>,
}

/// Why a leaf about members, or one that another person has to stand for too, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemberRefused {
    /// By somebody who may not.
    #[error(
        "the key {0} is of `{1}`, who is no owner: only owners change keys, members, trusted publishers and rules"
    )]
    NoOwner(KeyHint, Account),
    /// Published by somebody who may not.
    #[error("the key {0} is of `{1}`, who may publish nothing here")]
    NoPublisher(KeyHint, Account),
    /// Approved by somebody who may not.
    #[error("the key {0} is of `{1}`, who is no member any more")]
    NoMember(KeyHint, Account),
    /// Not there.
    #[error("`{0}` is no member of the namespace")]
    Missing(Account),
    /// Has it, or has another than a further key says.
    #[error("`{0}` is a member already, with the role {1}")]
    RoleThere(Account, Role),
    /// Nobody would be left who could change anything.
    #[error("the namespace would have no owner with a key that is good")]
    LastOwner,
    /// Nobody would be left who could approve a change.
    #[error("with the 2-person rule there are two owners with keys that are good, or more")]
    TwoOwners,
    /// Signed for another place of the history.
    #[error(
        "it was signed for the namespace after {signed} changes, and it had {there}: look at it again, and sign anew"
    )]
    OtherPlace {
        /// What was signed.
        signed: u64,
        /// What there is.
        there: u64,
    },
    /// It is so already.
    #[error("the 2-person rule is {} already", if *.0 { "on" } else { "off" })]
    RuleThere(bool),
    /// One signature where there have to be two.
    #[error("by the 2-person rule of the namespace, another owner signs this too")]
    NeedsSecond,
    /// Two signatures of one person.
    #[error("both signatures are of `{0}`, and by the 2-person rule they are of two accounts")]
    SameSecond(Account),
    /// One person where there have to be two.
    #[error(
        "by the 2-person rule of the namespace, a version is approved by another member than the one who signed it"
    )]
    NeedsApproval,
    /// Approved by whoever signed it.
    #[error("`{0}` signed this version, and cannot approve it too")]
    SelfApproval(Account),
}

impl MemberChange {
    /// The signature of an owner's key.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn signature(&self, key: &SigningKey<Publisher>) -> Result<LeafSignature, KeyError> {
        LeafSignature::of(&self.signed(), key)
    }

    /// The leaf's part with those signatures.
    pub fn with(self, signature: LeafSignature, second: Option<LeafSignature>) -> MemberChanged {
        MemberChanged {
            namespace: self.namespace,
            account: self.account,
            role: self.role,
            after: self.after,
            signature,
            second,
        }
    }

    fn signed(&self) -> Vec<u8> {
        signed("member", self)
    }
}

impl MemberChanged {
    /// What was signed.
    pub fn change(&self) -> MemberChange {
        MemberChange {
            namespace: self.namespace.clone(),
            account: self.account.clone(),
            role: self.role,
            after: self.after,
        }
    }
}

impl State {
    pub(super) fn change_member(
        &mut self,
        changed: &MemberChanged,
        at: Moment,
    ) -> Result<(), Refused> {
        let owned = self.owned_mut(&changed.namespace)?;
        owned.check_member(changed, at)?;
        let account = &changed.account;
        match changed.role {
            Some(role) => {
                owned.members.insert(account.clone(), role);
            }
            None => {
                owned.members.remove(account);
                let theirs = owned.keys.iter_mut();
                for key in theirs.filter(|key| key.account == *account) {
                    ended_now(&mut key.record, at);
                }
            }
        }
        owned.changes += 1;
        Ok(())
    }
}

impl Owned {
    /// The role of the account whose key this is; nothing when it is no member any more.
    pub fn role_of(&self, key: &NamespaceKey) -> Option<Role> {
        self.members.get(&key.account).copied()
    }

    /// The role of an account that has a key which is good then. Who claimed the namespace has theirs without: the domain may speak for them.
    pub fn role_at(&self, account: &Account, at: Moment) -> Option<Role> {
        let role = self.members.get(account).copied()?;
        let has_key = || self.keys_at(at).any(|key| key.account == *account);
        (*account == self.owner || has_key()).then_some(role)
    }

    /// The accounts that may approve what this one signed, or what a run did.
    pub fn approvers(&self, author: Option<&Account>, at: Moment) -> Vec<&Account> {
        let others = self.members.keys();
        let others = others.filter(|account| Some(*account) != author);
        let has_key = |account: &&Account| self.keys_at(at).any(|key| key.account == **account);
        others.filter(has_key).collect()
    }

    /// Whether a member may be changed so.
    fn check_member(&self, changed: &MemberChanged, at: Moment) -> Result<(), Refused> {
        let namespace = &changed.namespace;
        let account = &changed.account;
        self.check_changes(namespace, false)?;
        self.check_place(changed.after)?;
        let signed = changed.change().signed();
        self.check_owner(namespace, &signed, &changed.signature, at)?;
        let before = self.members.get(account).copied();
        let before = before.ok_or_else(|| MemberRefused::Missing(account.clone()))?;
        if changed.role == Some(before) {
            return Err(MemberRefused::RoleThere(account.clone(), before).into());
        }
        let is_raised = changed.role.is_some_and(|role| role > before);
        if is_raised && self.frozen.is_some() {
            return Err(Refused::Frozen(namespace.clone()));
        }
        let signatures = (&changed.signature, changed.second.as_ref());
        self.check_second(namespace, &signed, signatures, is_raised, at)?;
        match before == Role::Owner {
            true => self.check_owners_left(at, |key| key.account != *account),
            false => Ok(()),
        }
    }

    /// Whether this is the next change of the namespace.
    pub(super) fn check_place(&self, signed: u64) -> Result<(), MemberRefused> {
        let there = u64::try_from(self.changes).unwrap_or(u64::MAX);
        match signed == there {
            true => Ok(()),
            false => Err(MemberRefused::OtherPlace { signed, there }),
        }
    }

    /// Whether an owner signed it.
    pub(super) fn check_owner(
        &self,
        namespace: &Namespace,
        signed: &[u8],
        signature: &LeafSignature,
        at: Moment,
    ) -> Result<(), Refused> {
        let key = self.check_signature(namespace, signed, signature, at)?;
        match self.role_of(key) {
            Some(Role::Owner) => Ok(()),
            _ => Err(MemberRefused::NoOwner(signature.by, key.account.clone()).into()),
        }
    }

    /// Whether another owner signed it too, where the rule wants it. A second signature that nobody needs is a good one all the same.
    pub(super) fn check_second(
        &self,
        namespace: &Namespace,
        signed: &[u8],
        (first, second): (&LeafSignature, Option<&LeafSignature>),
        gives_power: bool,
        at: Moment,
    ) -> Result<(), Refused> {
        let Some(second) = second else {
            return match gives_power && self.two_person {
                true => Err(MemberRefused::NeedsSecond.into()),
                false => Ok(()),
            };
        };
        self.check_owner(namespace, signed, second, at)?;
        let account = |hint| self.key(hint).map(|key| &key.account);
        match account(first.by).filter(|first| Some(*first) == account(second.by)) {
            Some(same) => Err(MemberRefused::SameSecond(same.clone()).into()),
            None => Ok(()),
        }
    }

    /// Whether there are as many owners as there have to be, by keys that go on beyond the second of the leaf: two removals in one second leave
    /// one of them.
    pub(super) fn check_owners_left(
        &self,
        at: Moment,
        stays: impl Fn(&NamespaceKey) -> bool,
    ) -> Result<(), Refused> {
        let after = at.plus(Duration::from_secs(1));
        let owners = self.keys_at(after).filter(|key| stays(key));
        let owners = owners.filter(|key| self.role_of(key) == Some(Role::Owner));
        let owners: BTreeSet<&Account> = owners.map(|key| &key.account).collect();
        match owners.len() {
            0 => Err(MemberRefused::LastOwner.into()),
            1 if self.two_person => Err(MemberRefused::TwoOwners.into()),
            _ => Ok(()),
        }
    }
}
