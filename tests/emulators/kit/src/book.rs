//! What was asked and what was done, by idempotency key.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::asked::{Asked, may_write};
use crate::hold::Holds;

/// The requests of one emulator. Everything is remembered: a test is over before it is much.
pub struct Book {
    inner: Mutex<Inner>,
    /// POSTs that only look.
    reads: fn(&str) -> bool,
    pub(crate) holds: Holds,
}

#[derive(Default)]
struct Inner {
    requests: u64,
    writes: Vec<Write>,
    keyed: HashMap<String, Keyed>,
}

struct Keyed {
    /// Its place in the list.
    at: usize,
    payload: [u8; 32],
    answer: Option<Stored>,
}

#[derive(Clone)]
struct Stored {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// One write: every request with one key, or one request without a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Write {
    /// The key.
    pub key: Option<String>,
    /// The method.
    pub method: String,
    /// The path, undecoded.
    pub path: String,
    /// How often it was asked for.
    pub seen: u32,
    /// How often it was done: 1, or 0 while it was only refused.
    pub applied: u32,
    /// The status of its last answer.
    pub status: u16,
}

/// All writes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Requests of every kind.
    pub requests: u64,
    /// Requests that may change something.
    pub seen: u64,
    /// Those that did.
    pub applied: u64,
    /// Those without a key.
    pub without_key: u64,
    /// The most often one key was applied; more than 1 is never right.
    pub most_applied: u32,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Book").field(&self.counts()).finish()
    }
}

/// What becomes of a write.
pub(crate) enum Turn {
    /// It is done now.
    First,
    /// It was done: this was the answer.
    Again(Response),
    /// It cannot be, by the draft's rules.
    Refused(StatusCode, &'static str),
}

impl Book {
    /// Nothing was asked yet. `reads` tells the paths whose POSTs only look, such as searches.
    #[must_use]
    pub fn new(reads: fn(&str) -> bool) -> Self {
        Self {
            inner: Mutex::default(),
            reads,
            holds: Holds::default(),
        }
    }

    /// Every write, in the order they came in.
    #[must_use]
    pub fn writes(&self) -> Vec<Write> {
        self.lock().writes.clone()
    }

    /// All of them in numbers.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let inner = self.lock();
        let writes = &inner.writes;
        let keyed = writes.iter().filter(|write| write.key.is_some());
        Counts {
            requests: inner.requests,
            seen: writes.iter().map(|write| u64::from(write.seen)).sum(),
            applied: writes.iter().map(|write| u64::from(write.applied)).sum(),
            without_key: writes.iter().filter(|write| write.key.is_none()).count() as u64,
            most_applied: keyed.map(|write| write.applied).max().unwrap_or(0),
        }
    }

    pub(crate) fn asked(&self, parts: &axum::http::request::Parts) -> Asked {
        let write = self.is_write(&parts.method, parts.uri.path());
        let mut inner = self.lock();
        inner.requests += 1;
        Asked::new(inner.requests, parts, write)
    }

    fn is_write(&self, method: &Method, path: &str) -> bool {
        may_write(method) && !(*method == Method::POST && (self.reads)(path))
    }

    /// Whose turn a write is. After [`Turn::First`] comes [`Book::done`], whatever the answer.
    pub(crate) fn turn(&self, asked: &Asked, body: &[u8]) -> Turn {
        let mut inner = self.lock();
        let Some(key) = &asked.key else {
            inner.add(asked);
            return Turn::First;
        };
        let payload = payload(asked, body);
        let Some(known) = inner.keyed.get(key) else {
            let at = inner.add(asked);
            inner.keyed.insert(
                key.clone(),
                Keyed {
                    at,
                    payload,
                    answer: None,
                },
            );
            return Turn::First;
        };
        let (at, same, answer) = (known.at, known.payload == payload, known.answer.clone());
        inner.writes[at].seen += 1;
        match answer {
            _ if !same => Turn::Refused(
                StatusCode::UNPROCESSABLE_ENTITY,
                "This Idempotency-Key was used for another request.",
            ),
            Some(answer) => Turn::Again(answer.again()),
            // Refused before: nothing was done, and it may be tried again.
            None if inner.writes[at].status != 0 => {
                inner.writes[at].status = 0;
                Turn::First
            }
            None => Turn::Refused(
                StatusCode::CONFLICT,
                "A request with this Idempotency-Key is being worked on.",
            ),
        }
    }

    /// A write was answered.
    pub(crate) fn done(
        &self,
        asked: &Asked,
        status: StatusCode,
        headers: &HeaderMap,
        body: &Bytes,
    ) {
        let mut inner = self.lock();
        let at = match &asked.key {
            Some(key) => inner.keyed.get(key).map(|keyed| keyed.at),
            None => inner.unkeyed(asked),
        };
        let Some(at) = at else { return };
        inner.writes[at].status = status.as_u16();
        if !status.is_success() {
            return;
        }
        inner.writes[at].applied += 1;
        if let Some(keyed) = asked.key.as_ref().and_then(|key| inner.keyed.get_mut(key)) {
            keyed.answer = Some(Stored {
                status,
                headers: headers.clone(),
                body: body.clone(),
            });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn add(&mut self, asked: &Asked) -> usize {
        self.writes.push(Write {
            key: asked.key.clone(),
            method: asked.method.clone(),
            path: asked.path.clone(),
            seen: 1,
            applied: 0,
            status: 0,
        });
        self.writes.len() - 1
    }

    /// The first of this kind that has no answer yet; which of several it is makes no difference to a count.
    fn unkeyed(&self, asked: &Asked) -> Option<usize> {
        self.writes.iter().position(|write| {
            write.key.is_none()
                && write.status == 0
                && write.method == asked.method
                && write.path == asked.path
        })
    }
}

impl Stored {
    fn again(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// What has to be the same for a key to be the same request's.
fn payload(asked: &Asked, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [&asked.method, &asked.path, &asked.query] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update(body);
    hash.finalize().into()
}
