//! What was asked of the emulator, for tests to look at.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, Method, Uri};
use serde::Serialize;
use tokio::sync::Notify;

/// How many requests are remembered; older ones are forgotten but still counted.
const MAX_REMEMBERED: usize = 10_000;

/// How much of a body is remembered, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// One request as it came in.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded {
    /// The method.
    pub method: String,
    /// The path, undecoded.
    pub path: String,
    /// The query, undecoded; empty when there is none.
    pub query: String,
    /// Names in lower case and values, in order.
    pub headers: Vec<(String, String)>,
    /// The start of the body, as text.
    pub body: String,
}

impl Recorded {
    pub(crate) fn new(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Self {
        let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        };
        Self {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            headers: headers.iter().map(header).collect(),
            body: String::from_utf8_lossy(&body[..body.len().min(MAX_BODY)]).into_owned(),
        }
    }

    /// The first value of a header, by lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The requests so far.
#[derive(Debug, Default)]
pub struct Recorder {
    kept: Mutex<VecDeque<Recorded>>,
    total: AtomicUsize,
    tokens: AtomicUsize,
    in_flight: AtomicUsize,
    changed: Notify,
}

impl Recorder {
    pub(crate) fn add(&self, request: Recorded) {
        if request.path == "/services/oauth2/token" {
            self.tokens.fetch_add(1, Ordering::SeqCst);
        }
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == MAX_REMEMBERED {
                kept.pop_front();
            }
            kept.push_back(request);
        }
        self.total.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// The remembered requests, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Recorded> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    /// How many requests there were.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total.load(Ordering::SeqCst)
    }

    /// How many of them asked for a token.
    #[must_use]
    pub fn token_requests(&self) -> usize {
        self.tokens.load(Ordering::SeqCst)
    }

    /// How many are waiting for the start of their answer right now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::SeqCst)
    }

    /// Wait until there were at least `total` requests.
    pub async fn wait_for(&self, total: usize) {
        loop {
            let changed = self.changed.notified();
            if self.total() >= total {
                return;
            }
            changed.await;
        }
    }

    /// Forget everything and count from zero.
    pub fn clear(&self) {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.total.store(0, Ordering::SeqCst);
        self.tokens.store(0, Ordering::SeqCst);
    }

    /// Count a request as in flight until the guard is dropped.
    pub(crate) fn enter(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::SeqCst);
        InFlight(self)
    }
}

/// A request that waits for its answer.
pub(crate) struct InFlight<'a>(&'a Recorder);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}
