//! `/__faults`, `/__release`, `/__revoke`, `/__requests`: the switches, for tests in other
//! languages. The emulator listens on loopback only, and so do these.

use std::sync::Arc;

use axum::Json as Body;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::json;
use crate::faults::Rule;
use crate::state::State;

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
