//! Trusted publishing: runs of a CI service that publish for a namespace without one of its keys.
//!
//! A key of the namespace signs once which runs may ([`TrustedPublisher`]): those with ID tokens of an issuer and with these claims. So nobody
//! without the namespace's key can invent one, the market included. A version such a run publishes says which run it was ([`super::Run`]).
//! A key of the namespace takes it back, or, where none is left to sign, the domain.

use std::time::Duration;

use metier_core::{Digest, SkillName};
use serde::{Deserialize, Serialize};

use super::{
    Owned, State,
    namespace::Namespace,
    refused::Refused,
    trusted::TrustedPublisher,
    vouch::{LeafSignature, Vouched, found_before, signed},
    words::Word,
};
use crate::{
    fixtures::Moment,
    trust::{KeyError, KeyHint, Publisher, SigningKey},
};

/// Most trusted publishers of one namespace, also those that were ended: each is in every receipt. Those that are void do not count: a thief
/// cannot use up what the owner has.
pub const MAX_PUBLISHERS: usize = 200;

/// Most of all of them.
const MAX_ALL: usize = 400;

/// How long after it was signed one is still taken. What was signed and never came into the log, a market cannot bring up years later.
const SIGNED_FOR: Duration = Duration::from_secs(24 * 3_600);

/// How far the clock of whoever signs may be ahead of the market's.
const AHEAD: Duration = Duration::from_secs(300);

/// That a namespace trusts a publisher: what a key of it signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublisherChange {
    /// Which namespace.
    pub namespace: Namespace,
    /// Whom.
    pub publisher: TrustedPublisher,
}

/// That it trusts one no more: what a key of it signs. Said again it changes nothing, and is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublisherEnding {
    /// Which namespace.
    pub namespace: Namespace,
    /// Whom.
    pub publisher: Digest,
    /// Since when somebody else may have had its runs: what they published from then on is void. Nobody had when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
}

/// A namespace trusts a publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PublisherAdded {
    /// Which namespace.
    pub namespace: Namespace,
    /// Whom.
    pub publisher: TrustedPublisher,
    /// By a key of an owner that is good.
    pub signature: LeafSignature,
    /// By another owner's, where the 2-person rule wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<LeafSignature>,
}

/// A namespace trusts a publisher no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PublisherEnded {
    /// Which namespace.
    pub namespace: Namespace,
    /// Whom.
    pub publisher: Digest,
    /// Since when somebody else may have had its runs: what they published from then on is void. Nobody had when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// By a key of the namespace that is good, or by the domain, when none is left.
    pub vouched: Vouched,
}

/// A trusted publisher of a namespace, now or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPublisher {
    /// What leaves call it.
    pub id: Digest,
    /// Which runs.
    pub publisher: TrustedPublisher,
    /// The key that signed it.
    pub signed_by: KeyHint,
    /// When it came.
    pub at: Moment,
    /// Which leaf brought it.
    pub leaf: u64,
    /// From when on it publishes no more.
    pub ended: Option<Moment>,
    /// From when on what it published is void, because somebody else may have had its runs.
    pub compromised: Option<Moment>,
    /// When that was said first.
    pub voided: Option<Moment>,
}

/// Why a leaf about trusted publishing is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublisherRefused {
    /// It says nothing that could be checked.
    #[error("this is no trusted publisher: {0}")]
    Shape(&'static str),
    /// Twice.
    #[error("the trusted publisher {0} is or was there; sign it anew")]
    There(Digest),
    /// Enough.
    #[error("the namespace has had as many trusted publishers as one can have")]
    TooMany,
    /// Signed in the future, or long ago.
    #[error("the trusted publisher was signed at {0}; sign it anew, by a clock that is right")]
    SignedThen(Moment),
    /// Not there.
    #[error("the namespace has no trusted publisher {0}")]
    Missing(Digest),
    /// Ended before.
    #[error("the trusted publisher {0} was ended before")]
    EndedBefore(Digest),
    /// Not any more.
    #[error("the trusted publisher {0} was ended at {1}")]
    Ended(Digest, Moment),
    /// In other hands, or signed by a key that was.
    #[error("the trusted publisher {0} may have been in other hands from {1} on")]
    Compromised(Digest, Moment),
    /// For other skills.
    #[error("the trusted publisher {0} is not for {1}")]
    OtherSkill(Digest, SkillName),
    /// Another run.
    #[error("the trusted publisher {0} does not cover this run: `{1}` is another")]
    OtherRun(Digest, Word),
    /// The run's time cannot be.
    #[error("the run is of {0}, before its trusted publisher or after its version")]
    RunTime(Moment),
    /// A key of the namespace's as one of a run.
    #[error("the key {0} of the run is one of the namespace")]
    NamespacesKey(KeyHint),
}

impl PublisherChange {
    /// What leaves call the publisher in this namespace.
    pub fn id(&self) -> Digest {
        Digest::of(&self.signed())
    }

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
    pub fn sign(self, key: &SigningKey<Publisher>) -> Result<PublisherAdded, KeyError> {
        let signature = self.signature(key)?;
        Ok(self.with(signature))
    }

    /// The leaf's part.
    pub fn with(self, signature: LeafSignature) -> PublisherAdded {
        PublisherAdded {
            namespace: self.namespace,
            publisher: self.publisher,
            signature,
            second: None,
        }
    }

    fn signed(&self) -> Vec<u8> {
        signed("publisher", self)
    }
}

impl PublisherEnding {
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
    pub fn sign(self, key: &SigningKey<Publisher>) -> Result<PublisherEnded, KeyError> {
        let signature = self.signature(key)?;
        Ok(self.vouched(Vouched::Key(signature)))
    }

    /// The leaf's part.
    pub fn vouched(self, vouched: Vouched) -> PublisherEnded {
        PublisherEnded {
            namespace: self.namespace,
            publisher: self.publisher,
            since: self.since,
            vouched,
        }
    }

    fn signed(&self) -> Vec<u8> {
        signed("publisher-end", self)
    }
}

impl PublisherAdded {
    /// What was signed.
    pub fn change(&self) -> PublisherChange {
        self.publisher.clone().of(self.namespace.clone())
    }
}

impl PublisherEnded {
    /// What was signed, or published at the domain.
    pub fn ending(&self) -> PublisherEnding {
        PublisherEnding {
            namespace: self.namespace.clone(),
            publisher: self.publisher,
            since: self.since,
        }
    }
}

impl State {
    pub(super) fn add_publisher(
        &mut self,
        added: &PublisherAdded,
        at: Moment,
    ) -> Result<(), Refused> {
        let leaf = self.size;
        let owned = self.owned_mut(&added.namespace)?;
        if owned.frozen.is_some() {
            return Err(Refused::Frozen(added.namespace.clone()));
        }
        let known = owned.check_publisher(added, at, leaf)?;
        owned.publishers.push(known);
        owned.changes += 1;
        Ok(())
    }

    pub(super) fn end_publisher(
        &mut self,
        ended: &PublisherEnded,
        at: Moment,
    ) -> Result<(), Refused> {
        let owned = self.owned_mut(&ended.namespace)?;
        let (place, known) = owned.check_publisher_ended(ended, at)?;
        if let Some(there) = owned.publishers.get_mut(place) {
            *there = known;
        }
        owned.changes += 1;
        Ok(())
    }
}

impl Owned {
    /// A trusted publisher, by its id.
    ///
    /// # Errors
    /// When there is none.
    pub fn publisher(&self, id: &Digest) -> Result<&KnownPublisher, PublisherRefused> {
        let mut publishers = self.publishers.iter();
        let found = publishers.find(|known| known.id == *id);
        found.ok_or(PublisherRefused::Missing(*id))
    }

    /// Whether one may be added, and as what.
    fn check_publisher(
        &self,
        added: &PublisherAdded,
        at: Moment,
        leaf: u64,
    ) -> Result<KnownPublisher, Refused> {
        let PublisherAdded {
            namespace,
            publisher,
            signature,
            second,
        } = added;
        publisher.check(namespace)?;
        let change = added.change();
        let id = change.id();
        if self.publisher(&id).is_ok() {
            return Err(PublisherRefused::There(id).into());
        }
        let counted = self.publishers.iter();
        let counted = counted.filter(|known| self.void_from(known).is_none());
        if counted.count() >= MAX_PUBLISHERS || self.publishers.len() >= MAX_ALL {
            return Err(PublisherRefused::TooMany.into());
        }
        if publisher.from > at.plus(AHEAD) || publisher.from.plus(SIGNED_FOR) < at {
            return Err(PublisherRefused::SignedThen(publisher.from).into());
        }
        self.check_changes(namespace, false)?;
        let signed = change.signed();
        self.check_owner(namespace, &signed, signature, at)?;
        // Who has a run of their own that is trusted is two persons.
        self.check_second(namespace, &signed, (signature, second.as_ref()), true, at)?;
        Ok(KnownPublisher {
            id,
            publisher: publisher.clone(),
            signed_by: signature.by,
            at,
            leaf,
            ended: None,
            compromised: None,
            voided: None,
        })
    }

    /// What becomes of one that is ended.
    fn check_publisher_ended(
        &self,
        ended: &PublisherEnded,
        at: Moment,
    ) -> Result<(usize, KnownPublisher), Refused> {
        let missing = PublisherRefused::Missing(ended.publisher);
        let mut known = self.publishers.iter().enumerate();
        let known = known.find(|(_, known)| known.id == ended.publisher);
        let (place, known) = known.ok_or(missing)?;
        self.check_changes(&ended.namespace, ended.vouched.is_domain())?;
        match &ended.vouched {
            Vouched::Key(signature) => {
                let signed = ended.ending().signed();
                self.check_owner(&ended.namespace, &signed, signature, at)?;
            }
            Vouched::Domain(proof) => found_before(proof, at)?,
        }
        // Ended before, it can still turn out that somebody else had it, or had it earlier; nothing makes it better again.
        let is_earlier = |since| known.compromised.is_none_or(|before| since < before);
        let since = ended.since.filter(|since| is_earlier(*since));
        if known.ended.is_some() && since.is_none() {
            return Err(PublisherRefused::EndedBefore(known.id).into());
        }
        let mut known = known.clone();
        // As for keys: what was published in the second of the leaf, before it, stays good.
        let end = at.plus(Duration::from_secs(1));
        known.ended.get_or_insert(end);
        if since.is_some() {
            known.compromised = since;
            known.voided.get_or_insert(at);
        }
        Ok((place, known))
    }
}
