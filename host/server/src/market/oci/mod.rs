//! `/v2/`: the [registry](metier_market::keeper::registry), as the OCI distribution specification 1.1 speaks.
//!
//! | request | what |
//! |---|---|
//! | `GET /v2/` | whether this is a registry, and whether a token is one |
//! | `HEAD`, `GET /v2/NAME/blobs/DIGEST` | a blob, whole or a range of it |
//! | `POST /v2/NAME/blobs/uploads/` | begin a blob, send it whole (`?digest=`), or take one that is there (`?mount=`) |
//! | `GET`, `PATCH`, `PUT`, `DELETE /v2/NAME/blobs/uploads/ID` | go on with it |
//! | `HEAD`, `GET`, `PUT /v2/NAME/manifests/REFERENCE` | a manifest by version or digest |
//! | `GET /v2/NAME/tags/list` | versions, in pages |
//! | `GET /v2/NAME/referrers/DIGEST` | what refers to a manifest |
//! | `GET /v2/token` | a token for `docker login` and whoever follows its way |
//!
//! Everybody reads what is published; what was only pushed, who pushed it and who keeps the market read with their token. Nothing is
//! deleted here: a version is yanked or revoked, which the market's log tells.

mod blobs;
mod failure;
mod lists;
mod manifests;
mod token;
mod uploads;
mod wire;

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::{get, post},
};

use self::failure::{OciError, OciResult};
use super::MarketApp;

/// All routes of the registry.
pub fn router() -> Router<Arc<MarketApp>> {
    Router::new()
        .route("/v2", get(token::base))
        .route("/v2/", get(token::base))
        .route(token::PATH, get(token::issue))
        .route(
            "/v2/{namespace}/{skill}/blobs/uploads",
            post(uploads::begin),
        )
        .route(
            "/v2/{namespace}/{skill}/blobs/uploads/",
            post(uploads::begin),
        )
        .route(
            "/v2/{namespace}/{skill}/blobs/uploads/{id}",
            get(uploads::status)
                .patch(uploads::append)
                .put(uploads::finish)
                .delete(uploads::cancel),
        )
        .route(
            "/v2/{namespace}/{skill}/blobs/{digest}",
            get(blobs::get).head(blobs::head),
        )
        .route(
            "/v2/{namespace}/{skill}/manifests/{reference}",
            get(manifests::get).put(manifests::put),
        )
        .route("/v2/{namespace}/{skill}/tags/list", get(lists::tags))
        .route(
            "/v2/{namespace}/{skill}/referrers/{digest}",
            get(lists::referrers),
        )
        .method_not_allowed_fallback(not_done)
}

/// What a path of the registry's that is none is answered.
pub fn nothing_there() -> Response {
    OciError::no_name().into_response()
}

async fn not_done() -> OciError {
    OciError::unsupported()
}
