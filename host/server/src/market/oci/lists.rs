//! Versions of a skill, and what refers to a manifest.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use metier_core::Digest;
use metier_market::keeper::registry::manifest::{INDEX, index};
use serde::Deserialize;
use serde_json::json;

use super::{
    OciError, OciResult,
    wire::{Asks, At},
};
use crate::market::{
    MarketApp,
    cached::{self, ASK_AGAIN},
};

/// Tags on one page at most, and where nothing is said.
const MAX_TAGS: usize = 1_000;

/// Which page.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    n: Option<usize>,
    last: Option<String>,
}

/// Tags in their order.
pub async fn tags(
    State(app): State<Arc<MarketApp>>,
    at: At,
    Asks(reader): Asks,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> OciResult<Response> {
    let page = page.map(|Query(page)| page).unwrap_or_default();
    let max = page.n.unwrap_or(MAX_TAGS).min(MAX_TAGS);
    // One more, to know whether there is more.
    let tags = app
        .market
        .tags(&at.skill, &reader, page.last.as_deref(), max + 1);
    let mut tags = tags.await?;
    let has_more = tags.len() > max;
    tags.truncate(max);
    let next = tags.last().filter(|_| has_more);
    let next = next.map(|last| {
        format!(
            "</v2/{}/tags/list?n={max}&last={last}>; rel=\"next\"",
            at.skill
        )
    });
    let mut response = Json(json!({"name": at.skill, "tags": tags})).into_response();
    if let Some(Ok(next)) = next.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::LINK, next);
    }
    Ok(response)
}

/// What is chosen.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    #[serde(rename = "artifactType")]
    artifact_type: Option<String>,
}

/// What refers to a manifest; none where there is no such manifest.
pub async fn referrers(
    State(app): State<Arc<MarketApp>>,
    at: At,
    Asks(reader): Asks,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> OciResult<Response> {
    let filter = filter.map(|Query(filter)| filter).unwrap_or_default();
    let subject: Digest = at.rest.parse().map_err(|_| OciError::no_digest())?;
    let registry = app.market.registry();
    let mut told = registry.referrers(&at.skill, &subject, &reader).await?;
    if let Some(wanted) = &filter.artifact_type {
        told.retain(|manifest| manifest["artifactType"] == json!(wanted));
    }
    let bytes = index(&told).to_string().into_bytes();
    let mut response = cached::answer(&headers, INDEX, bytes, ASK_AGAIN);
    if filter.artifact_type.is_some() {
        let applied = HeaderValue::from_static("artifactType");
        response
            .headers_mut()
            .insert("oci-filters-applied", applied);
    }
    Ok(response)
}
