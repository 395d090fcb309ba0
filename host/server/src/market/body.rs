//! The JSON a request carries.

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{FromRequest, Request},
    http::StatusCode,
};
use serde::de::DeserializeOwned;

use super::MarketApp;
use crate::problem::Problem;

/// Largest body, in bytes: a publisher's bundle and some words.
const MAX_BODY: usize = 1 << 20;

/// A body, read whole within the market's patience.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<MarketApp>> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<MarketApp>) -> Result<Self, Problem> {
        let read = to_bytes(request.into_body(), MAX_BODY);
        let read = tokio::time::timeout(app.settings.patience, read).await;
        let read = read.map_err(|_| {
            let hint = "Send it again.";
            Problem::http(
                StatusCode::REQUEST_TIMEOUT,
                "The body took too long to come.",
                hint,
            )
        })?;
        let bytes = read.map_err(|_| {
            let message = format!("The body is cut off, or has more than {MAX_BODY} bytes.");
            Problem::unreadable(StatusCode::PAYLOAD_TOO_LARGE, message, "Send less.")
        })?;
        let value = serde_json::from_slice(&bytes);
        let value = value.map_err(|error| {
            let told = metier_core::ids::shown(&error.to_string());
            let message = format!("The body cannot be read: {told}.");
            let hint = "The market's API is in docs/decisions/0025.";
            Problem::unreadable(StatusCode::BAD_REQUEST, message, hint)
        })?;
        Ok(Body(value))
    }
}
