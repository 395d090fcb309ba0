//! The addresses of the emulator.

mod auth;
mod control;
mod describe;
mod faulty;
mod pipeline;
mod query;
mod records;
mod version;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde::Serialize;

use crate::error::ApiError;
use crate::state::State;

/// Everything, behind the pipeline that records, breaks and authenticates.
pub(crate) fn router(state: Arc<State>) -> Router {
    let data = "/services/data";
    let version = "/services/data/{version}";
    let object = "/services/data/{version}/sobjects/{object}";
    let record = "/services/data/{version}/sobjects/{object}/{id}";
    let routes: Vec<(String, MethodRouter<Arc<State>>)> = vec![
        (data.to_owned(), get(version::list)),
        (version.to_owned(), get(version::resources)),
        (format!("{version}/limits"), get(version::limits)),
        (format!("{version}/query"), get(query::query)),
        (format!("{version}/queryAll"), get(query::query_all)),
        (format!("{version}/query/{{locator}}"), get(query::more)),
        (format!("{version}/queryAll/{{locator}}"), get(query::more)),
        (format!("{version}/search"), get(query::search)),
        (
            format!("{version}/parameterizedSearch"),
            get(query::parameterized),
        ),
        (format!("{version}/sobjects"), get(describe::global)),
        (
            object.to_owned(),
            get(describe::basic).post(records::create),
        ),
        (format!("{object}/describe"), get(describe::full)),
        (
            record.to_owned(),
            get(records::read)
                .patch(records::update)
                .delete(records::delete),
        ),
        ("/services/oauth2/token".to_owned(), post(auth::token)),
        ("/services/oauth2/revoke".to_owned(), post(auth::revoke)),
        ("/__login".to_owned(), get(control::login)),
        (
            "/__faults".to_owned(),
            get(control::list)
                .put(control::replace)
                .delete(control::clear),
        ),
        ("/__release".to_owned(), post(control::release)),
        ("/__revoke".to_owned(), post(control::revoke)),
        (
            "/__requests".to_owned(),
            get(control::requests).delete(control::forget),
        ),
    ];
    let book = Arc::clone(&state.book);
    let mut router = Router::new();
    for (path, handler) in routes {
        // Clients differ over the trailing slash; Salesforce takes both.
        router = router
            .route(&format!("{path}/"), handler.clone())
            .route(&path, handler);
    }
    router
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || {
            ApiError::new(405, "METHOD_NOT_ALLOWED", "HTTP Method not allowed.")
        })
        .layer(middleware::from_fn_with_state(
            Arc::clone(&book),
            metier_emulator_kit::observe,
        ))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&state),
            pipeline::run,
        ))
        .with_state(state)
        .merge(metier_emulator_kit::routes(book))
}

/// A JSON answer with Salesforce's content type.
fn json(status: u16, body: &impl Serialize) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = (status, Body::from(body)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json;charset=UTF-8"),
    );
    response
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        json(self.status, &self.to_json())
    }
}
