//! What OpenAI's own libraries expect below `/v1`: a client that talks to OpenAI talks to this host by another base URL.
//!
//! | path | what |
//! |---|---|
//! | `GET /v1/models`, `GET /v1/models/NAME` | the routes of the host, by their names, and the tenant's agents, as `agent:NAME` |
//! | `POST /v1/chat/completions` | Chat Completions |
//! | `POST /v1/responses` | Responses |
//!
//! **A route** is asked as a model is: tools in the question are the client's, and their calls go back to it. Whichever provider answers,
//! the client speaks and hears OpenAI's words. **An agent** is a run of the host, with its own instructions and tools: what it is given is
//! the last thing the user said (an object, where the agent has an input schema and the text is one), and what it answers is the run's
//! output. The header `x-metier-run` and `metadata.run` name the run; `metadata.session` of the question names the conversation it continues,
//! where the agent keeps sessions.
//!
//! What is not known here and would change the meaning of a question is refused, never left out in silence; what changes nothing
//! (`user`, `service_tier`, …) is taken. Nothing is stored for the client, so `store: true`, `previous_response_id` and `background` are
//! refused. Thoughts that a model needs back go to the client sealed: as `encrypted_content` of a reasoning item, and as
//! `reasoning_details` of a chat message. They open for the same tenant only.
//!
//! A client that goes away gives its question up, and cancels its run, unless it named it with `idempotency-key`: whoever repeats that
//! request hears the end of the same run. Answers as they come have whatever OpenAI's have; what fails before the first word is an
//! ordinary error with its status, what fails later is an event, and the stream ends. A candidate that breaks off after its first word is
//! therefore not replaced by another, as it is for answers in one piece.

mod agent;
mod asked;
mod call;
mod chat;
mod failure;
mod fields;
mod live;
mod media;
mod models;
mod responses;
mod said;
mod sse;
mod target;
mod thoughts;
mod tools;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    routing::{any, get, post},
};

use crate::app::App;
use failure::Failure;

/// Longest question, in bytes: providers take no more.
pub const MAX_BODY: usize = 32 << 20;

/// All routes below `/v1`.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/models", get(models::list).fallback(no_such_method))
        .route(
            "/v1/models/{*id}",
            get(models::show).fallback(no_such_method),
        )
        .route(
            "/v1/chat/completions",
            post(chat::create).fallback(no_such_method),
        )
        .route(
            "/v1/responses",
            post(responses::create).fallback(no_such_method),
        )
        .route("/v1/{*rest}", any(nothing_there))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

async fn nothing_there() -> Failure {
    Failure::request(
        StatusCode::NOT_FOUND,
        "There is nothing at this path: this host has /v1/models, /v1/chat/completions and /v1/responses, and stores no answers.",
    )
}

async fn no_such_method() -> Failure {
    Failure::request(
        StatusCode::METHOD_NOT_ALLOWED,
        "The path is there, and has no such method.",
    )
}
