//! The Model Context Protocol: the tools, skills and agents of a tenant for any MCP client.
//!
//! | where | what |
//! |---|---|
//! | `POST /mcp` | Streamable HTTP, revisions 2026-07-28 and 2025-11-25; every request stands alone, there are no sessions |
//! | `/.well-known/oauth-protected-resource`, `…/mcp` | who is asked for a token (RFC 9728) |
//! | [`stdio`] | the same over standard input and output, for a client on this machine |
//!
//! A tool is called `alias__tool`, as models see it. What a skill says of itself is data here: it is handed on word for word, and
//! decides nothing. A call that fails is an answer with `isError`, its code in `_meta`; only what cannot be asked at all, a tool
//! that is not there, is an error of the protocol. A client that goes away cancels its call.
//!
//! Agents and chains are tools too, `agent__NAME`; their runs are tasks of the tasks extension. Skills' own texts and files are
//! served by the skills extension.
//!
//! `_meta` may carry `metier/idempotency-key`, which names a call and its repetitions, and `traceparent`.

mod agents;
mod call;
mod errors;
mod handler;
mod http;
pub(crate) mod metadata;
mod page;
mod resources;
mod skills;
mod stdio;
mod tasks;
mod tools;

use std::sync::Arc;

use axum::{
    Router,
    routing::{any, get},
};

use crate::app::{App, Settings};

pub use stdio::{StdioError, over, stdio};

/// Where clients find it.
pub const PATH: &str = "/mcp";

/// How a caller names a call and its repetitions, in `_meta`.
pub const IDEMPOTENCY_KEY: &str = "metier/idempotency-key";

/// Where a text or a tool comes from, in `_meta`.
pub const ORIGIN: &str = "metier/origin";

/// The run behind an answer, in `_meta`.
pub const RUN: &str = "metier/run";

/// The fault behind an error, in `_meta`.
pub const FAULT: &str = "metier/fault";

/// The routes of MCP.
pub(crate) fn router(settings: &Settings) -> Router<Arc<App>> {
    let front = Arc::new(http::Front::new(settings));
    let answer = any(move |state, who, id, request| http::answer(front, state, who, id, request));
    Router::new()
        .route(PATH, answer)
        .route(metadata::WELL_KNOWN, get(metadata::resource))
        .route(metadata::WELL_KNOWN_OF_MCP, get(metadata::resource))
}
