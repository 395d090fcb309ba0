//! Who says that a namespace's keys change, or whose runs it trusts: one of its keys, or, where none is left to sign, the domain.
//!
//! A signature is over a statement's canonical JSON with its `type`, so that what was signed of one kind, namespace or key is worth nothing
//! for another. What a domain published is in the leaf as where it stood and when: the line itself follows from the leaf
//! ([`crate::keeper::proof`]), so that whoever watches the market can look whether it was ever there.

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::canonical;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    NamespaceKey, Owned,
    encode::members,
    leaf::{KeyAdded, KeyEnded, Proof},
    members::{Member, MemberRefused, Role},
    refused::Refused,
    words::Account,
};
use crate::{
    fixtures::Moment,
    trust::{KeyError, KeyHint, Publisher, SigningKey, pae},
};

/// What a signature on a key change is over, beside its bytes; no bundle has this type.
const PAYLOAD_TYPE: &str = "application/vnd.metier.key-change+json";

/// Who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vouched {
    /// A key of the namespace that is good signed it.
    Key(LeafSignature),
    /// The domain had a line that names exactly this.
    Domain(Proof),
}

impl Vouched {
    /// Whether no key said it.
    pub(super) fn is_domain(&self) -> bool {
        matches!(self, Vouched::Domain(_))
    }
}

/// A signature on a key change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafSignature {
    /// By which key.
    pub by: KeyHint,
    /// The signature, in base64.
    pub signature: String,
}

impl LeafSignature {
    /// Signs the bytes of a statement.
    pub(super) fn of(signed: &[u8], key: &SigningKey<Publisher>) -> Result<Self, KeyError> {
        Ok(LeafSignature {
            by: key.verifying().hint(),
            signature: STANDARD.encode(key.pair().sign(signed)?),
        })
    }
}

/// What is signed of a statement: it with its type.
pub(super) fn signed(kind: &str, statement: &impl Serialize) -> Vec<u8> {
    // Statements are objects: they always have members.
    let mut fields = members(statement).unwrap_or_default();
    fields.insert("type".to_owned(), kind.into());
    pae(
        PAYLOAD_TYPE,
        canonical::text(&Value::Object(fields)).as_bytes(),
    )
}

impl Owned {
    /// Whether a key is added by whoever may, and whose it is then: an owner, by a key that is good, or the domain, when none was for long
    /// enough.
    pub(super) fn check_change(&self, added: &KeyAdded, at: Moment) -> Result<Account, Refused> {
        let namespace = &added.namespace;
        match &added.vouched {
            Vouched::Key(signature) => {
                let signed = added.change().signed();
                self.check_owner(namespace, &signed, signature, at)?;
                let (account, gives_power) = self.whose(added.member.as_ref(), signature)?;
                let signatures = (signature, added.second.as_ref());
                self.check_second(namespace, &signed, signatures, gives_power, at)?;
                Ok(account)
            }
            Vouched::Domain(proof) => {
                self.check_recovery(namespace, at)?;
                found_before(proof, at)?;
                // The line names no times and nobody: with some of their own choice a thief of the token could spoil the key for ever.
                match (added.from, added.until, &added.member, &added.second) {
                    (None, None, None, None) => Ok(self.owner.clone()),
                    _ => Err(Refused::KeyTimes(namespace.clone())),
                }
            }
        }
    }

    /// Whose a new key is, and whether that lets somebody else in than who signed for it.
    fn whose(
        &self,
        member: Option<&Member>,
        signature: &LeafSignature,
    ) -> Result<(Account, bool), Refused> {
        let account = member.map_or(&self.owner, |member| &member.account);
        let there = self.members.get(account).copied();
        let role = member.map_or(Role::Owner, |member| member.role);
        if let Some(there) = there.filter(|there| *there != role) {
            return Err(MemberRefused::RoleThere(account.clone(), there).into());
        }
        let signer = self.key(signature.by).map(|key| &key.account);
        Ok((account.clone(), signer != Some(account)))
    }

    /// Whether a key is ended by whoever may: an owner or whose it is, by a key that is good, itself included, or the domain.
    pub(super) fn check_ending(
        &self,
        ended: &KeyEnded,
        key: &NamespaceKey,
        at: Moment,
    ) -> Result<(), Refused> {
        let namespace = &ended.namespace;
        match &ended.vouched {
            Vouched::Key(signature) => {
                let signed = ended.ending().signed();
                let signer = self.check_signature(namespace, &signed, signature, at)?;
                if signer.account != key.account {
                    self.check_owner(namespace, &signed, signature, at)?;
                }
                // What is stolen is ended, whoever is left. An owner alone goes as they came.
                let is_asked = ended.since.is_none() && self.members.len() > 1;
                match is_asked && self.role_of(key) == Some(Role::Owner) {
                    true => {
                        self.check_owners_left(at, |other| other.record.key.hint() != ended.key)
                    }
                    false => Ok(()),
                }
            }
            Vouched::Domain(proof) => {
                found_before(proof, at)?;
                match ended.from {
                    None => Ok(()),
                    Some(_) => Err(Refused::KeyTimes(namespace.clone())),
                }
            }
        }
    }

    /// The key of the namespace that signed, whosever it is.
    pub(super) fn check_signature(
        &self,
        namespace: &super::Namespace,
        signed: &[u8],
        signature: &LeafSignature,
        at: Moment,
    ) -> Result<&NamespaceKey, Refused> {
        let by = signature.by;
        let signer = self.key(by);
        let signer = signer.ok_or_else(|| Refused::ForeignKey(by, namespace.clone()))?;
        let usable = signer.record.usable_at(at);
        usable.map_err(|why| Refused::KeyNotGood(by, why))?;
        let bytes = STANDARD.decode(&signature.signature).ok();
        let key = signer.record.key.public();
        match bytes.is_some_and(|bytes| key.has_signed(signed, &bytes)) {
            true => Ok(signer),
            false => Err(Refused::BadSignature(by, namespace.clone())),
        }
    }
}

/// The domain says nothing of the future.
pub(super) fn found_before(proof: &Proof, at: Moment) -> Result<(), Refused> {
    match proof.at <= at {
        true => Ok(()),
        false => Err(Refused::ProofTime),
    }
}
