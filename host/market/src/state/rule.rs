//! The 2-person rule: nothing is published by one person alone.
//!
//! An owner turns it on for a namespace that has two owners or more. From then on a version carries, beside the signature of whoever publishes
//! it, that of another member ([`Approval`]): the fold takes no other, and so does no client, which folds the namespace's history itself. A run
//! of a CI service is one person; a member approves what it publishes.
//!
//! What would get around the rule needs two owners too: to turn it off, to take in somebody new, to raise somebody's role, to trust a run. What
//! only stops something needs one: to remove somebody, to end a key, to yank, to revoke.

use metier_core::{Digest, SkillName};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{
    MemberRefused, Owned, Role, State,
    leaf::Publication,
    namespace::Namespace,
    refused::Refused,
    vouch::{LeafSignature, signed},
    words::Account,
};
use crate::{
    fixtures::Moment,
    trust::{KeyError, KeyHint, Publisher, SigningKey, Unusable},
};

/// That the rule is on or off: what an owner signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleChange {
    /// For which namespace.
    pub namespace: Namespace,
    /// Whether it is on.
    pub two_person: bool,
    /// How many changes the namespace had before ([`Owned::changes`]): it is the next one, or none.
    pub after: u64,
}

/// The rule is on or off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RuleChanged {
    /// For which namespace.
    pub namespace: Namespace,
    /// Whether it is on.
    pub two_person: bool,
    /// How many changes the namespace had before.
    pub after: u64,
    /// By a key of an owner that is good.
    pub signature: LeafSignature,
    /// By another owner's, when it is turned off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<LeafSignature>,
}

/// That a member approves of a version: what they sign. It names one version, its bytes, and whoever published it; so it is worth nothing for
/// another of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Approval {
    /// Of which skill, or agent.
    pub name: SkillName,
    /// Which.
    pub version: Version,
    /// The component.
    pub digest: Digest,
    /// The OCI manifest.
    pub manifest: Digest,
    /// The key the publisher's bundle is signed with.
    pub key: KeyHint,
    /// Whether updates to it do not wait.
    pub security_fix: bool,
}

impl RuleChange {
    /// The signature of an owner's key.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn signature(&self, key: &SigningKey<Publisher>) -> Result<LeafSignature, KeyError> {
        LeafSignature::of(&self.signed(), key)
    }

    /// The leaf's part with those signatures.
    pub fn with(self, signature: LeafSignature, second: Option<LeafSignature>) -> RuleChanged {
        RuleChanged {
            namespace: self.namespace,
            two_person: self.two_person,
            after: self.after,
            signature,
            second,
        }
    }

    fn signed(&self) -> Vec<u8> {
        signed("rule", self)
    }
}

impl RuleChanged {
    /// What was signed.
    pub fn change(&self) -> RuleChange {
        RuleChange {
            namespace: self.namespace.clone(),
            two_person: self.two_person,
            after: self.after,
        }
    }
}

impl Approval {
    /// The signature of a member's key.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn signature(&self, key: &SigningKey<Publisher>) -> Result<LeafSignature, KeyError> {
        LeafSignature::of(&self.signed(), key)
    }

    fn signed(&self) -> Vec<u8> {
        signed("approval", self)
    }
}

impl Publication {
    /// What another member signs to approve of it.
    pub fn to_approve(&self) -> Approval {
        Approval {
            name: self.name.clone(),
            version: self.version.clone(),
            digest: self.digest,
            manifest: self.manifest,
            key: self.key,
            security_fix: self.security_fix,
        }
    }
}

impl State {
    pub(super) fn change_rule(&mut self, changed: &RuleChanged, at: Moment) -> Result<(), Refused> {
        let owned = self.owned_mut(&changed.namespace)?;
        owned.check_rule(changed, at)?;
        owned.two_person = changed.two_person;
        owned.changes += 1;
        Ok(())
    }
}

impl Owned {
    fn check_rule(&self, changed: &RuleChanged, at: Moment) -> Result<(), Refused> {
        let namespace = &changed.namespace;
        self.check_changes(namespace, false)?;
        self.check_place(changed.after)?;
        let signed = changed.change().signed();
        self.check_owner(namespace, &signed, &changed.signature, at)?;
        if self.two_person == changed.two_person {
            return Err(MemberRefused::RuleThere(changed.two_person).into());
        }
        if self.frozen.is_some() && !changed.two_person {
            return Err(Refused::Frozen(namespace.clone()));
        }
        let signatures = (&changed.signature, changed.second.as_ref());
        self.check_second(namespace, &signed, signatures, true, at)?;
        match changed.two_person {
            // With one owner alone nobody could ever turn it off.
            true => self.with_rule().check_owners_left(at, |_| true),
            false => Ok(()),
        }
    }

    fn with_rule(&self) -> Owned {
        Owned {
            two_person: true,
            ..self.clone()
        }
    }

    /// Whether whoever publishes may, and whoever approves; and whether somebody has to.
    pub(super) fn check_people(
        &self,
        publication: &Publication,
        at: Moment,
    ) -> Result<(), Refused> {
        let author = self.author(publication);
        if let Some(author) = author {
            let role = self.members.get(author).copied();
            if role.is_none_or(|role| role < Role::Publisher) {
                return Err(MemberRefused::NoPublisher(publication.key, author.clone()).into());
            }
        }
        match &publication.approval {
            None if self.two_person => Err(MemberRefused::NeedsApproval.into()),
            None => Ok(()),
            Some(signature) => {
                self.check_approval(&publication.to_approve(), author, signature, at)
            }
        }
    }

    /// Whose key signed it; nobody's where a run did.
    pub fn author(&self, publication: &Publication) -> Option<&Account> {
        match &publication.run {
            Some(_) => None,
            None => self.key(publication.key).map(|key| &key.account),
        }
    }

    /// Whether a member approved of it, and not the one who signed it.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn check_approval(
        &self,
        approval: &Approval,
        author: Option<&Account>,
        signature: &LeafSignature,
        at: Moment,
    ) -> Result<(), Refused> {
        let namespace = Namespace::of(&approval.name);
        let key = self.check_signature(&namespace, &approval.signed(), signature, at)?;
        let account = key.account.clone();
        if self.role_of(key).is_none() {
            return Err(MemberRefused::NoMember(signature.by, account).into());
        }
        match author == Some(&account) {
            true => Err(MemberRefused::SelfApproval(account).into()),
            false => Ok(()),
        }
    }

    /// Why the approval of a version does not count any more: the key was in other hands.
    pub(crate) fn void_approval(
        &self,
        publication: &Publication,
        at: Moment,
    ) -> Option<(KeyHint, Unusable)> {
        let approval = publication.approval.as_ref()?;
        let key = self.key(approval.by)?;
        let why = key.record.usable_at(at).err()?;
        Some((approval.by, why))
    }
}
