//! Requests to providers, sent through egress.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, future::BoxFuture, stream};
use http::Request;
use http_body_util::{BodyExt, Full};
use metier_agent::{
    models::{
        FailureKind, Transport, TransportFailure, WireRequest, WireResponse, wire::MAX_WIRE_BYTES,
    },
    routes::Routes,
};
use metier_core::{
    grant::Grant,
    ids::{CallId, PrincipalId, TenantId},
    limits::Limits,
    manifest::Manifest,
    run::RunScope,
};
use metier_runtime::{
    credentials::{Credentials, SecretSources},
    egress::{
        Body, Clock, Egress, EgressAudit, EgressCall, EgressConfig, EgressError, Upstream, Waiting,
    },
    meter::Meter,
};

use super::grant::{GrantProblem, grant, nobodys_digest};

/// Largest question, in bytes: a conversation with some pictures. Providers stop at 20 to 32 MB.
const MAX_REQUEST_BYTES: u64 = 32 << 20;

/// Egress for models: they think before their first byte, and between bytes. The candidates' own limits are shorter.
pub fn egress_for_models(clock: Clock) -> Egress {
    Egress::new(EgressConfig {
        clock,
        first_byte_timeout: Duration::from_secs(20 * 60),
        idle_timeout: Duration::from_secs(5 * 60),
        ..EgressConfig::default()
    })
}

/// The way to the providers of one routes file.
pub struct ModelTransport {
    egress: Egress,
    lines: HashMap<String, Line>,
    audit: Arc<dyn EgressAudit>,
    tenant: TenantId,
    count: AtomicU64,
}

/// What one candidate may reach, and with what.
struct Line {
    grant: Arc<Grant>,
    manifest: Arc<Manifest>,
    credentials: Arc<Credentials>,
}

impl ModelTransport {
    /// For the candidates of this file. Reads no secret yet.
    ///
    /// # Errors
    /// [`GrantProblem`] when a candidate or its credential is written wrongly.
    pub fn new(
        routes: &Routes,
        egress: Egress,
        sources: &SecretSources,
        clock: &Clock,
        audit: Arc<dyn EgressAudit>,
        tenant: TenantId,
    ) -> Result<Self, GrantProblem> {
        let line = |candidate| {
            let (grant, manifest) = grant(routes, candidate)?;
            let asker = Arc::new(egress.clone());
            let credentials = Credentials::new(&grant, sources.clone(), asker, clock.clone());
            let (grant, manifest) = (Arc::new(grant), Arc::new(manifest));
            Ok((
                candidate.name.clone(),
                Line {
                    grant,
                    manifest,
                    credentials: Arc::new(credentials),
                },
            ))
        };
        let lines = routes
            .candidates
            .values()
            .map(line)
            .collect::<Result<_, GrantProblem>>()?;
        Ok(ModelTransport {
            egress,
            lines,
            audit,
            tenant,
            count: AtomicU64::new(0),
        })
    }

    fn call(&self, line: &Line) -> Result<Arc<EgressCall>, TransportFailure> {
        let number = self.count.fetch_add(1, Relaxed);
        let id: CallId = format!("model-{number}")
            .parse()
            .map_err(|_| failure(FailureKind::Denied, "no call id"))?;
        let limits = Limits {
            requests: 1,
            request_bytes: MAX_REQUEST_BYTES,
            response_bytes: MAX_WIRE_BYTES as u64 + 1,
            ..Limits::default()
        };
        Ok(Arc::new(EgressCall {
            manifest: line.manifest.clone(),
            grant: line.grant.clone(),
            run: Arc::new(RunScope::unrestricted()),
            credentials: line.credentials.clone(),
            upstream: Upstream::Network,
            meter: Arc::new(Meter::new(limits)),
            audit: self.audit.clone(),
            call: id,
            tenant: self.tenant.clone(),
            principal: PrincipalId::local(),
            digest: nobodys_digest(),
            deadline: None,
            keys: None,
        }))
    }

    async fn send(&self, request: WireRequest) -> Result<WireResponse, TransportFailure> {
        let line = self.lines.get(&request.candidate);
        let unknown = || {
            failure(
                FailureKind::Denied,
                "The candidate is not in the routes file.",
            )
        };
        let call = self.call(line.ok_or_else(unknown)?)?;
        let sent = Arc::new(AtomicBool::new(false));
        let mut message = Request::new(body(request.body, sent.clone()));
        *message.method_mut() = request.method;
        *message.uri_mut() = request
            .url
            .parse()
            .map_err(|_| failure(FailureKind::Denied, "The URL is none."))?;
        *message.headers_mut() = request.headers;
        let answered = self.egress.send(&call, message).await;
        let (head, body) = answered
            .map_err(|error| before(&error, sent.load(Relaxed)))?
            .into_parts();
        Ok(WireResponse {
            status: head.status.as_u16(),
            headers: head.headers,
            body: pieces(body).boxed(),
        })
    }
}

impl Transport for ModelTransport {
    fn send(&self, request: WireRequest) -> BoxFuture<'_, Result<WireResponse, TransportFailure>> {
        Box::pin(self.send(request))
    }
}

/// A body that notes when the first of it goes out.
fn body(bytes: Bytes, sent: Arc<AtomicBool>) -> Body {
    let noting = move |frame| {
        sent.store(true, Relaxed);
        frame
    };
    Full::new(bytes)
        .map_frame(noting)
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// The body as a stream that keeps nothing. An unsync body, given out piece by piece.
fn pieces(body: Body) -> impl futures::Stream<Item = Result<Bytes, TransportFailure>> + Send {
    stream::unfold(Some(body), |body| async move {
        let mut body = body?;
        loop {
            match body.frame().await? {
                Ok(frame) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Some((Ok(bytes), Some(body)));
                    }
                }
                Err(error) => return Some((Err(during(&error)), None)),
            }
        }
    })
}

fn failure(kind: FailureKind, message: impl Into<String>) -> TransportFailure {
    TransportFailure {
        kind,
        message: message.into(),
    }
}

/// Why there is no head. Once the question was sent, a connection that is gone may have cost something.
fn before(error: &EgressError, sent: bool) -> TransportFailure {
    let kind = match error {
        EgressError::Unreachable(_) if sent => FailureKind::BrokenOff,
        EgressError::Timeout(Waiting::Connecting)
        | EgressError::Unreachable(_)
        | EgressError::Tls(_) => FailureKind::Unreachable,
        EgressError::Timeout(_) | EgressError::Deadline => FailureKind::Timeout,
        EgressError::Denied(_) => FailureKind::Denied,
        EgressError::Credential(_) | EgressError::Trust(_) => FailureKind::Auth,
        EgressError::Busy => FailureKind::Overloaded,
        EgressError::InvalidRequest(_) => FailureKind::InvalidRequest,
        EgressError::Limit(_) => FailureKind::TooLarge,
        EgressError::InvalidAnswer(_) => FailureKind::Malformed,
        EgressError::Cancelled => FailureKind::BrokenOff,
    };
    failure(kind, error.fault().message)
}

/// Why the body ends early.
fn during(error: &EgressError) -> TransportFailure {
    let kind = match error {
        EgressError::Timeout(_) | EgressError::Deadline => FailureKind::Timeout,
        EgressError::Limit(_) => FailureKind::TooLarge,
        EgressError::InvalidAnswer(_) => FailureKind::Malformed,
        _ => FailureKind::BrokenOff,
    };
    failure(kind, error.fault().message)
}
