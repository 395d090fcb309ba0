//! Why a credential cannot be attached.

use metier_core::{code::Code, fault::Fault, ids::CredentialName};

use super::source::SourceError;
use crate::egress::EgressError;

/// Why a credential cannot be attached. Never holds any part of a secret, nor an issuer's free text.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CredentialError {
    /// The grant does not define it.
    #[error("the grant defines no credential `{0}`")]
    Undefined(CredentialName),
    /// Its secret is not where the grant says.
    #[error("the credential `{0}` has no secret: {1}")]
    Missing(CredentialName, #[source] SourceError),
    /// Its secret cannot be used the way the grant says.
    #[error("the credential `{0}` cannot be used: {1}")]
    Unusable(CredentialName, &'static str),
    /// The issuer says that the grant behind it ran out or was revoked.
    #[error("the credential `{0}` has expired or was revoked: its issuer answered invalid_grant")]
    Expired(CredentialName),
    /// The issuer refused.
    #[error("the issuer of the credential `{name}` refused with status {status}{error}")]
    Rejected {
        /// Which.
        name: CredentialName,
        /// The HTTP status.
        status: u16,
        /// The `error` of RFC 6749, section 5.2, as `: code`, or nothing.
        error: String,
    },
    /// The issuer answered something that is no token.
    #[error("the issuer of the credential `{0}` gave an answer that holds no usable token")]
    InvalidAnswer(CredentialName),
    /// The issuer could not be asked.
    #[error("the issuer of the credential `{0}` cannot be asked: {1}")]
    Issuer(CredentialName, #[source] Box<EgressError>),
    /// The renewal was cut off, as when the host stops.
    #[error("renewing the credential `{0}` was interrupted")]
    Interrupted(CredentialName),
}

impl CredentialError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            CredentialError::Undefined(_) => Code::CredentialNotGranted,
            CredentialError::Missing(_, SourceError::NotConnected) => Code::AccountNotConnected,
            CredentialError::Missing(..) | CredentialError::Unusable(..) => Code::CredentialMissing,
            CredentialError::Expired(_) => Code::CredentialExpired,
            CredentialError::Rejected { status: 500.., .. } => Code::UpstreamUnavailable,
            CredentialError::Rejected { status: 429, .. } => Code::UpstreamRateLimited,
            CredentialError::Rejected { .. } => Code::CredentialRejected,
            CredentialError::InvalidAnswer(_) => Code::UpstreamInvalidAnswer,
            CredentialError::Issuer(_, error) => error.code(),
            CredentialError::Interrupted(_) => Code::HostInternal,
        }
    }

    /// As one sentence with its code.
    pub fn fault(&self) -> Fault {
        let text = self.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        let sentence: String = first.into_iter().chain(letters).chain(['.']).collect();
        Fault::new(self.code(), sentence)
    }
}
