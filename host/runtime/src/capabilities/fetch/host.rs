//! The WIT side of fetch.

use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use http_body_util::BodyExt;
use tracing::Instrument;
use wasmtime_wasi::runtime::spawn;

use super::FetchView;
use crate::bindings::fetch::{FetchError, Host, Request, Response};
use crate::context::CallContext;
use crate::egress::{EgressCall, EgressError, Followed};

impl Host for FetchView {
    /// The exchange runs in a task of its own: on the guest's stack, each waiting call would keep a dozen pages more.
    async fn fetch(&mut self, request: Request) -> wasmtime::Result<Result<Response, FetchError>> {
        let patience = request
            .timeout_ms
            .map_or(Duration::MAX, |ms| Duration::from_millis(ms.into()));
        let prepared = match self.prepare(request) {
            Ok(prepared) => prepared,
            Err(error) => return Ok(Err(self.refuse(error))),
        };
        let exchange = exchange(self.call.clone(), self.egress.clone(), prepared);
        let exchange = spawn(exchange.in_current_span());
        Ok(match tokio::time::timeout(patience, exchange).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.refuse(error)),
            Err(_) => Err(FetchError::Timeout(
                "the answer took longer than the request allows".into(),
            )),
        })
    }
}

/// A request without the copies of the guest's text it was made from.
struct Prepared {
    method: String,
    url: String,
    headers: HeaderMap,
    body: Option<Bytes>,
    hops: u8,
}

async fn exchange(
    call: Arc<CallContext>,
    egress_call: Arc<EgressCall>,
    request: Prepared,
) -> Result<Response, EgressError> {
    let Prepared {
        method,
        url,
        headers,
        body,
        hops,
    } = request;
    let egress = call.services().egress();
    let Followed { response, url } = egress
        .follow(&egress_call, &method, &url, headers, body, hops)
        .await?;
    let (head, body) = response.into_parts();
    // Bounded by the call's response limit, which counts every frame as it arrives.
    let body = body.collect().await?.to_bytes();
    Ok(Response {
        status: head.status.as_u16(),
        headers: pairs(&head.headers),
        body: body.into(),
        url,
    })
}

impl FetchView {
    fn prepare(&self, request: Request) -> Result<Prepared, EgressError> {
        let headers = headers(&request.headers)?;
        let body = request.body.map(Bytes::from);
        self.check_size(body.as_ref())?;
        Ok(Prepared {
            method: request.method,
            url: request.url,
            headers,
            body,
            hops: request.follow_redirects,
        })
    }

    /// A body is in the host's memory from here until it is sent: one that could never be sent is not kept waiting.
    fn check_size(&self, body: Option<&Bytes>) -> Result<(), EgressError> {
        let meter = self.call.meter();
        match body {
            Some(body) if body.len() as u64 > meter.limits().request_bytes => {
                Ok(meter.take_request_bytes(body.len() as u64)?)
            }
            _ => Ok(()),
        }
    }

    fn refuse(&self, error: EgressError) -> FetchError {
        if let Some(denial) = self.call.refused_by(&error) {
            return FetchError::Denied(denial.into());
        }
        match error {
            EgressError::InvalidRequest(why) => FetchError::InvalidRequest(why),
            EgressError::Timeout(_) | EgressError::Deadline => {
                FetchError::Timeout(error.fault().message)
            }
            other => FetchError::Unreachable(other.fault().message),
        }
    }
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, EgressError> {
    let invalid = |name: &str| {
        EgressError::InvalidRequest(format!("the header {name:?} is not one HTTP can carry"))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let parsed: HeaderName = name.parse().map_err(|_| invalid(name))?;
        let value: HeaderValue = value.parse().map_err(|_| invalid(name))?;
        headers
            .try_append(parsed, value)
            .map_err(|_| invalid("too many"))?;
    }
    Ok(headers)
}

/// Values as text; a byte that is not UTF-8 becomes U+FFFD.
fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}
