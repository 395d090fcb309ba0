//! Roles: what a key may sign. One key per role, and the role is a type.

use std::{fmt, marker::PhantomData};

use metier_core::Digest;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::IgnoredAny,
};
use serde_json::json;

use super::{
    bundle::Bundle,
    dsse::{IN_TOTO, pae},
    key::{KeyError, KeyHint, PublicKey},
    pair::KeyPair,
    review::Reviewed,
    statement,
};
use crate::fixtures::Moment;

/// What a key is for. There are three; the log's key is of none of them ([`crate::log::LogKey`]).
pub trait Role: sealed::Sealed + Clone + fmt::Debug + PartialEq + Eq {
    /// What it is called in sentences.
    const NAME: &'static str;
    /// The predicate type of its statements; no other is ever accepted for it.
    const PREDICATE: &'static str;
    /// What its statements say beside the digest.
    type Predicate: Serialize + DeserializeOwned;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! roles {
    ($( $(#[$doc:meta])* $role:ident: $name:literal, $predicate:literal, $body:ty; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $role {}

        impl sealed::Sealed for $role {}

        impl Role for $role {
            const NAME: &'static str = $name;
            const PREDICATE: &'static str = $predicate;
            type Predicate = $body;
        }
    )* };
}

roles! {
    /// Signs the OCI manifest of a skill. The key is in the publisher's hands.
    Publisher: "publisher", "https://sigstore.dev/cosign/sign/v1", Signature;
    /// Signs that the market has looked at a skill. The market's.
    Review: "review", "https://metier.dev/review/v1", Reviewed;
    /// Signs the list of what must not run any more. The market's.
    Revocation: "revocation", "https://metier.dev/revocations/v1", ListSummary;
}

/// What a publisher's statement says beside the digest: nothing. What `cosign` puts there is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signature;

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({}).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Signature)
    }
}

/// What the statement about a revocation list says beside its digest: the same as the list does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSummary {
    /// Which version of the list.
    pub version: u64,
    /// When it was made.
    pub issued: Moment,
    /// Until when it can be relied on.
    pub expires: Moment,
}

/// A public key that is trusted in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyingKey<R> {
    key: PublicKey,
    role: PhantomData<R>,
}

impl<R: Role> VerifyingKey<R> {
    /// Trusts this key in this role.
    pub fn new(key: PublicKey) -> Self {
        VerifyingKey {
            key,
            role: PhantomData,
        }
    }

    /// The key.
    pub fn public(&self) -> &PublicKey {
        &self.key
    }

    /// What bundles call it.
    pub fn hint(&self) -> KeyHint {
        self.key.hint()
    }
}

/// A private key that signs in one role.
#[derive(Debug)]
pub struct SigningKey<R> {
    pair: KeyPair,
    role: PhantomData<R>,
}

impl<R: Role> SigningKey<R> {
    /// Uses this key in this role, and in no other.
    pub fn new(pair: KeyPair) -> Self {
        SigningKey {
            pair,
            role: PhantomData,
        }
    }

    /// What others verify with.
    pub fn verifying(&self) -> VerifyingKey<R> {
        VerifyingKey::new(self.pair.public().clone())
    }

    /// The pair, to be written to a file.
    pub fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// States this about the bytes with the digest `subject`, which are called `name`.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(
        &self,
        subject: &Digest,
        name: &str,
        predicate: &R::Predicate,
    ) -> Result<Bundle, KeyError> {
        let payload = statement::write::<R>(subject, name, predicate).ok_or(KeyError::Crypto)?;
        let signature = self.pair.sign(&pae(IN_TOTO, payload.as_bytes()))?;
        Ok(Bundle {
            hint: self.pair.public().hint(),
            payload: payload.into_bytes(),
            signature,
        })
    }
}
