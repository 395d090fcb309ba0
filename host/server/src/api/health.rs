//! Whether the service can do its work.

use std::sync::Arc;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use metier_core::{Code, Fault};

use crate::{app::App, problem::Problem};

/// `/readyz`: the store answers and may be written to.
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.service.store().check(false).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            let fault = Fault::new(Code::Busy, "The store cannot be used now.");
            Problem::from(fault).into_response()
        }
    }
}
