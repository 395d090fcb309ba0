//! The standard error variant of `metier:skill/types`: recognised by its exact structure when a skill is loaded.

use std::sync::LazyLock;

use wasmtime::component::Val;

use super::shape::Shape;

/// Why a tool could not do what it was asked, as the skill says it. Every `String` is one sentence for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkillError {
    /// `invalid-input`: the arguments make no sense. Blame: the caller.
    InvalidInput(String),
    /// `unauthorized`: the upstream did not accept the credential. Blame: the operator.
    Unauthorized(String),
    /// `denied`: the upstream refused the action. Blame: the operator.
    Denied(String),
    /// `not-found`: the thing named does not exist. Blame: the caller.
    NotFound(String),
    /// `conflict`: the thing changed, or exists already. Blame: the caller.
    Conflict(String),
    /// `rate-limited`: too many requests. Blame: the upstream.
    RateLimited {
        /// What the upstream said.
        message: String,
        /// Seconds to wait before the next try, when the upstream told.
        retry_after_seconds: Option<u32>,
    },
    /// `unavailable`: the upstream is down, slow or unreachable. Blame: the upstream.
    Unavailable(String),
    /// `internal`: a fault in the skill itself. Blame: the skill.
    Internal(String),
}

static STANDARD: LazyLock<Shape> = LazyLock::new(|| {
    let rate_limit = [
        ("message", Shape::String),
        ("retry-after-seconds", Shape::option(Shape::U32)),
    ];
    Shape::variant([
        ("invalid-input", Some(Shape::String)),
        ("unauthorized", Some(Shape::String)),
        ("denied", Some(Shape::String)),
        ("not-found", Some(Shape::String)),
        ("conflict", Some(Shape::String)),
        ("rate-limited", Some(Shape::record(rate_limit))),
        ("unavailable", Some(Shape::String)),
        ("internal", Some(Shape::String)),
    ])
});

impl SkillError {
    /// The shape of the standard variant. A type is the standard error when it equals this, and only then.
    pub fn shape() -> &'static Shape {
        &STANDARD
    }

    /// The error in a value of [`SkillError::shape`]; `None` for a value of another type.
    pub fn from_value(value: &Val) -> Option<Self> {
        let Val::Variant(case, Some(payload)) = value else {
            return None;
        };
        if case == "rate-limited" {
            return rate_limited(payload);
        }
        let Val::String(message) = &**payload else {
            return None;
        };
        let message = message.clone();
        Some(match case.as_str() {
            "invalid-input" => Self::InvalidInput(message),
            "unauthorized" => Self::Unauthorized(message),
            "denied" => Self::Denied(message),
            "not-found" => Self::NotFound(message),
            "conflict" => Self::Conflict(message),
            "unavailable" => Self::Unavailable(message),
            "internal" => Self::Internal(message),
            _ => return None,
        })
    }

    /// What the skill says, for the caller.
    pub fn message(&self) -> &str {
        match self {
            Self::InvalidInput(message)
            | Self::Unauthorized(message)
            | Self::Denied(message)
            | Self::NotFound(message)
            | Self::Conflict(message)
            | Self::RateLimited { message, .. }
            | Self::Unavailable(message)
            | Self::Internal(message) => message,
        }
    }
}

fn rate_limited(payload: &Val) -> Option<SkillError> {
    let Val::Record(fields) = payload else {
        return None;
    };
    let [(_, Val::String(message)), (_, Val::Option(seconds))] = fields.as_slice() else {
        return None;
    };
    let retry_after_seconds = match seconds.as_deref() {
        None => None,
        Some(Val::U32(seconds)) => Some(*seconds),
        Some(_) => return None,
    };
    Some(SkillError::RateLimited {
        message: message.clone(),
        retry_after_seconds,
    })
}
