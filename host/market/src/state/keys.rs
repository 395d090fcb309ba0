//! How a namespace's keys follow one another.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_core::canonical;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    NamespaceKey, Owned,
    leaf::{KeyAdded, KeyEnded},
    namespace::Namespace,
    refused::Refused,
};
use crate::{
    fixtures::Moment,
    trust::{KeyError, KeyHint, KeyRecord, PublicKey, Publisher, SigningKey, VerifyingKey, pae},
};

/// How long a namespace is without a key before it gets one that no earlier one vouches for: time for its owner to protest.
pub const RECOVERY_WAIT: Duration = Duration::from_secs(72 * 3_600);

/// Most keys of one namespace, good and ended.
pub(super) const MAX_KEYS: usize = 1_000;

/// What a signature on a key change is over, beside its bytes; no bundle has this type.
const PAYLOAD_TYPE: &str = "application/vnd.metier.key-change+json";

/// What an earlier key of a namespace signs: that it has this one too.
///
/// It is the leaf without the time it was appended at and who did that, which the publisher cannot know when signing. Nobody can use it
/// twice: a key is in a namespace once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// Whose key it is to be.
    pub namespace: Namespace,
    /// The new key.
    pub key: PublicKey,
    /// From when on it signs.
    pub from: Moment,
    /// From when on it signs nothing more.
    pub until: Option<Moment>,
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

impl KeyChange {
    /// The leaf's part, signed by an earlier key.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(self, key: &SigningKey<Publisher>) -> Result<KeyAdded, KeyError> {
        let signature = key.pair().sign(&self.signed())?;
        let signature = LeafSignature {
            by: key.verifying().hint(),
            signature: STANDARD.encode(signature),
        };
        Ok(KeyAdded {
            namespace: self.namespace,
            key: self.key,
            from: self.from,
            until: self.until,
            signature: Some(signature),
            recovered: false,
        })
    }

    /// The leaf's part without a signature.
    pub fn recovered(self) -> KeyAdded {
        KeyAdded {
            namespace: self.namespace,
            key: self.key,
            from: self.from,
            until: self.until,
            signature: None,
            recovered: true,
        }
    }

    fn signed(&self) -> Vec<u8> {
        let mut fields = json!({
            "type": "key",
            "namespace": self.namespace,
            "key": self.key,
            "from": self.from,
        });
        if let (Some(until), Value::Object(fields)) = (self.until, &mut fields) {
            fields.insert("until".into(), json!(until));
        }
        pae(PAYLOAD_TYPE, canonical::text(&fields).as_bytes())
    }
}

impl Owned {
    /// A key of the namespace, by its hint.
    pub fn key(&self, hint: KeyHint) -> Option<&NamespaceKey> {
        self.keys.iter().find(|key| key.record.key.hint() == hint)
    }

    /// Those that are good at this time.
    pub fn keys_at(&self, at: Moment) -> impl Iterator<Item = &NamespaceKey> {
        let good = move |key: &&NamespaceKey| key.record.usable_at(at).is_ok();
        self.keys.iter().filter(good)
    }

    /// Every key with its times, for [`crate::trust::verify()`].
    pub fn records(&self) -> Vec<KeyRecord<Publisher>> {
        self.keys.iter().map(|key| key.record.clone()).collect()
    }

    /// Since when none of its keys is good; nothing when one is, or will be.
    fn keyless_since(&self, at: Moment) -> Option<Moment> {
        let ends = self.keys.iter().map(|key| key.record.end());
        let last = ends.collect::<Option<Vec<_>>>()?.into_iter().max()?;
        (last <= at).then_some(last)
    }

    /// Whether a key may be added, and as what.
    pub(super) fn check_added(
        &self,
        added: &KeyAdded,
        at: Moment,
        leaf: u64,
    ) -> Result<NamespaceKey, Refused> {
        let namespace = || added.namespace.clone();
        if self.keys.len() >= MAX_KEYS {
            return Err(Refused::TooManyKeys(namespace()));
        }
        if self.key(added.key.hint()).is_some() {
            return Err(Refused::KeyThere(added.key.hint(), namespace()));
        }
        match (&added.signature, added.recovered) {
            (Some(signature), false) => self.check_signature(added, signature, at)?,
            (None, true) => self.check_recovery(&added.namespace, at)?,
            _ => return Err(Refused::KeyUnsigned(namespace())),
        }
        let record = record(&added.key, added.from.max(at), added.until)
            .ok_or_else(|| Refused::KeyTimes(namespace()))?;
        Ok(NamespaceKey {
            record,
            recovered: added.recovered,
            signed_by: added.signature.as_ref().map(|signature| signature.by),
            at,
            leaf,
        })
    }

    fn check_signature(
        &self,
        added: &KeyAdded,
        signature: &LeafSignature,
        at: Moment,
    ) -> Result<(), Refused> {
        let KeyAdded { namespace, .. } = added;
        let signer = self.key(signature.by);
        let signer = signer.ok_or_else(|| Refused::ForeignKey(signature.by, namespace.clone()))?;
        let usable = signer.record.usable_at(at);
        usable.map_err(|why| Refused::KeyNotGood(signature.by, why))?;
        let change = KeyChange {
            namespace: namespace.clone(),
            key: added.key.clone(),
            from: added.from,
            until: added.until,
        };
        let bytes = STANDARD.decode(&signature.signature).ok();
        let is_signed = bytes.is_some_and(|bytes| {
            signer
                .record
                .key
                .public()
                .has_signed(&change.signed(), &bytes)
        });
        match is_signed {
            true => Ok(()),
            false => Err(Refused::BadSignature(signature.by, namespace.clone())),
        }
    }

    fn check_recovery(&self, namespace: &Namespace, at: Moment) -> Result<(), Refused> {
        let since = self.keyless_since(at);
        let since = since.ok_or_else(|| Refused::KeyLeft(namespace.clone()))?;
        let earliest = since.plus(RECOVERY_WAIT);
        match at >= earliest {
            true => Ok(()),
            false => Err(Refused::TooEarly(namespace.clone(), earliest)),
        }
    }

    /// What becomes of a key that is ended.
    pub(super) fn check_ended(
        &self,
        ended: &KeyEnded,
        at: Moment,
    ) -> Result<(usize, KeyRecord<Publisher>), Refused> {
        let place = self
            .keys
            .iter()
            .position(|key| key.record.key.hint() == ended.key);
        let found = place.and_then(|place| Some((place, self.keys.get(place)?)));
        let Some((place, key)) = found else {
            return Err(Refused::ForeignKey(ended.key, ended.namespace.clone()));
        };
        if ended.compromised != ended.since.is_some() {
            return Err(Refused::KeyTimes(ended.namespace.clone()));
        }
        // Ended before, it can still turn out to be stolen, or stolen earlier; nothing makes it better again.
        let mut record = key.record.clone();
        end(&mut record, ended.from, at);
        if let Some(since) = ended.since {
            compromise(&mut record, since, at);
        }
        match record == key.record {
            true => Err(Refused::KeyEndedBefore(ended.key)),
            false => Ok((place, record)),
        }
    }

    /// A thief's first act is to add a key of their own: it goes with the one that signed it, and so do those it signed.
    pub(super) fn void_what_compromised_keys_signed(&mut self, at: Moment) {
        // A key comes after the one that signed it, so one pass reaches all.
        let mut stolen: Vec<(KeyHint, Moment)> = Vec::new();
        for key in &mut self.keys {
            let by = |stolen: &&(KeyHint, Moment)| Some(stolen.0) == key.signed_by;
            let signer = stolen.iter().find(by);
            if signer.is_some_and(|(_, since)| *since <= key.at) {
                compromise(&mut key.record, key.at, at);
            }
            if let Some(since) = key.record.compromised {
                stolen.push((key.record.key.hint(), since));
            }
        }
    }
}

/// Ends a key, unless it ends earlier: not in the second of the leaf itself, so that what was published in it, before, stays good.
fn end(record: &mut KeyRecord<Publisher>, from: Moment, at: Moment) {
    let end = from.max(at.plus(Duration::from_secs(1)));
    record.ended = Some(record.ended.map_or(end, |before| before.min(end)));
}

/// Voids what a key signed from then on, and ends it now.
fn compromise(record: &mut KeyRecord<Publisher>, since: Moment, at: Moment) {
    end(record, at, at);
    record.compromised = Some(record.compromised.map_or(since, |before| before.min(since)));
}

/// A key with its times; nothing when it would end before it begins.
pub(super) fn record(
    key: &PublicKey,
    from: Moment,
    until: Option<Moment>,
) -> Option<KeyRecord<Publisher>> {
    let mut record = KeyRecord::new(VerifyingKey::new(key.clone()), from);
    record.until = until;
    until.is_none_or(|until| until > from).then_some(record)
}
