//! Everything a host service answers over HTTP.

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, http::StatusCode, middleware, routing::get};
use metier_service::Service;

use crate::{api, console, live::Live, mcp, numbers, observe, openai, problem::Problem, repeat};

/// How the service is seen from outside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Host names under which it is called, beside loopback addresses: `metier.acme.example`, without a port. A request for any other is
    /// refused: a web page whose name was made to point here is one.
    pub hosts: Vec<String>,
    /// Origins of web pages that may call it, beside its own: `https://tools.acme.example`.
    pub origins: Vec<String>,
    /// Longest request body, in bytes, where nothing else is said: skills and artifacts may be longer.
    pub max_body: usize,
    /// How long one request may take, its body and a tool's work included. Streams end when their client goes.
    pub timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            hosts: Vec::new(),
            origins: Vec::new(),
            max_body: 4 << 20,
            timeout: Duration::from_secs(300),
        }
    }
}

/// A service with what its HTTP side needs.
pub struct App {
    /// What is asked.
    pub service: Arc<Service>,
    /// How it is seen from outside. [`Settings::max_body`] is that of when the routes were made.
    pub settings: Live<Settings>,
}

impl App {
    /// All routes.
    pub fn router(self: Arc<Self>) -> Router {
        let settings = self.settings.get();
        let max = settings.max_body;
        let once = middleware::from_fn_with_state(self.clone(), repeat::once);
        Router::new()
            .route("/livez", get(|| async { StatusCode::NO_CONTENT }))
            .route("/readyz", get(api::health::ready))
            .route("/metrics", get(numbers::answer))
            .merge(api::router().layer(once))
            .merge(openai::router())
            .merge(console::router())
            .merge(mcp::router(&settings))
            .fallback(nothing_there)
            .method_not_allowed_fallback(no_such_method)
            .layer(DefaultBodyLimit::max(max))
            .layer(middleware::from_fn_with_state(self.clone(), observe::watch))
            .with_state(self)
    }
}

async fn nothing_there() -> Problem {
    Problem::http(
        StatusCode::NOT_FOUND,
        "There is nothing at this path.",
        "/api/v1/openapi.json describes what there is.",
    )
}

async fn no_such_method() -> Problem {
    Problem::http(
        StatusCode::METHOD_NOT_ALLOWED,
        "The path is there, and has no such method.",
        "/api/v1/openapi.json describes what there is.",
    )
}
