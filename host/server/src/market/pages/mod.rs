//! The catalogue, for people: search, a skill, a publisher; and the queue, for who keeps the market. Whole pages, made here, which work
//! without a script.
//!
//! Every page forbids scripts, frames and whatever comes from elsewhere. Text of publishers is escaped by maud, and characters nobody sees are
//! named, as in the console, whose look it has. The queue alone has forms that do something; see [`desk`].

mod agent;
mod authority;
mod changes;
mod desk;
mod frame;
mod publisher;
mod queue;
mod says;
mod search;
mod skill;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, header},
    middleware,
    response::Response,
    routing::get,
};

use super::MarketApp;
use crate::console::assets;

/// What a page may load: its own style and pictures.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// All routes of the catalogue.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/", get(search::page))
        .route("/skills/{namespace}/{skill}", get(skill::show))
        .route("/skills/{namespace}/{skill}/{version}", get(skill::show))
        .route("/publishers/{namespace}", get(publisher::show))
        .layer(middleware::map_response(fenced))
        .merge(queue::router())
        .route(
            frame::STYLE,
            get(|headers: HeaderMap| async move { assets::style(&headers) }),
        )
        .route(
            frame::ICON,
            get(|headers: HeaderMap| async move { assets::icon(&headers) }),
        )
}

async fn fenced(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let policy = HeaderValue::from_static(POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let ask_again = HeaderValue::from_static("public, no-cache");
    headers.insert(header::CACHE_CONTROL, ask_again);
    response
}
