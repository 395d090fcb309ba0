//! What a market answers over HTTP.
//!
//! | path | what |
//! |---|---|
//! | `/v2/` | the [registry](oci): OCI distribution 1.1 |
//! | `/api/v1/market` | the [metadata](api): search, skills, versions |
//! | `/api/v1/market` | [getting in](doors): challenges, tokens, namespaces and their keys |
//! | `/api/v1/market` | [trusted publishing](trusted): whose runs publish, and their tokens |
//! | `/api/v1/market` | [what is done](trade): publishing, yanking, revoking, deciding |
//! | `/log/`, `/receipts/`, `/index/`, `/revocations` | the [log](ledger) and what follows from it, for clients |
//! | `/v0.1/servers` | the same as the [MCP Registry](servers) tells it |
//! | `/.well-known/` | [where agents and Wasm tools look](well_known) |
//! | `/`, `/skills/…`, `/publishers/…` | the [catalogue](pages), for people |
//! | `/livez` | whether it lives |
//!
//! Everybody may read what is published; writing needs a publisher's token ([`who`]). [`MarketApp`] is all of it over a [`Market`].

pub mod api;
pub mod dns;
pub mod lookup;
pub mod oci;
pub mod pages;
pub mod servers;
pub mod trusted;
pub mod well_known;
pub mod who;

mod base;
mod body;
mod cached;
mod doors;
mod failure;
mod ledger;
mod source;
mod trade;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderValue, StatusCode, Uri, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use metier_market::keeper::Market;

use self::failure::NotThere;

/// What an answer that is no page may do in a browser: nothing.
const NO_PAGE: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// How a market is seen from outside.
#[derive(Clone, Debug)]
pub struct MarketSettings {
    /// Where it is called from elsewhere: `https://market.acme.example`, without a path. As each request says where nothing is set.
    pub url: Option<String>,
    /// What stands before a namespace of `wkg` to make one of ours, since its namespaces have no dots: `com.` makes `com.acme` of `acme`.
    pub wkg_prefix: String,
    /// How long the next piece of a body may take.
    pub patience: Duration,
    /// Proxies in front: what they say where a request comes from is believed, and nobody else's word.
    pub proxies: Vec<IpAddr>,
}

impl Default for MarketSettings {
    fn default() -> Self {
        MarketSettings {
            url: None,
            wkg_prefix: "com.".to_owned(),
            patience: Duration::from_secs(60),
            proxies: Vec::new(),
        }
    }
}

/// A market with what its HTTP side needs.
#[derive(Debug)]
pub struct MarketApp {
    /// What is asked.
    pub market: Arc<Market>,
    /// How it is seen from outside.
    pub settings: MarketSettings,
}

impl MarketApp {
    /// All routes.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/livez", get(|| async { StatusCode::NO_CONTENT }))
            .merge(oci::router())
            .merge(api::router())
            .merge(doors::router())
            .merge(trusted::router())
            .merge(trade::router())
            .merge(ledger::router())
            .merge(servers::router())
            .merge(well_known::router())
            .merge(pages::router())
            .fallback(nothing_there)
            .layer(middleware::map_response(fenced))
            .with_state(self)
    }
}

/// The registry's clients are told in their own words.
async fn nothing_there(uri: Uri) -> Response {
    match uri.path().starts_with("/v2/") {
        true => oci::nothing_there(),
        false => NotThere.into_response(),
    }
}

/// The headers every answer has.
async fn fenced(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, NO_PAGE),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        // What was said already stays.
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}
