//! The addresses of the providers.

mod control;
mod faulty;
mod key;
mod provider;
mod signature;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use metier_emulator_kit::{Book, MAX_REQUEST, observe};
use serde_json::Value;

use crate::answer::{Answer, Said};
use crate::faults::Faults;
use crate::question::Question;
use crate::script::Script;
use crate::wire::{Refused, Why, Wire, bytes};
use provider::Provider;

/// What every route shares.
#[derive(Clone)]
pub(crate) struct Shared {
    pub script: Arc<Script>,
    pub faults: Arc<Faults>,
    pub key: Arc<str>,
}

/// Everything, behind the check of who asks.
pub(crate) fn router(shared: Shared, book: Arc<Book>) -> Router {
    let control = Router::new()
        .route("/__faults", get(control::faults).put(control::set_faults))
        .route("/__release", post(control::release))
        .route(
            "/__answers",
            get(control::answers).put(control::set_answers),
        )
        .route("/__questions", get(control::questions))
        .with_state(shared.clone());
    Router::new()
        .fallback(answer)
        .with_state(shared.clone())
        .layer(middleware::from_fn_with_state(Arc::clone(&book), observe))
        .layer(middleware::from_fn_with_state(shared, key::known))
        .merge(control)
        .merge(metier_emulator_kit::routes(book))
}

/// One question, whatever its format.
async fn answer(State(shared): State<Shared>, request: Request) -> Response {
    let Some(provider) = Provider::of(request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let wire = provider.wire;
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_REQUEST)
        .await
        .unwrap_or_default();
    let read = wire
        .lacks(&parts.headers)
        .map_or_else(|| read(wire, &body), Err);
    let mut question = match read {
        Ok(question) => question,
        Err(why) => return refuse(wire, &Refused::new(Why::Invalid, why)),
    };
    provider.complete(&mut question);
    shared.script.note(&question);
    match shared.faults.take(parts.uri.path()) {
        None => {
            let answer = shared.script.answer(&question);
            say(
                &shared,
                wire,
                &question,
                answer,
                false,
                stream::Way::default(),
            )
        }
        Some(fault) => faulty::answer(&shared, wire, &question, &parts, fault).await,
    }
}

fn read(wire: &dyn Wire, body: &[u8]) -> Result<Question, String> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| format!("The request body is not valid JSON: {error}"))?;
    wire.question(&body)
}

/// The answer, in one or in pieces; `whole` for more than the question allows.
fn say(
    shared: &Shared,
    wire: &dyn Wire,
    question: &Question,
    answer: Answer,
    whole: bool,
    mut way: stream::Way,
) -> Response {
    let said = Said::new(question, answer, whole);
    match question.stream {
        true => {
            way.words = Some((wire.before_words(), Arc::clone(&shared.script)));
            stream::response(wire.stream_type(), wire.pieces(&said), way)
        }
        false => {
            let body = Bytes::from(bytes(&wire.whole(&said)));
            stream::response("application/json", vec![body], way)
        }
    }
}

fn refuse(wire: &dyn Wire, refused: &Refused) -> Response {
    let mut response = Response::new(Body::from(bytes(&wire.refusal(refused))));
    let status = wire.status(refused.why);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if let Some((name, value)) = wire.refusal_header(refused) {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(seconds) = refused.wait.filter(|_| wire.has_retry_after()) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The key that came with a question, whatever the provider calls it.
fn sent_key(parts: &Parts) -> &str {
    let header = |name: &str| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let bearer = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let named = ["x-api-key", "api-key", "x-goog-api-key"]
        .into_iter()
        .find_map(header);
    named.or(bearer).unwrap_or_default()
}
