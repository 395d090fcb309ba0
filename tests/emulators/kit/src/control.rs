//! `/__writes` and `/__hold`: what a test in another process sees and stops. The emulator listens on loopback only.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /__writes` | `{"counts": …, "writes": […]}` |
//! | `GET /__hold` | `{"moments": N, "held": …}`: how many moments there were, and the one that is held |
//! | `PUT /__hold` with `{"at": N}` | hold the moment of this number; with `{"in": N}` the N-th from now |
//! | `DELETE /__hold` | let it go; with `?lose` the request and its answer are lost |

use std::path::Path;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::asked::Trace;
use crate::book::Book;
use crate::hold::{Held, Verdict};

impl Book {
    /// Be told of every moment of every request from now on; each stands still until it is released or dropped. Ends with
    /// the receiver. A second watcher takes the place of the first.
    #[must_use]
    pub fn watch(&self) -> mpsc::Receiver<Held> {
        self.holds.watch()
    }

    /// How many moments there were.
    #[must_use]
    pub fn moments(&self) -> u64 {
        self.holds.moments()
    }

    /// Hold the moment of this number.
    pub fn hold(&self, at: u64) {
        self.holds.set(at);
    }

    /// The moment that is held because of [`Book::hold`].
    #[must_use]
    pub fn held(&self) -> Option<Trace> {
        self.holds.held()
    }

    /// Let it go; says whether there was one.
    pub fn release(&self, verdict: Verdict) -> bool {
        self.holds.release(verdict)
    }

    /// Write one line of JSON ([`crate::Trace`]) for every moment, behind what is in the file.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn log_to(&self, path: &Path) -> std::io::Result<()> {
        self.holds.log_to(path)
    }
}

/// The routes above, to be merged outside of everything.
pub fn routes(book: Arc<Book>) -> Router {
    Router::new()
        .route("/__writes", get(writes))
        .route("/__hold", get(held).put(hold).delete(release))
        .with_state(book)
}

async fn writes(State(book): State<Arc<Book>>) -> Json<Value> {
    Json(json!({ "counts": book.counts(), "writes": book.writes() }))
}

async fn held(State(book): State<Arc<Book>>) -> Json<Value> {
    Json(json!({ "moments": book.holds.moments(), "held": book.holds.held() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum When {
    At(u64),
    In(u64),
}

async fn hold(State(book): State<Arc<Book>>, Json(when): Json<When>) -> StatusCode {
    book.holds.set(match when {
        When::At(moment) => moment,
        When::In(more) => book.holds.moments() + more,
    });
    StatusCode::NO_CONTENT
}

async fn release(State(book): State<Arc<Book>>, RawQuery(query): RawQuery) -> StatusCode {
    let verdict = match query.as_deref() {
        Some("lose") => Verdict::Lose,
        _ => Verdict::Go,
    };
    match book.holds.release(verdict) {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::NOT_FOUND,
    }
}
