//! Why a request has no answer, or no whole one.

use metier_core::{
    code::{Blame, Code},
    denial::Denial,
    fault::Fault,
    fault::sentence,
};

use super::{connect::ConnectError, tls::TrustError};
use crate::credentials::CredentialError;

/// What took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// TCP and TLS.
    Connecting,
    /// The first byte of the answer.
    FirstByte,
    /// The next bytes of the answer.
    NextByte,
    /// The skill's own request body.
    RequestBody,
}

impl Waiting {
    const fn sentence(self) -> &'static str {
        match self {
            Waiting::Connecting => "The service could not be connected to in time.",
            Waiting::FirstByte => "The service did not answer in time.",
            Waiting::NextByte => "The service stopped in the middle of its answer.",
            Waiting::RequestBody => "The request's body stopped coming before its end.",
        }
    }
}

/// Why a request has no answer, or no whole one. The texts name no address and no secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EgressError {
    /// Refused by manifest, grant, run or address policy; trying again does not help.
    #[error("{0}")]
    Denied(Denial),
    /// The skill's request is malformed.
    #[error("the request is malformed: {0}")]
    InvalidRequest(String),
    /// The call has used up what it may use.
    #[error("{0}")]
    Limit(Fault),
    /// The credential could not be attached.
    #[error("{0}")]
    Credential(CredentialError),
    /// No answer in time.
    #[error("{}", .0.sentence())]
    Timeout(Waiting),
    /// The call's own time is over.
    #[error("The call's time was over before the service had answered.")]
    Deadline,
    /// No connection, or one that broke.
    #[error("the service cannot be reached: {0}")]
    Unreachable(String),
    /// The certificate or the TLS of the service is not acceptable.
    #[error("no secure connection to the service: {0}")]
    Tls(String),
    /// The answer breaks the protocol or cannot be checked for secrets.
    #[error("the service's answer is not usable: {0}")]
    InvalidAnswer(String),
    /// The host has no connection to spare.
    #[error("The host has no connection to spare.")]
    Busy,
    /// The grant names a certificate file that cannot be used.
    #[error("{0}")]
    Trust(TrustError),
    /// The caller went away; nobody sees this but the audit.
    #[error("The request was given up before its answer had arrived.")]
    Cancelled,
}

impl EgressError {
    /// The stable code.
    pub fn code(&self) -> Code {
        match self {
            EgressError::Denied(denial) => denial.code(),
            EgressError::InvalidRequest(_) => Code::SkillInternal,
            EgressError::Limit(fault) => fault.code,
            EgressError::Credential(error) => error.code(),
            EgressError::Timeout(Waiting::RequestBody) => Code::SkillInternal,
            EgressError::Timeout(_) => Code::UpstreamTimeout,
            EgressError::Deadline => Code::DeadlineExceeded,
            EgressError::Unreachable(_) | EgressError::Tls(_) => Code::UpstreamUnreachable,
            EgressError::InvalidAnswer(_) => Code::UpstreamInvalidAnswer,
            EgressError::Busy => Code::Busy,
            EgressError::Trust(_) => Code::GrantInvalid,
            EgressError::Cancelled => Code::Cancelled,
        }
    }

    /// Who can mend it.
    pub fn blame(&self) -> Blame {
        self.code().blame()
    }

    /// As one sentence with its code, for the skill and its caller.
    pub fn fault(&self) -> Fault {
        match self {
            EgressError::Denied(denial) => denial.clone().into(),
            EgressError::Limit(fault) => fault.clone(),
            EgressError::Credential(error) => error.fault(),
            other => Fault::new(other.code(), sentence(&other.to_string())),
        }
    }

    /// The error of ours that hyper carried through, or what hyper's own means.
    pub(super) fn from_hyper(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(ours) = error.downcast_ref::<EgressError>() {
                return ours.clone();
            }
            if let Some(connect) = error.downcast_ref::<ConnectError>() {
                return connect.clone().into();
            }
            if let Some(hyper) = error
                .downcast_ref::<hyper::Error>()
                .and_then(protocol_broken)
            {
                return hyper;
            }
            if let Some(io) = error.downcast_ref::<std::io::Error>() {
                return EgressError::Unreachable(io.kind().to_string());
            }
            cause = error.source();
        }
        EgressError::Unreachable("the connection broke off".to_owned())
    }
}

/// What hyper knows about an answer that is none. Its texts hold no content of the message.
fn protocol_broken(error: &hyper::Error) -> Option<EgressError> {
    if error.is_parse_too_large() {
        Some(EgressError::InvalidAnswer(
            "its header is larger than the host accepts".to_owned(),
        ))
    } else if error.is_parse() {
        Some(EgressError::InvalidAnswer("it is not HTTP".to_owned()))
    } else if error.is_incomplete_message() {
        Some(EgressError::Unreachable(
            "the connection was closed before the answer was whole".to_owned(),
        ))
    } else {
        None
    }
}

impl From<ConnectError> for EgressError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Full => EgressError::Busy,
            ConnectError::Timeout => EgressError::Timeout(Waiting::Connecting),
            ConnectError::Refused(kind) => EgressError::Unreachable(kind.to_string()),
            ConnectError::Tls(words) => EgressError::Tls(words),
        }
    }
}

impl From<Denial> for EgressError {
    fn from(denial: Denial) -> Self {
        EgressError::Denied(denial)
    }
}

impl From<Fault> for EgressError {
    fn from(fault: Fault) -> Self {
        EgressError::Limit(fault)
    }
}

impl From<CredentialError> for EgressError {
    fn from(error: CredentialError) -> Self {
        EgressError::Credential(error)
    }
}

impl From<TrustError> for EgressError {
    fn from(error: TrustError) -> Self {
        EgressError::Trust(error)
    }
}
