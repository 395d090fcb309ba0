//! Why a model did not answer.

use std::{fmt, time::Duration};

use metier_core::{
    code::{Blame, Code},
    fault::Fault,
};
use serde::{Deserialize, Serialize};

use crate::routes::NanoDollars;

/// The kinds of failure: what the caller does differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Too many requests or tokens for the account; wait as told.
    RateLimited,
    /// The provider has no room or is broken for now.
    Overloaded,
    /// The provider could not be reached.
    Unreachable,
    /// No answer, or no more of it, in time.
    Timeout,
    /// The answer broke off before its end.
    BrokenOff,
    /// The answer is not in the provider's own format.
    Malformed,
    /// The answer is larger than the host takes.
    TooLarge,
    /// The request is wrong for this provider or model.
    InvalidRequest,
    /// The key is missing, wrong or may not do this.
    Auth,
    /// The account's money or quota is used up.
    Exhausted,
    /// The model or deployment is not there.
    NoSuchModel,
    /// The conversation is longer than the model's context.
    ContextTooLong,
    /// The provider's filter refused the request.
    ContentFilter,
    /// Policy of this host refused the request to the provider.
    Denied,
    /// No candidate of the route fits the request or is well.
    NoCandidate,
    /// A replay has no such answer.
    NotRecorded,
}

/// Why a model did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[error("{message}")]
pub struct ModelFailure {
    /// What kind.
    pub kind: FailureKind,
    /// What happened, in one sentence, with the provider's own words where it gave some. Never a secret.
    pub message: String,
    /// How long to stay away, in milliseconds, when the provider told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// The provider's HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The candidate that failed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
    /// What the attempts may have cost: answers that broke off may have to be paid. Never more than the worst case.
    #[serde(default, skip_serializing_if = "NanoDollars::is_zero")]
    pub spent: NanoDollars,
    /// Requests sent.
    #[serde(default)]
    pub attempts: u32,
}

impl FailureKind {
    /// Asking the same again, later, may help.
    pub const fn retry_same(self) -> bool {
        matches!(
            self,
            FailureKind::RateLimited
                | FailureKind::Overloaded
                | FailureKind::Unreachable
                | FailureKind::Timeout
                | FailureKind::BrokenOff
                | FailureKind::Malformed
        )
    }

    /// Asking another candidate may help.
    pub const fn try_next(self) -> bool {
        !matches!(self, FailureKind::NoCandidate | FailureKind::NotRecorded)
    }

    /// The stable code.
    pub const fn code(self) -> Code {
        match self {
            FailureKind::RateLimited => Code::UpstreamRateLimited,
            FailureKind::Overloaded => Code::UpstreamUnavailable,
            FailureKind::Unreachable => Code::UpstreamUnreachable,
            FailureKind::Timeout => Code::UpstreamTimeout,
            FailureKind::BrokenOff | FailureKind::Malformed | FailureKind::TooLarge => {
                Code::UpstreamInvalidAnswer
            }
            FailureKind::InvalidRequest => Code::ModelRequestInvalid,
            FailureKind::ContextTooLong => Code::ModelContextExceeded,
            FailureKind::ContentFilter => Code::ModelContentFiltered,
            FailureKind::Auth => Code::UpstreamUnauthorized,
            FailureKind::Exhausted => Code::UpstreamDenied,
            FailureKind::NoSuchModel | FailureKind::NoCandidate => Code::ModelNoCandidate,
            FailureKind::Denied => Code::HttpNotGranted,
            FailureKind::NotRecorded => Code::NotFound,
        }
    }
}

impl ModelFailure {
    /// A failure with its sentence.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        ModelFailure {
            kind,
            message: message.into(),
            retry_after_ms: None,
            status: None,
            candidate: None,
            spent: NanoDollars(0),
            attempts: 0,
        }
    }

    /// How long to stay away, when the provider told.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after_ms.map(Duration::from_millis)
    }

    /// Whether asking the same route later may help: a candidate that only rests will have rested.
    pub fn may_pass(&self) -> bool {
        let rests = self.kind == FailureKind::NoCandidate && self.retry_after_ms.is_some();
        self.kind.retry_same() || rests
    }

    /// Who can mend it.
    pub const fn blame(&self) -> Blame {
        self.kind.code().blame()
    }

    /// As one sentence with its code.
    pub fn fault(&self) -> Fault {
        let mut fault = Fault::new(self.kind.code(), self.message.clone());
        fault.retry_after = self.retry_after();
        match &self.candidate {
            Some(candidate) => fault.with_detail("candidate", candidate),
            None => fault,
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            FailureKind::RateLimited => "rate limited",
            FailureKind::Overloaded => "overloaded",
            FailureKind::Unreachable => "unreachable",
            FailureKind::Timeout => "timeout",
            FailureKind::BrokenOff => "broken off",
            FailureKind::Malformed => "malformed answer",
            FailureKind::TooLarge => "answer too large",
            FailureKind::InvalidRequest => "invalid request",
            FailureKind::Auth => "unauthorized",
            FailureKind::Exhausted => "quota used up",
            FailureKind::NoSuchModel => "no such model",
            FailureKind::ContextTooLong => "context too long",
            FailureKind::ContentFilter => "content filter",
            FailureKind::Denied => "denied",
            FailureKind::NoCandidate => "no candidate",
            FailureKind::NotRecorded => "not recorded",
        })
    }
}
