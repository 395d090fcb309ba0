//! `/services/oauth2`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::json;
use crate::state::State;

pub(super) async fn token(
    Shared(state): Shared<Arc<State>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    match state
        .authority
        .token(&form, basic(&headers), state.clock.now())
    {
        Ok(answer) => json(200, &answer),
        Err(refusal) => json(
            400,
            &json!({ "error": refusal.error, "error_description": refusal.description }),
        ),
    }
}

pub(super) async fn revoke(
    Shared(state): Shared<Arc<State>>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let token = form.get("token").map_or("", String::as_str);
    if state.authority.book.revoke(token) {
        StatusCode::OK.into_response()
    } else {
        json(
            400,
            &json!({ "error": "unsupported_token_type", "error_description": "this token type is not supported" }),
        )
    }
}

/// The client id and secret of an `Authorization: Basic` header.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
