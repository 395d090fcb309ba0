//! What a client trusts a market by: its address and its three keys.

use metier_core::ids::shown;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    key::{KeyError, KeyHint, PublicKey},
    role::{Review, Revocation, Role, VerifyingKey},
};
use crate::log::{LogKey, LogKeyError};

/// Longest file that is looked at, in bytes.
const MAX_ROOT: usize = 64 * 1024;

/// The keys of one market, no two of them the same: `market.toml` in the data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustRoot {
    /// Where it is, without a slash at the end.
    pub address: Url,
    /// Signs reviews.
    pub review: VerifyingKey<Review>,
    /// Signs the revocation list.
    pub revocation: VerifyingKey<Revocation>,
    /// Signs checkpoints.
    pub log: LogKey,
}

/// A trust root that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// Not the file.
    #[error("it is no `market.toml`: {0}")]
    Shape(String),
    /// Not an address.
    #[error("`address` is not the http or https address of a market")]
    Address,
    /// A key that is none.
    #[error("`{role}`: {error}")]
    Key {
        /// Which.
        role: &'static str,
        /// Why.
        error: KeyError,
    },
    /// A log key that is none.
    #[error("`log`: {0}")]
    Log(LogKeyError),
    /// A key in two roles: what it signs in one could be taken for the other.
    #[error(
        "one key has two roles, and each needs its own; a market's operator makes one for each"
    )]
    SameKey,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    address: String,
    review: String,
    revocation: String,
    log: String,
}

impl TrustRoot {
    /// Puts one together.
    ///
    /// # Errors
    /// When a key has two roles, or the address is none.
    pub fn new(
        address: Url,
        review: VerifyingKey<Review>,
        revocation: VerifyingKey<Revocation>,
        log: LogKey,
    ) -> Result<Self, RootError> {
        let fit = matches!(address.scheme(), "http" | "https") && address.query().is_none();
        if !fit || !address.username().is_empty() || address.fragment().is_some() {
            return Err(RootError::Address);
        }
        let keys = [review.public(), revocation.public(), log.public()];
        if keys[0] == keys[1] || keys[1] == keys[2] || keys[0] == keys[2] {
            return Err(RootError::SameKey);
        }
        Ok(TrustRoot {
            address,
            review,
            revocation,
            log,
        })
    }

    /// Reads `market.toml`.
    ///
    /// # Errors
    /// When it is none, or a key has two roles.
    pub fn from_toml(text: &str) -> Result<Self, RootError> {
        if text.len() > MAX_ROOT {
            return Err(RootError::Shape("it is too long".into()));
        }
        let wire: Wire =
            toml::from_str(text).map_err(|error| RootError::Shape(shown(error.message())))?;
        TrustRoot::new(
            wire.address.parse().map_err(|_| RootError::Address)?,
            key(&wire.review)?,
            key(&wire.revocation)?,
            wire.log.parse().map_err(RootError::Log)?,
        )
    }

    /// The file.
    pub fn to_toml(&self) -> String {
        let line = |name: &str, value: &str| format!("{name} = {}\n", toml::Value::from(value));
        [
            line("address", self.address.as_str()),
            line("review", &self.review.public().to_pem()),
            line("revocation", &self.revocation.public().to_pem()),
            line("log", &self.log.to_string()),
        ]
        .concat()
    }

    /// Whether the market itself has this key in some role; a publisher must not.
    pub fn has_hint(&self, hint: KeyHint) -> bool {
        let keys = [
            self.review.public(),
            self.revocation.public(),
            self.log.public(),
        ];
        keys.into_iter().any(|key| key.hint() == hint)
    }
}

fn key<R: Role>(pem: &str) -> Result<VerifyingKey<R>, RootError> {
    let key = PublicKey::from_pem(pem);
    key.map(VerifyingKey::new).map_err(|error| RootError::Key {
        role: R::NAME,
        error,
    })
}
