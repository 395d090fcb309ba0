//! Why something was not done.

use crate::{
    keeper::{MarketError, ledger::LedgerError, registry::RegistryError},
    review::{Full, Report},
    trust::KeyError,
};

/// What whoever asked is told: each variant is one status of HTTP.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// Not theirs to do.
    #[error("{0}")]
    Denied(String),
    /// Not there.
    #[error("{0}")]
    Missing(String),
    /// It does not follow from what is there.
    #[error("{0}")]
    Conflict(String),
    /// It says nothing that could be done.
    #[error("{0}")]
    Invalid(String),
    /// The review refuses it.
    #[error("the review refuses it")]
    Refused(Box<Report>),
    /// Enough for a day.
    #[error(transparent)]
    Full(#[from] Full),
    /// The market has too much to do.
    #[error("{0}")]
    Busy(&'static str),
    /// The log's.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The market's.
    #[error(transparent)]
    Market(#[from] MarketError),
}

impl From<RegistryError> for ActError {
    fn from(error: RegistryError) -> Self {
        ActError::Market(error.into())
    }
}

impl From<KeyError> for ActError {
    fn from(error: KeyError) -> Self {
        ActError::Ledger(error.into())
    }
}

impl From<std::io::Error> for ActError {
    fn from(error: std::io::Error) -> Self {
        ActError::Ledger(error.into())
    }
}
