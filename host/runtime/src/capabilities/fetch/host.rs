//! The WIT side of fetch.

use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use http_body_util::BodyExt;

use super::FetchView;
use crate::bindings::fetch::{FetchError, Host, Request, Response};
use crate::egress::{EgressError, Followed};

impl Host for FetchView {
    async fn fetch(&mut self, request: Request) -> wasmtime::Result<Result<Response, FetchError>> {
        let patience = request
            .timeout_ms
            .map_or(Duration::MAX, |ms| Duration::from_millis(ms.into()));
        Ok(
            match tokio::time::timeout(patience, self.exchange(request)).await {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(error)) => Err(self.refuse(error)),
                Err(_) => Err(FetchError::Timeout(
                    "the answer took longer than the request allows".into(),
                )),
            },
        )
    }
}

impl FetchView {
    async fn exchange(&self, request: Request) -> Result<Response, EgressError> {
        let headers = headers(&request.headers)?;
        let body = request.body.map(Bytes::from);
        self.check_size(body.as_ref())?;
        let hops = request.follow_redirects;
        let egress = self.call.services().egress();
        let Followed { response, url } = egress
            .follow(
                &self.egress,
                &request.method,
                &request.url,
                headers,
                body,
                hops,
            )
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
