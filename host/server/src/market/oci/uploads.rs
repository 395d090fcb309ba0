//! Blobs on their way in.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use metier_core::{Digest, SkillName};
use metier_market::keeper::registry::{Registry, RegistryError, UploadId, Writing};
use serde::Deserialize;

use super::{
    OciError, OciResult,
    wire::{Writer, span, text},
};
use crate::market::MarketApp;

/// What a request says behind its `?`.
#[derive(Debug, Default, Deserialize)]
pub struct Params {
    /// The digest of the whole.
    digest: Option<String>,
    /// A blob that may be there already.
    mount: Option<String>,
}

/// Begins an upload; sends it whole where its digest is said, and takes what is there already where that is asked for.
pub async fn begin(
    State(app): State<Arc<MarketApp>>,
    writer: Writer,
    params: Result<Query<Params>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> OciResult<Response> {
    let params = params.map(|Query(params)| params).unwrap_or_default();
    let skill = &writer.at.skill;
    let registry = app.market.registry();
    if let Some(digest) = params.mount {
        let digest = parsed(&digest)?;
        if registry.mount(&writer.publisher, &digest).await? {
            return Ok(created(skill, &digest));
        }
    }
    let whole = params.digest.as_deref().map(parsed).transpose()?;
    let id = registry.begin(skill, &writer.publisher).await?;
    let Some(digest) = whole else {
        return Ok(accepted(skill, id, 0));
    };
    let mut writing = registry.resume(skill, &writer.publisher, id)?;
    match pour(body, &mut writing, &headers, app.settings.patience).await {
        // Nobody knows its id: it could not be gone on with.
        Err(error) => {
            writing.cancel();
            Err(error)
        }
        Ok(()) => {
            writing.finish(&digest).await?;
            Ok(created(skill, &digest))
        }
    }
}

/// How much is there.
pub async fn status(State(app): State<Arc<MarketApp>>, writer: Writer) -> OciResult<Response> {
    let (id, writing) = resume(app.market.registry(), &writer)?;
    let mut response = accepted(&writer.at.skill, id, writing.size());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// The next piece.
pub async fn append(
    State(app): State<Arc<MarketApp>>,
    writer: Writer,
    headers: HeaderMap,
    body: Body,
) -> OciResult<Response> {
    let (id, mut writing) = resume(app.market.registry(), &writer)?;
    pour(body, &mut writing, &headers, app.settings.patience).await?;
    Ok(accepted(&writer.at.skill, id, writing.size()))
}

/// The last piece, which may be empty, and the digest of the whole.
pub async fn finish(
    State(app): State<Arc<MarketApp>>,
    writer: Writer,
    params: Result<Query<Params>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> OciResult<Response> {
    let params = params.map(|Query(params)| params).unwrap_or_default();
    let digest = parsed(params.digest.as_deref().unwrap_or_default())?;
    let (_, mut writing) = resume(app.market.registry(), &writer)?;
    pour(body, &mut writing, &headers, app.settings.patience).await?;
    writing.finish(&digest).await?;
    Ok(created(&writer.at.skill, &digest))
}

/// Gives it up.
pub async fn cancel(State(app): State<Arc<MarketApp>>, writer: Writer) -> OciResult<StatusCode> {
    let (_, writing) = resume(app.market.registry(), &writer)?;
    writing.cancel();
    Ok(StatusCode::NO_CONTENT)
}

fn resume<'r>(registry: &'r Registry, writer: &Writer) -> OciResult<(UploadId, Writing<'r>)> {
    let id: UploadId = writer.at.rest.parse()?;
    let writing = registry.resume(&writer.at.skill, &writer.publisher, id)?;
    Ok((id, writing))
}

fn parsed(digest: &str) -> OciResult<Digest> {
    digest.parse().map_err(|_| OciError::no_digest())
}

/// Writes a body to the upload, piece by piece. What came before its client went away stays: the client may go on.
async fn pour(
    body: Body,
    writing: &mut Writing<'_>,
    headers: &HeaderMap,
    patience: Duration,
) -> OciResult<()> {
    let at = writing.size();
    let said = said(headers, at)?;
    let mut pieces = body.into_data_stream();
    loop {
        let next = tokio::time::timeout(patience, pieces.next()).await;
        let next = next.map_err(|_| {
            let message = "the next piece of the body took too long: go on where it stopped";
            OciError::new(StatusCode::REQUEST_TIMEOUT, "BLOB_UPLOAD_INVALID", message)
        })?;
        let Some(piece) = next else { break };
        let piece = piece.map_err(|_| {
            let message = "the body broke off: go on where it stopped";
            OciError::new(StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID", message)
        })?;
        writing.write(piece.into()).await?;
    }
    let had = writing.size() - at;
    match said {
        Some(said) if said != had => {
            let error = RegistryError::OtherLength { said, had };
            writing.end();
            Err(error.into())
        }
        _ => Ok(()),
    }
}

/// How long the piece says it is, where it does. It has to begin where the last one ended.
fn said(headers: &HeaderMap, at: u64) -> OciResult<Option<u64>> {
    let Some(told) = text(headers, header::CONTENT_RANGE) else {
        return Ok(None);
    };
    let out_of_order = || {
        let error = OciError::from(RegistryError::OutOfOrder { at });
        error.with(header::RANGE, &up_to(at))
    };
    let (first, last) = span(told).ok_or_else(out_of_order)?;
    if first != at {
        return Err(out_of_order());
    }
    Ok(Some(last.saturating_sub(first).saturating_add(1)))
}

/// Bytes that are there, as the specification has it.
fn up_to(size: u64) -> String {
    format!("0-{}", size.saturating_sub(1))
}

fn accepted(skill: &SkillName, id: UploadId, size: u64) -> Response {
    let mut response = StatusCode::ACCEPTED.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::LOCATION, format!("/v2/{skill}/blobs/uploads/{id}")),
        (header::RANGE, up_to(size)),
        (
            HeaderName::from_static("docker-upload-uuid"),
            id.to_string(),
        ),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

fn created(skill: &SkillName, digest: &Digest) -> Response {
    let mut response = StatusCode::CREATED.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::LOCATION, format!("/v2/{skill}/blobs/{digest}")),
        (
            HeaderName::from_static("docker-content-digest"),
            digest.to_string(),
        ),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}
