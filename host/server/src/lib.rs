//! What a host service looks like over HTTP, and what a skill that is being written does.
//!
//! | path | what |
//! |---|---|
//! | `/api/v1` | the [HTTP API](api), with its OpenAPI description at `/api/v1/openapi.json` |
//! | `/v1` | what [OpenAI's own libraries](openai) expect: models, chat completions, responses |
//! | `/console` | the [console](console), for people |
//! | `/mcp` | the [Model Context Protocol](mcp) |
//! | `/metrics` | the [numbers], for Prometheus |
//! | `/livez`, `/readyz` | whether it lives, whether it can do its work |
//!
//! [`App`] is all of it over a [`Service`](metier_service::Service); [`listen`] serves it. [`dev`] is the small server of `metier dev`.
//!
//! # Architecture invariant
//! This is the only crate that names axum outside tests. It decides nothing about what anybody may do, never prints, and never
//! reads a file.

pub mod api;
pub mod console;
pub mod dev;
pub mod guard;
pub mod listen;
pub mod live;
pub mod market;
pub mod mcp;
pub mod numbers;
pub mod openai;
pub mod problem;
pub mod status;
pub mod tls;

mod app;
mod body;
mod gate;
mod observe;
mod repeat;

pub use app::{App, Settings};
