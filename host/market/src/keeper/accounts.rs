//! Who may publish what.

use std::{fmt, str::FromStr};

use async_trait::async_trait;

mod file;

pub use file::{FileAccounts, IssuedToken};

/// Longest id of a publisher, in bytes.
const MAX_ID: usize = 64;

/// A publisher: an account of the market.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublisherId(String);

impl PublisherId {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PublisherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for PublisherId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for PublisherId {
    type Err = AccountsError;

    fn from_str(text: &str) -> Result<Self, AccountsError> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte);
        match (1..=MAX_ID).contains(&text.len()) && text.bytes().all(is_plain) {
            true => Ok(PublisherId(text.to_owned())),
            false => Err(AccountsError::File(format!(
                "`{}` is no publisher's name",
                metier_core::ids::shown(text)
            ))),
        }
    }
}

/// Why nobody knows who asks.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The file of accounts is wrong.
    #[error("the accounts cannot be read: {0}")]
    File(String),
    /// The system's.
    #[error("the accounts cannot be used now: {0}")]
    Unavailable(#[from] std::io::Error),
}

/// Who publishes.
#[async_trait]
pub trait Accounts: fmt::Debug + Send + Sync {
    /// Whose token it is; nobody's where it is none, was taken back or has ended.
    async fn whose(&self, token: &str) -> Result<Option<PublisherId>, AccountsError>;

    /// Whether they may publish in the namespace now.
    async fn may_publish(&self, who: &PublisherId, namespace: &str) -> Result<bool, AccountsError>;

    /// Whether they keep the market: they decide where a person has to, and may revoke everything.
    async fn is_administrator(&self, who: &PublisherId) -> Result<bool, AccountsError>;

    /// Whether there is such a publisher.
    async fn knows(&self, name: &str) -> Result<bool, AccountsError>;
}
