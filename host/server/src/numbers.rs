//! `/metrics`: what was counted, for Prometheus and whoever reads its format.
//!
//! The numbers are those of all tenants. On the service's own address they are for administrators, and for every key of the host's own tenant
//! `local`, so that a scraper needs no more than a viewer's key. There is no exception for this machine: behind a proxy everybody comes from there.
//! A scraper without a key has an address of its own: [`router`].

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metier_core::TenantId;
use metier_service::{Right, metrics::Format};

use crate::{app::App, gate::Who, problem::Problem};

/// The numbers on an address of their own, for everybody who reaches it.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/metrics", get(open))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .with_state(app)
}

/// The numbers, for those who may see them.
pub async fn answer(
    State(app): State<Arc<App>>,
    Who(caller): Who,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let right = match caller.tenant == TenantId::local() {
        true => Right::See,
        false => Right::Administer,
    };
    app.service.needs(&caller, right)?;
    Ok(told(&app, &headers))
}

async fn open(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    told(&app, &headers)
}

fn told(app: &App, headers: &HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT);
    let format = Format::wanted(accept.and_then(|accept| accept.to_str().ok()));
    let text = app.service.numbers(format);
    ([(header::CONTENT_TYPE, format.media_type())], text).into_response()
}
