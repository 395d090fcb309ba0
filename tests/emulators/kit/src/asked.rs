//! One request, and the moments at which it can be stopped.

use axum::http::{Method, Uri, request::Parts};
use serde::Serialize;

use crate::key;

/// A request that was let in.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// Its number, from 1.
    pub request: u64,
    /// The method.
    pub method: String,
    /// The path, undecoded.
    pub path: String,
    /// The query, undecoded; empty when there is none.
    pub query: String,
    /// Its `Idempotency-Key`, without quotes.
    pub key: Option<String>,
    /// Whether it may change something.
    pub write: bool,
}

impl Asked {
    pub(crate) fn new(request: u64, parts: &Parts, write: bool) -> Self {
        let uri: &Uri = &parts.uri;
        Self {
            request,
            method: parts.method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().unwrap_or_default().to_owned(),
            key: key::of(&parts.headers),
            write,
        }
    }
}

/// Whether a method may change something.
pub(crate) fn may_write(method: &Method) -> bool {
    !(method.is_safe() || *method == Method::OPTIONS)
}

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// It has come in whole; nothing was done.
    Arrived,
    /// It was done for the first time; the answer is ready and has not gone out.
    Applied,
    /// It had been done before; the first answer is ready to go out again.
    Replayed,
    /// Nothing was changed: it only reads, or it was refused. The answer is ready.
    Answered,
}

/// One line of the log: a request at a moment.
#[derive(Clone, Debug, Serialize)]
pub struct Trace {
    /// The moment's number, from 1, over all requests.
    pub moment: u64,
    /// Which moment.
    pub at: Moment,
    /// Of which request.
    #[serde(flatten)]
    pub asked: Asked,
    /// The answer's status, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Whether it is held here until it is released.
    pub held: bool,
}
