//! The catalogue, for people. Whole pages, made here, which work without a script.

use std::sync::Arc;

use axum::Router;

use super::MarketApp;

/// All routes of the catalogue.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
}
