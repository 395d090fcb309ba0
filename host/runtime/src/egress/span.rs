//! The span of a request, and the header that tells its trace to a host that is to know it.
//!
//! A span has the method, the host that was allowed, and what came of it. It has no path and no query: those are data. Hosts hear of traces only
//! as [`Traceparent`] says, which by default is none: an identifier that is the same in all requests of a run tells strangers which belong together.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use metier_core::http::{CanonicalUrl, Host};
use tracing::{Span, field::Empty};

use super::EgressError;

/// What is sent to a host as `traceparent`: where the current span is, or nothing.
pub type Traceparent = Arc<dyn Fn(&Host) -> Option<HeaderValue> + Send + Sync>;

/// W3C trace context.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Methods that are called by their name; the conventions have one name for all others.
const KNOWN: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];

/// Of a request of this method.
pub fn begin(method: &str) -> Span {
    let known = KNOWN.into_iter().find(|known| *known == method);
    tracing::info_span!(
        target: "metier::work",
        "egress",
        otel.name = known.unwrap_or("HTTP"),
        otel.kind = "client",
        http.request.method = known.unwrap_or("_OTHER"),
        server.address = Empty,
        server.port = Empty,
        http.response.status_code = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    )
}

/// It was allowed to go there.
pub fn allowed(url: &CanonicalUrl) {
    let span = Span::current();
    if !span.is_disabled() {
        span.record("server.address", tracing::field::display(url.host()));
        span.record("server.port", i64::from(url.port()));
    }
}

/// What came of it.
pub fn ended(span: &Span, ended: Result<u16, &EgressError>) {
    if span.is_disabled() {
        return;
    }
    match ended {
        Ok(status) => {
            span.record("http.response.status_code", i64::from(status));
            if status >= 400 {
                span.record("error.type", tracing::field::display(status));
                span.record("otel.status_code", "ERROR");
            }
        }
        Err(error) => {
            span.record("error.type", error.code().as_str());
            span.record("otel.status_code", "ERROR");
        }
    }
}
