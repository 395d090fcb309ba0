//! The log and what follows from it, for clients and for whoever watches the market. Nothing here needs a token.
//!
//! | request | what |
//! |---|---|
//! | `GET /.well-known/metier-market.toml` | the trust root |
//! | `GET /log/checkpoint` | the newest checkpoint: a signed note |
//! | `GET /log/tile/…` | tiles of hashes and of leaves (C2SP tlog-tiles) |
//! | `GET /log/consistency?from=N&to=M` | the proof that the log has only grown |
//! | `GET /receipts/LEAF?size=N` | everything that shows a version to be what the log says |
//! | `GET /index/NAMESPACE/NAME` | the sparse index file |
//! | `GET /revocations` | the signed list |

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::get,
};
use metier_market::log::TilePath;
use serde::Deserialize;

use super::{
    MarketApp,
    api::Named,
    cached::{self, ASK_AGAIN, FOR_EVER},
    failure::{NotDone, not_there},
};
use crate::problem::Problem;

const TEXT: &str = "text/plain; charset=utf-8";

/// All routes.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/.well-known/metier-market.toml", get(root))
        .route("/log/checkpoint", get(checkpoint))
        .route("/log/tile/{*path}", get(tile))
        .route("/log/consistency", get(consistency))
        .route("/receipts/{leaf}", get(receipt))
        .route("/index/{namespace}/{skill}", get(index))
        .route("/revocations", get(revocations))
}

async fn root(State(app): State<Arc<MarketApp>>, headers: HeaderMap) -> Response {
    let text = app.market.root().to_toml();
    cached::answer(&headers, "application/toml", text.into_bytes(), ASK_AGAIN)
}

async fn checkpoint(State(app): State<Arc<MarketApp>>, headers: HeaderMap) -> Response {
    let note = app.market.checkpoint();
    cached::answer(&headers, TEXT, note.into_bytes(), ASK_AGAIN)
}

async fn tile(
    State(app): State<Arc<MarketApp>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, NotDone> {
    let path: TilePath = format!("tile/{path}")
        .parse()
        .map_err(|_| not_there("This is no path of a tile."))?;
    let bytes = app.market.tile(path).await?;
    let media_type = "application/octet-stream";
    Ok(cached::answer(&headers, media_type, bytes, FOR_EVER))
}

#[derive(Deserialize)]
struct Span {
    from: u64,
    to: Option<u64>,
}

async fn consistency(
    State(app): State<Arc<MarketApp>>,
    span: Result<Query<Span>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(Span { from, to }) = span.map_err(|_| no_number("from"))?;
    let proof = app.market.consistency(from, to);
    let proof = proof.ok_or_else(|| not_there("The log never had that size."))?;
    Ok(cached::json(&headers, &proof, ASK_AGAIN))
}

#[derive(Deserialize)]
struct Sized {
    size: Option<u64>,
}

async fn receipt(
    State(app): State<Arc<MarketApp>>,
    Path(leaf): Path<String>,
    size: Result<Query<Sized>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, NotDone> {
    let leaf = leaf.parse().map_err(|_| not_there("A leaf is a number."))?;
    let Query(Sized { size }) = size.map_err(|_| no_number("size"))?;
    let receipt = app.market.receipt(leaf, size).await?;
    Ok(cached::json(&headers, &receipt, ASK_AGAIN))
}

async fn index(
    State(app): State<Arc<MarketApp>>,
    named: Named,
    headers: HeaderMap,
) -> Result<Response, NotDone> {
    let index = app.market.index_text(&named.skill).await?;
    let (text, digest) = (index.text.clone(), &index.digest);
    Ok(cached::known(&headers, TEXT, text, digest, ASK_AGAIN))
}

async fn revocations(
    State(app): State<Arc<MarketApp>>,
    headers: HeaderMap,
) -> Result<Response, NotDone> {
    let told = app.market.list_now().await?;
    Ok(cached::kept(&headers, "application/json", &told, ASK_AGAIN))
}

fn no_number(name: &str) -> Problem {
    Problem::unreadable(
        StatusCode::BAD_REQUEST,
        format!("`{name}` is a number of leaves."),
        "Take it from a checkpoint.",
    )
}
