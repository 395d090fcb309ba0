//! API keys: `mtr_ID_SECRET`. The id finds the record, the secret's digest is compared; the secret is shown once and kept nowhere.
//!
//! A secret has 256 bits of chance, so one round of SHA-256 is as good as a slow hash: there is nothing to guess.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use metier_core::{Code, Digest, Fault, TenantId};
use serde::{Deserialize, Serialize};

use super::Role;
use crate::{random, records::Record};

/// How every key begins, for people and for programs that look for leaked ones.
pub const PREFIX: &str = "mtr_";

/// What a key is known by; no secret.
pub type KeyId = String;

/// What is kept of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ApiKey {
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is for, in words.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The only tools it may call; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
    /// SHA-256 of the secret.
    pub secret: Digest,
    /// The secret before the last rotation, and until when it opens still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Former>,
    /// Milliseconds since 1970.
    pub created: u64,
    /// When it stops working, in milliseconds since 1970; never when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// A secret that was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Former {
    /// SHA-256 of it.
    pub secret: Digest,
    /// When it stops working.
    pub until: u64,
}

impl Record for ApiKey {
    const KIND: &'static str = "api-key";
}

impl ApiKey {
    /// Whether `secret` opens at `now`.
    pub fn opens(&self, secret: &str, now: u64) -> bool {
        let told = Digest::of(secret.as_bytes());
        let is = |kept: &Digest| verify_slices_are_equal(kept.as_bytes(), told.as_bytes()).is_ok();
        let is_former = |former: &Former| now < former.until && is(&former.secret);
        is(&self.secret) || self.former.as_ref().is_some_and(is_former)
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: u64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// A key that was just made: the only time its text is there.
#[derive(Clone, Serialize)]
pub struct IssuedKey {
    /// What it is known by.
    pub id: KeyId,
    /// The text to send: `Authorization: Bearer mtr_…`.
    pub key: String,
}

impl fmt::Debug for IssuedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl IssuedKey {
    /// A key with a new secret.
    ///
    /// # Errors
    /// Never in practice.
    pub fn new(id: KeyId) -> Result<(Self, Digest), Fault> {
        let secret = random::secret()?;
        let digest = Digest::of(secret.as_bytes());
        let key = format!("{PREFIX}{id}_{secret}");
        Ok((IssuedKey { id, key }, digest))
    }
}

/// The parts of a key's text.
pub struct KeyText<'t> {
    /// The id.
    pub id: &'t str,
    /// The secret.
    pub secret: &'t str,
}

impl<'t> KeyText<'t> {
    /// Takes a key's text apart.
    ///
    /// # Errors
    /// `unauthenticated` when it is none.
    pub fn read(text: &'t str) -> Result<Self, Fault> {
        let parts = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('_'));
        match parts {
            Some((id, secret)) if !id.is_empty() && !secret.is_empty() => {
                Ok(KeyText { id, secret })
            }
            _ => Err(refused()),
        }
    }
}

/// The one answer to every key that does not open, so that nobody learns which ids exist.
pub fn refused() -> Fault {
    Fault::new(Code::Unauthenticated, "The key is not valid.")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_core::{Digest, TenantId};

    use super::{ApiKey, Former, IssuedKey, KeyText};
    use crate::Role;

    fn key(secret: Digest) -> ApiKey {
        ApiKey {
            tenant: TenantId::local(),
            name: "test".into(),
            role: Role::Caller,
            tools: vec![],
            secret,
            former: None,
            created: 0,
            expires: Some(100),
        }
    }

    #[test]
    fn a_key_opens_with_its_own_secret_only() {
        let (issued, digest) = IssuedKey::new("0123456789abcdef".into()).unwrap();
        let text = KeyText::read(&issued.key).unwrap();
        assert_eq!(text.id, "0123456789abcdef");
        assert!(key(digest).opens(text.secret, 0));
        let (other, _) = IssuedKey::new("0123456789abcdef".into()).unwrap();
        assert!(!key(digest).opens(KeyText::read(&other.key).unwrap().secret, 0));
        assert!(!format!("{issued:?}").contains(text.secret));
    }

    #[test]
    fn the_former_secret_opens_for_its_while() {
        let (issued, former) = IssuedKey::new("a".into()).unwrap();
        let (_, secret) = IssuedKey::new("a".into()).unwrap();
        let former = Some(Former {
            secret: former,
            until: 50,
        });
        let key = ApiKey {
            former,
            ..key(secret)
        };
        let text = KeyText::read(&issued.key).unwrap();
        assert!(key.opens(text.secret, 49) && !key.opens(text.secret, 50));
        assert!(!key.is_over(99) && key.is_over(100));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "mtr_",
            "mtr_abc",
            "mtr__x",
            "mtr_abc_",
            "sk-abc_def",
            "MTR_a_b",
        ] {
            assert!(KeyText::read(text).is_err(), "{text}");
        }
    }
}
