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
    Owned,
    encode::members,
    keys::{KeyChange, KeyEnding},
    leaf::Proof,
    refused::Refused,
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
    /// Whether a key is added by whoever may: a key that is good, or the domain, when none was for long enough.
    pub(super) fn check_change(
        &self,
        change: &KeyChange,
        vouched: &Vouched,
        at: Moment,
    ) -> Result<(), Refused> {
        let namespace = &change.namespace;
        match vouched {
            Vouched::Key(signature) => {
                self.check_signature(namespace, &change.signed(), signature, at)
            }
            Vouched::Domain(proof) => {
                self.check_recovery(namespace, at)?;
                found_before(proof, at)?;
                // The line names no times: with some of their own choice a thief of the token could spoil the key for ever.
                match (change.from, change.until) {
                    (None, None) => Ok(()),
                    _ => Err(Refused::KeyTimes(namespace.clone())),
                }
            }
        }
    }

    /// Whether a key is ended by whoever may: a key that is good, itself included, or the domain.
    pub(super) fn check_ending(
        &self,
        ending: &KeyEnding,
        vouched: &Vouched,
        at: Moment,
    ) -> Result<(), Refused> {
        let namespace = &ending.namespace;
        match vouched {
            Vouched::Key(signature) => {
                self.check_signature(namespace, &ending.signed(), signature, at)
            }
            Vouched::Domain(proof) => {
                found_before(proof, at)?;
                match ending.from {
                    None => Ok(()),
                    Some(_) => Err(Refused::KeyTimes(namespace.clone())),
                }
            }
        }
    }

    pub(super) fn check_signature(
        &self,
        namespace: &super::Namespace,
        signed: &[u8],
        signature: &LeafSignature,
        at: Moment,
    ) -> Result<(), Refused> {
        let by = signature.by;
        let signer = self.key(by);
        let signer = signer.ok_or_else(|| Refused::ForeignKey(by, namespace.clone()))?;
        let usable = signer.record.usable_at(at);
        usable.map_err(|why| Refused::KeyNotGood(by, why))?;
        let bytes = STANDARD.decode(&signature.signature).ok();
        let key = signer.record.key.public();
        match bytes.is_some_and(|bytes| key.has_signed(signed, &bytes)) {
            true => Ok(()),
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
