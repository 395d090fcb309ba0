//! Manifests.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use metier_core::Digest;
use metier_market::keeper::registry::{Reader, Reference, RegistryError};

use super::{
    OciError, OciResult,
    blobs::how_long,
    wire::{Asks, At, Writer, text},
};
use crate::market::{
    MarketApp,
    cached::{self, ASK_AGAIN, NOT_AT_ALL},
};

const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// A manifest by version, digest or fallback tag.
pub async fn get(
    State(app): State<Arc<MarketApp>>,
    at: At,
    Asks(reader): Asks,
    headers: HeaderMap,
) -> OciResult<Response> {
    // What cannot be there is not there.
    let reference: Reference = at
        .rest
        .parse()
        .map_err(|_| RegistryError::ManifestUnknown)?;
    let stored = app.market.manifest(&at.skill, &reference, &reader).await?;
    let tag = cached::tag(&stored.digest);
    let mut response = match cached::is_known(&headers, &tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, stored.media_type)], stored.bytes).into_response(),
    };
    let kept = match reference {
        Reference::Digest(_) => how_long(&reader),
        _ if !matches!(reader, Reader::Anybody) => NOT_AT_ALL,
        Reference::Version(_) | Reference::Referrers(_) => ASK_AGAIN,
    };
    cached::mark(&mut response, &tag, kept);
    insert(&mut response, DIGEST, stored.digest.to_string());
    Ok(response)
}

/// Pushes one.
pub async fn put(
    State(app): State<Arc<MarketApp>>,
    writer: Writer,
    headers: HeaderMap,
    body: Body,
) -> OciResult<Response> {
    let Writer { at, publisher } = writer;
    let reference: Reference = at.rest.parse()?;
    let media_type = text(&headers, header::CONTENT_TYPE);
    let media_type = media_type.map(|told| told.split(';').next().unwrap_or(told).trim());
    let bytes = whole(&app, body).await?;
    let pushed = app
        .market
        .push(&at.skill, &publisher, &reference, media_type, bytes)
        .await?;
    let mut response = StatusCode::CREATED.into_response();
    let location = format!("/v2/{}/manifests/{reference}", at.skill);
    insert(&mut response, header::LOCATION, location);
    insert(&mut response, DIGEST, pushed.digest.to_string());
    if let Some(subject) = pushed.subject {
        let name = HeaderName::from_static("oci-subject");
        insert(&mut response, name, Digest::to_string(&subject));
    }
    Ok(response)
}

async fn whole(app: &MarketApp, body: Body) -> OciResult<Vec<u8>> {
    let max = app.market.registry().max_manifest();
    let read = tokio::time::timeout(app.settings.patience, to_bytes(body, max)).await;
    let read = read.map_err(|_| {
        let message = "the manifest took too long to come";
        OciError::new(StatusCode::REQUEST_TIMEOUT, "MANIFEST_INVALID", message)
    })?;
    // It broke off, and nobody hears the answer, or it is too large.
    let too_large = |_| RegistryError::TooLarge { max: max as u64 };
    Ok(read.map_err(too_large)?.into())
}

fn insert(response: &mut Response, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}
