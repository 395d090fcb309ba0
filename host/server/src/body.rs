//! What requests carry, read so that every mistake is told.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use crate::{app::App, guard, problem::Problem};

/// A JSON body.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        if !guard::is_json(request.headers()) {
            return Err(no_json());
        }
        let Raw(bytes) = Raw::from_request(request, app).await?;
        let read = serde_json::from_slice(&bytes);
        Ok(Json(read.map_err(|error| {
            Problem::unreadable(
                StatusCode::BAD_REQUEST,
                format!("The body cannot be read: {error}."),
                "/api/v1/openapi.json describes what it has to be.",
            )
        })?))
    }
}

/// What a body that has to be JSON and does not say so is answered.
pub fn no_json() -> Problem {
    Problem::http(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The body is no JSON: the request has another content type.",
        "Send `content-type: application/json`; `curl --json '{}'` does.",
    )
}

/// A body as it came.
pub struct Raw(pub Bytes);

impl FromRequest<Arc<App>> for Raw {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, app).await;
        bytes.map(Raw).map_err(|rejection| {
            Problem::unreadable(
                rejection.status(),
                "The body could not be read, or is larger than it may be.",
                "Send less, or in several requests.",
            )
        })
    }
}

/// A body that is text.
pub struct Text(pub String);

impl FromRequest<Arc<App>> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let Raw(bytes) = Raw::from_request(request, app).await?;
        String::from_utf8(bytes.into()).map(Text).map_err(|_| {
            Problem::unreadable(
                StatusCode::BAD_REQUEST,
                "The body is not UTF-8 text.",
                "Send text.",
            )
        })
    }
}

/// A JSON body as it was written, for whoever reads it once where it is used.
pub struct JsonText(pub String);

impl FromRequest<Arc<App>> for JsonText {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        if !guard::is_json(request.headers()) {
            return Err(no_json());
        }
        let Text(text) = Text::from_request(request, app).await?;
        Ok(JsonText(text))
    }
}

/// Names in the path, each of its own type. One that cannot be is not there.
pub struct Named<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, app).await;
        path.map(|Path(named)| Named(named)).map_err(|_| {
            Problem::http(
                StatusCode::NOT_FOUND,
                "There is nothing of this name.",
                "/api/v1/openapi.json describes which names there can be.",
            )
        })
    }
}

/// Parameters behind the `?`.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<App>> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, app).await;
        query.map(|Query(params)| Params(params)).map_err(|error| {
            Problem::unreadable(
                StatusCode::BAD_REQUEST,
                format!("The parameters cannot be read: {}.", error.body_text()),
                "/api/v1/openapi.json describes which there are.",
            )
        })
    }
}
