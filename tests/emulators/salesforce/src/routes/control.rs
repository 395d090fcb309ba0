//! `/__login`, `/__faults`, `/__release`, `/__revoke`, `/__requests`: what a test in another
//! language needs to log in, and the switches. The emulator listens on loopback only, and so do these.

use std::sync::Arc;

use axum::Json as Body;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::json;
use crate::faults::Rule;
use crate::state::State;

/// The first connected app with all its secrets, and who may log in: throwaway values that are
/// good for this process only.
pub(super) async fn login(Shared(state): Shared<Arc<State>>) -> Response {
    let authority = &state.authority;
    let client = authority.clients.first();
    json(
        200,
        &json!({
            "client_id": client.map(|client| &client.id),
            "client_secret": client.map(|client| &client.secret),
            "refresh_token": client.and_then(|client| client.refresh_token.as_ref()),
            "private_key": state.private_key_pem,
            "username": authority.users.first(),
            "instance_url": authority.instance_url,
        }),
    )
}

pub(super) async fn list(Shared(state): Shared<Arc<State>>) -> Response {
    json(200, &state.faults.list())
}

pub(super) async fn replace(
    Shared(state): Shared<Arc<State>>,
    Body(rules): Body<Vec<Rule>>,
) -> StatusCode {
    state.faults.replace(rules);
    StatusCode::NO_CONTENT
}

pub(super) async fn clear(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.faults.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn release(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.faults.release();
    StatusCode::NO_CONTENT
}

pub(super) async fn revoke(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.authority.book.revoke_all();
    StatusCode::NO_CONTENT
}

pub(super) async fn requests(Shared(state): Shared<Arc<State>>) -> Response {
    let recorder = &state.recorder;
    json(
        200,
        &json!({
            "total": recorder.total(),
            "token_requests": recorder.token_requests(),
            "in_flight": recorder.in_flight(),
            "requests": recorder.all(),
        }),
    )
}

pub(super) async fn forget(Shared(state): Shared<Arc<State>>) -> StatusCode {
    state.recorder.clear();
    StatusCode::NO_CONTENT
}
