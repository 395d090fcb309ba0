//! The routes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use metier_core::CallId;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::tools::Tools;
use crate::guard;

/// The id of a request, in every answer.
const REQUEST_ID: &str = "x-request-id";

/// The routes over `tools`. A body is at most what the host takes as arguments.
pub(crate) fn router(tools: Arc<Tools>) -> Router {
    let most = usize::try_from(tools.host().ceiling().arguments_bytes).unwrap_or(usize::MAX);
    Router::new()
        .route("/tools", get(list).fallback(wrong_method))
        .route("/tools/{tool}", post(call).fallback(wrong_method))
        .fallback(no_such_path)
        .layer(DefaultBodyLimit::max(most))
        .layer(middleware::from_fn(move |id, request, next| {
            declared(most, id, request, next)
        }))
        .layer(middleware::from_fn_with_state(tools.clone(), admit))
        .with_state(tools)
}

/// Gives the request its id, and looks at where it comes from before anything else does.
async fn admit(State(tools): State<Arc<Tools>>, mut request: Request, next: Next) -> Response {
    let id = match tools.host().call_id() {
        Ok(id) => id,
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    request.extensions_mut().insert(id.clone());
    let mut response = match guard::check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(why) => Refusal::http(StatusCode::FORBIDDEN, why, guard::HINT).answer(&id),
    };
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A body that says it is too large is not waited for; one that lies is cut off by the limit below.
async fn declared(
    most: usize,
    Extension(id): Extension<CallId>,
    request: Request,
    next: Next,
) -> Response {
    let told = request.headers().get(header::CONTENT_LENGTH);
    let told = told.and_then(|told| told.to_str().ok()?.parse::<u64>().ok());
    match told.is_some_and(|told| told > most as u64) {
        true => unreadable(StatusCode::PAYLOAD_TOO_LARGE).answer(&id),
        false => next.run(request).await,
    }
}

async fn list(State(tools): State<Arc<Tools>>, Extension(id): Extension<CallId>) -> Response {
    let installed = match tools.current() {
        Ok(installed) => installed,
        Err(fault) => return Refusal::from(fault).answer(&id),
    };
    let skill = installed.skill();
    let listed: Vec<Value> = skill.tools().map(|tool| json!(tool.info)).collect();
    let name = installed.manifest().name();
    Json(json!({"skill": name, "digest": skill.digest(), "tools": listed})).into_response()
}

async fn call(
    State(tools): State<Arc<Tools>>,
    Extension(id): Extension<CallId>,
    headers: HeaderMap,
    tool: Result<Path<String>, PathRejection>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let answer = async {
        if !guard::is_json(&headers) {
            return Err(no_json());
        }
        let Ok(Path(tool)) = tool else {
            return Err(nothing_there());
        };
        let arguments = text(body)?;
        Ok(tools.call(id.clone(), &tool, arguments).await?)
    };
    match answer.await {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(refusal) => refusal.answer(&id),
    }
}

fn no_json() -> Refusal {
    Refusal::http(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "The arguments are no JSON: the request has another content type.",
        "Send `content-type: application/json`; `curl --json '{}'` does.",
    )
}

fn text(body: Result<Bytes, BytesRejection>) -> Result<String, Refusal> {
    let body = body.map_err(|rejection| unreadable(rejection.status()))?;
    String::from_utf8(body.into()).map_err(|_| {
        Refusal::arguments(
            StatusCode::BAD_REQUEST,
            "The arguments are not UTF-8 text.",
            "Send one JSON object.",
        )
    })
}

fn unreadable(status: StatusCode) -> Refusal {
    let message = "The body could not be read, or is larger than arguments may be.";
    Refusal::arguments(
        status,
        message,
        "Send less; files go through `metier artifact`.",
    )
}

async fn wrong_method(Extension(id): Extension<CallId>) -> Response {
    let message = "The path is there, and has no such method.";
    let hint = "GET /tools lists the tools, POST /tools/NAME calls one.";
    Refusal::http(StatusCode::METHOD_NOT_ALLOWED, message, hint).answer(&id)
}

async fn no_such_path(Extension(id): Extension<CallId>) -> Response {
    nothing_there().answer(&id)
}

fn nothing_there() -> Refusal {
    let message = "There is nothing at this path.";
    let hint = "GET /tools lists the tools, POST /tools/NAME calls one.";
    Refusal::http(StatusCode::NOT_FOUND, message, hint)
}
