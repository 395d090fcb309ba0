//! Who may ask: everybody with the key, where their provider wants it.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use metier_emulator_kit::MAX_REQUEST;

use super::provider::{KeyPlace, Provider};
use super::{Shared, refuse, signature};
use crate::wire::{Refused, Why};

pub(super) async fn known(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let Some(provider) = Provider::of(request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MAX_REQUEST).await.unwrap_or_default();
    let is = |sent: Option<&str>| sent == Some(&*shared.key);
    let bearer =
        header(&parts.headers, "authorization").and_then(|value| value.strip_prefix("Bearer "));
    let is_right = match provider.key {
        KeyPlace::Header(name) => is(header(&parts.headers, name)),
        KeyPlace::Bearer => is(bearer),
        KeyPlace::HeaderOrBearer(name) => is(header(&parts.headers, name)) || is(bearer),
        KeyPlace::Signature => is(bearer) || signature::is_right(&parts, &body, &shared.key),
    };
    match is_right {
        true => next.run(Request::from_parts(parts, Body::from(body))).await,
        false => refuse(
            provider.wire,
            &Refused::new(Why::Unauthorized, "The key is not right."),
        ),
    }
}

pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
