//! The one place where wasmtime hands over a guest's request.

use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use http::{HeaderName, Request, Response};
use http_body_util::BodyExt;
use tracing::Instrument;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, Result, WasiBody,
    WasiHttpHooks,
};

use super::patience::patient;
use crate::context::CallContext;
use crate::egress::{EgressCall, EgressError};

pub(super) struct Hooks {
    call: Arc<CallContext>,
    egress: OnceLock<Arc<EgressCall>>,
}

type Sent = Result<(
    Response<WasiBody>,
    Box<dyn Future<Output = Result<()>> + Send>,
)>;

impl Hooks {
    pub(super) fn new(call: Arc<CallContext>) -> Hooks {
        Hooks {
            call,
            egress: OnceLock::new(),
        }
    }

    pub(super) fn egress_call(&self) -> Arc<EgressCall> {
        self.egress
            .get_or_init(|| Arc::new(self.call.egress_call()))
            .clone()
    }
}

impl WasiHttpHooks for Hooks {
    /// The guest may say what it likes apart from framing: the egress strips what it must not say.
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        static FILTER: LazyLock<ForbiddenHeaderFilter> = LazyLock::new(|| {
            Arc::new(|name: &HeaderName| DEFAULT_FORBIDDEN_HEADERS.contains(name))
        });
        FILTER.clone()
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<()>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let call = self.call.clone();
        let egress_call = self.egress_call();
        let sent = async move {
            let response =
                exchange(&call, &egress_call, request, options.unwrap_or_default()).await?;
            Ok((
                response,
                Box::new(async { Ok(()) }) as Box<dyn Future<Output = Result<()>> + Send>,
            ))
        };
        Box::new(sent.in_current_span())
    }
}

async fn exchange(
    call: &Arc<CallContext>,
    egress_call: &Arc<EgressCall>,
    request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<Response<WasiBody>> {
    let request = request.map(|body| {
        body.map_err(|error| EgressError::InvalidRequest(error.to_string()))
            .boxed_unsync()
    });
    let sent = call.services().egress().send(egress_call, request);
    // The guest may be less patient than the host, never more.
    let patience = options.first_byte_timeout.unwrap_or(Duration::MAX);
    let response = tokio::time::timeout(patience, sent)
        .await
        .map_err(|_| Error::ConnectionReadTimeout)?
        .map_err(|error| refuse(call, &error))?;
    let call = call.clone();
    Ok(response.map(|body| {
        let body = body.map_err(move |error| refuse(&call, &error));
        patient(body, options.between_bytes_timeout)
    }))
}

fn refuse(call: &CallContext, error: &EgressError) -> Error {
    match call.refused_by(error) {
        Some(_) => Error::HttpRequestDenied,
        None => to_wasi(error),
    }
}

/// The standard's own words where it has them; `metier:skill/denials` has the sentence.
fn to_wasi(error: &EgressError) -> Error {
    match error {
        EgressError::Denied(_) | EgressError::Limit(_) => Error::HttpRequestDenied,
        EgressError::InvalidRequest(_) => Error::HttpRequestUriInvalid,
        EgressError::Timeout(_) | EgressError::Deadline => Error::ConnectionReadTimeout,
        EgressError::Unreachable(_) => Error::DestinationUnavailable,
        EgressError::Tls(_) => Error::TlsProtocolError,
        EgressError::InvalidAnswer(_) => Error::HttpProtocolError,
        EgressError::Busy => Error::ConnectionLimitReached,
        other => Error::InternalError(Some(other.fault().message)),
    }
}
