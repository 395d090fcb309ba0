//! Each request is watched from its head to the end of its answer: a span, a number, a line in the log.
//!
//! Nothing of what a client wrote is in any of them: a path is told as the template that fits it, and a method by its name only where it is
//! one of HTTP's. An answer that is a stream is polled within the span, since what makes it is at work only then.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::Response,
};
use hyper::body::{Frame, SizeHint};
use metier_agent::trace::REQUEST;
use metier_core::Code;
use metier_service::metrics::{Metrics, UnderWay};
use tracing::{Instrument, Span, field::Empty};

use crate::{app::App, gate};

/// W3C trace context.
const TRACEPARENT: &str = "traceparent";

/// Watches what [`gate::admit`] and everything behind it do.
pub async fn watch(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut watched = Watched::begin(&app, &request);
    let span = watched.span.clone();
    let answered = gate::admit(State(app), request, next).instrument(span);
    let response = answered.await;
    watched.answered(&response);
    match response.body().size_hint().exact() {
        Some(_) => response,
        None => response.map(|body| Body::new(Streamed { body, watched })),
    }
}

/// A request that is under way. What came of it is told when it is dropped.
struct Watched {
    metrics: Arc<Metrics>,
    method: &'static str,
    route: Option<MatchedPath>,
    began: Instant,
    span: Span,
    status: Option<u16>,
    _under_way: UnderWay,
}

impl Watched {
    fn begin(app: &App, request: &Request) -> Self {
        let metrics = app.service.metrics().clone();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let method = named(request.method());
        let span = span(method, text_of(route.as_ref()));
        if !span.is_disabled()
            && let Some(traceparent) = traceparent(request.headers())
        {
            app.service.runs().traces().join(&span, traceparent);
        }
        Watched {
            _under_way: metrics.begin_request(),
            metrics,
            method,
            route,
            began: Instant::now(),
            span,
            status: None,
        }
    }

    fn answered(&mut self, response: &Response) {
        let status = response.status();
        self.status = Some(status.as_u16());
        if self.span.is_disabled() {
            return;
        }
        let number = i64::from(status.as_u16());
        self.span.record("http.response.status_code", number);
        let code = response.extensions().get::<Code>();
        if let Some(code) = code {
            self.span.record("error.type", code.as_str());
        }
        if status.is_server_error() {
            self.span.record("otel.status_code", "ERROR");
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let (route, took) = (text_of(self.route.as_ref()), self.began.elapsed());
        self.metrics.request(self.method, route, self.status, took);
        let _within = self.span.enter();
        tracing::info!(
            target: "metier::access",
            method = self.method,
            route,
            status = self.status,
            ms = took.as_secs_f64() * 1e3,
            "answered",
        );
    }
}

fn span(method: &str, route: &str) -> Span {
    let between = match route {
        "" => "",
        _ => " ",
    };
    tracing::info_span!(
        target: REQUEST,
        "request",
        otel.name = format_args!("{method}{between}{route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = Some(route).filter(|route| !route.is_empty()),
        http.response.status_code = Empty,
        metier.request.id = Empty,
        error.type = Empty,
        otel.status_code = Empty,
    )
}

/// The template that fits; nothing where none does.
fn text_of(route: Option<&MatchedPath>) -> &str {
    route.map_or("", MatchedPath::as_str)
}

fn named(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE",
    ];
    let found = KNOWN.into_iter().find(|known| *known == method.as_str());
    found.unwrap_or("_OTHER")
}

fn traceparent(headers: &HeaderMap) -> Option<&str> {
    headers.get(TRACEPARENT)?.to_str().ok()
}

/// A stream with what has to last as long as it does.
struct Streamed {
    body: Body,
    watched: Watched,
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Streamed { body, watched } = self.get_mut();
        let _within = watched.span.enter();
        Pin::new(body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
