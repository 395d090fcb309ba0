//! Faults as statuses of HTTP.
//!
//! | status | when |
//! |---|---|
//! | 400, 404, 409 | the caller's: arguments, a name, a conflict |
//! | 401, 403 | who asks is not known, or may not |
//! | 403 | the operator's: something is not granted, or the service refuses the credential |
//! | 429, 502 | a limit of the caller's, the service behind the skill |
//! | 500 | the skill's or the host's own fault |
//! | 503, 507 | the host is busy, or full |
//! | 504 | it took too long |
//!
//! What HTTP itself forbids has the statuses of HTTP: 403, 404, 405, 415, with the code `request-refused`, and 413 for arguments.

use axum::http::StatusCode;
use metier_core::{Blame, Code};

/// The status of a fault.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Forbidden => StatusCode::FORBIDDEN,
        Code::UnknownTool | Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict => StatusCode::CONFLICT,
        Code::RateLimited | Code::UpstreamRateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Code::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        Code::DeadlineExceeded | Code::SkillWallExceeded | Code::UpstreamTimeout => {
            StatusCode::GATEWAY_TIMEOUT
        }
        _ => match code.blame() {
            Blame::Caller => StatusCode::BAD_REQUEST,
            Blame::Operator => StatusCode::FORBIDDEN,
            Blame::Skill | Blame::Host => StatusCode::INTERNAL_SERVER_ERROR,
            Blame::Upstream => StatusCode::BAD_GATEWAY,
        },
    }
}
