//! A request on its way in: who asks, and its body.

use std::sync::Arc;

use axum::{
    body::{Bytes, HttpBody},
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{StatusCode, request::Parts},
};
use metier_core::CallId;
use metier_service::Caller;

use super::{MAX_BODY, failure::Failure};
use crate::{
    app::App,
    gate::{Idempotency, RequestId, Who},
    guard,
};

/// Who asks, or OpenAI's error.
pub struct Asker(pub Caller);

impl FromRequestParts<Arc<App>> for Asker {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let Who(caller) = Who::from_request_parts(parts, app).await?;
        Ok(Asker(caller))
    }
}

/// The rest of the path: names of models may have slashes.
pub struct Tail(pub String);

impl FromRequestParts<Arc<App>> for Tail {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let nothing = |_| Failure::request(StatusCode::NOT_FOUND, "There is no such model.");
        path.map(|Path(tail)| Tail(tail))
            .map_err(|error| nothing(error).no_model())
    }
}

/// A question as it came.
pub struct Posted {
    /// Who asks.
    pub caller: Caller,
    /// The request's id.
    pub id: CallId,
    /// Names it and its repetitions.
    pub key: Option<String>,
    /// The JSON.
    pub body: Bytes,
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let Asker(caller) = Asker::from_request_parts(&mut parts, app).await?;
        let RequestId(id) = RequestId::from_request_parts(&mut parts, app).await?;
        let Idempotency(key) = Idempotency::from_request_parts(&mut parts, app).await?;
        if !guard::is_json(&parts.headers) {
            return Err(Failure::request(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body is no JSON: send `content-type: application/json`.",
            ));
        }
        // Whoever says that it is too long need not send it.
        if body.size_hint().lower() > MAX_BODY as u64 {
            return Err(unreadable(StatusCode::PAYLOAD_TOO_LARGE));
        }
        let body = Bytes::from_request(Request::from_parts(parts, body), app).await;
        let body = body.map_err(|rejection| unreadable(rejection.status()))?;
        Ok(Posted {
            caller,
            id,
            key,
            body,
        })
    }
}

fn unreadable(status: StatusCode) -> Failure {
    let message =
        format!("The body could not be read, or is larger than the {MAX_BODY} bytes it may have.");
    Failure::request(status, message)
}
