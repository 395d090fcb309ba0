//! How a namespace's keys follow one another.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    NamespaceKey, Owned,
    leaf::{KeyAdded, KeyEnded},
    members::{Member, Role},
    namespace::Namespace,
    refused::Refused,
    vouch::{LeafSignature, Vouched, signed},
};
use crate::{
    fixtures::Moment,
    trust::{KeyError, KeyHint, KeyRecord, PublicKey, Publisher, SigningKey, VerifyingKey},
};

/// How long a namespace is without a key before it gets one that no earlier one vouches for: time for its owner to protest.
pub const RECOVERY_WAIT: Duration = Duration::from_secs(72 * 3_600);

/// Most keys of one namespace, good and ended. Those that are void do not count: a thief cannot use up what the owner has.
const MAX_KEYS: usize = 1_000;

/// Most changes of its keys, and of the publishers these trust, by the word of one of them. Every receipt carries them all, and has an end ([`crate::receipt::MAX_HISTORY`]).
const MAX_CHANGES: usize = 3_000;

/// Most of all changes: the domain, which no thief of a key has, says what has to be said after those.
const MAX_CHANGES_WITH_DOMAIN: usize = 3_500;

/// That a namespace has a further key: what an earlier key of it signs.
///
/// It is the leaf without the time it was appended at and who did that, which the publisher cannot know when signing. Nobody can use it
/// twice: a key is in a namespace once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Whose key it is to be.
    pub namespace: Namespace,
    /// The new key.
    pub key: PublicKey,
    /// From when on it signs; from the leaf on when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// From when on it signs nothing more; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Whose it is; of who claimed the namespace when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Member>,
}

/// That a key signs nothing more: what a key of the namespace signs, itself included. Said again it changes nothing, and is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEnding {
    /// Whose key it is.
    pub namespace: Namespace,
    /// Which.
    pub key: KeyHint,
    /// From when on it signs nothing more; from the leaf on when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// Since when somebody else may have had it; nobody when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
}

impl KeyChange {
    /// The signature of an earlier key.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn signature(&self, key: &SigningKey<Publisher>) -> Result<LeafSignature, KeyError> {
        LeafSignature::of(&self.signed(), key)
    }

    /// The leaf's part with that signature.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(self, key: &SigningKey<Publisher>) -> Result<KeyAdded, KeyError> {
        let signature = self.signature(key)?;
        Ok(self.vouched(Vouched::Key(signature)))
    }

    /// The leaf's part.
    pub fn vouched(self, vouched: Vouched) -> KeyAdded {
        KeyAdded {
            namespace: self.namespace,
            key: self.key,
            from: self.from,
            until: self.until,
            member: self.member,
            vouched,
            second: None,
        }
    }

    pub(super) fn signed(&self) -> Vec<u8> {
        signed("key", self)
    }
}

impl KeyEnding {
    /// The signature of a key of the namespace.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn signature(&self, key: &SigningKey<Publisher>) -> Result<LeafSignature, KeyError> {
        LeafSignature::of(&self.signed(), key)
    }

    /// The leaf's part with that signature.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(self, key: &SigningKey<Publisher>) -> Result<KeyEnded, KeyError> {
        let signature = self.signature(key)?;
        Ok(self.vouched(Vouched::Key(signature)))
    }

    /// The leaf's part.
    pub fn vouched(self, vouched: Vouched) -> KeyEnded {
        KeyEnded {
            namespace: self.namespace,
            key: self.key,
            from: self.from,
            since: self.since,
            vouched,
        }
    }

    pub(super) fn signed(&self) -> Vec<u8> {
        signed("key-end", self)
    }
}

impl KeyAdded {
    /// What was signed, or published at the domain.
    pub fn change(&self) -> KeyChange {
        KeyChange {
            namespace: self.namespace.clone(),
            key: self.key.clone(),
            from: self.from,
            until: self.until,
            member: self.member.clone(),
        }
    }
}

impl KeyEnded {
    /// What was signed, or published at the domain.
    pub fn ending(&self) -> KeyEnding {
        KeyEnding {
            namespace: self.namespace.clone(),
            key: self.key,
            from: self.from,
            since: self.since,
        }
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

    /// Since when no key of an owner is good; nothing when one is, or will be.
    fn keyless_since(&self, at: Moment) -> Option<Moment> {
        let owners = self.keys.iter();
        let owners = owners.filter(|key| self.role_of(key) == Some(Role::Owner));
        let ends = owners.map(|key| key.record.end());
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
        let counted = self.keys.iter().filter(|key| key.voided.is_none());
        if counted.count() >= MAX_KEYS {
            return Err(Refused::TooManyKeys(namespace()));
        }
        self.check_changes(&added.namespace, added.vouched.is_domain())?;
        if self.key(added.key.hint()).is_some() {
            return Err(Refused::KeyThere(added.key.hint(), namespace()));
        }
        let account = self.check_change(added, at)?;
        let record = record(
            &added.key,
            added.from.map_or(at, |from| from.max(at)),
            added.until,
        )
        .ok_or_else(|| Refused::KeyTimes(namespace()))?;
        Ok(NamespaceKey {
            record,
            account,
            recovered: matches!(added.vouched, Vouched::Domain(_)),
            signed_by: match &added.vouched {
                Vouched::Key(signature) => Some(signature.by),
                Vouched::Domain(_) => None,
            },
            voided: None,
            at,
            leaf,
        })
    }

    /// Whether its keys, or the publishers these trust, may change once more.
    pub(super) fn check_changes(
        &self,
        namespace: &Namespace,
        by_domain: bool,
    ) -> Result<(), Refused> {
        let most = match by_domain {
            false => MAX_CHANGES,
            true => MAX_CHANGES_WITH_DOMAIN,
        };
        match self.changes < most {
            true => Ok(()),
            false => Err(Refused::TooManyChanges(namespace.clone())),
        }
    }

    /// Whether a key may be added that no earlier one vouches for.
    ///
    /// # Errors
    /// While one is good, and for [`RECOVERY_WAIT`] from then on.
    pub fn check_recovery(&self, namespace: &Namespace, at: Moment) -> Result<(), Refused> {
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
        self.check_changes(&ended.namespace, ended.vouched.is_domain())?;
        self.check_ending(ended, key, at)?;
        // Ended before, it can still turn out to be stolen, or stolen earlier; nothing makes it better again.
        let mut record = key.record.clone();
        end(&mut record, ended.from.unwrap_or(at), at);
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
                key.voided = Some(key.voided.unwrap_or(at));
            }
            if let Some(since) = key.record.compromised {
                stolen.push((key.record.key.hint(), since));
            }
        }
    }
}

/// Ends a key from now on.
pub(super) fn ended_now(record: &mut KeyRecord<Publisher>, at: Moment) {
    end(record, at, at);
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
