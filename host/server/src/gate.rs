//! What happens before a request reaches its route: it gets an id, and it is looked at where it comes from.
//!
//! Who asks is found out by those routes that need to know it, which are all but the health checks and the description: they take
//! a [`Caller`] as [`Who`].

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metier_core::{CallId, Code, Fault, TenantId};
use metier_service::{Caller, identity::PREFIX};

use crate::{
    app::{App, Settings},
    guard,
    mcp::metadata::Base,
    problem::Problem,
};

/// The id of a request, in every answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The tenant an administrator acts for.
pub const TENANT: HeaderName = HeaderName::from_static("metier-tenant");

/// Names a request and its repetitions.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const HINT: &str = "Name the host in `hosts`, or the page's origin in `origins`, of metier.toml.";

/// Gives the request its id, and refuses what a web page sends without being allowed to.
pub async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id = match app.service.host().call_id() {
        Ok(id) => id,
        Err(fault) => return Problem::from(fault).into_response(),
    };
    tracing::Span::current().record("metier.request.id", id.as_str());
    request.extensions_mut().insert(id.clone());
    let base = Base::of(&request);
    let settings = app.settings.get();
    let mut response = match is_meant(&settings, base.as_ref(), request.headers()) {
        Ok(()) => answered(settings.timeout, next.run(request)).await,
        Err(why) => Problem::http(StatusCode::FORBIDDEN, why, HINT).into_response(),
    };
    if response.status() == StatusCode::UNAUTHORIZED
        && let Some(base) = base
    {
        base.challenge(&mut response);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    let nosniff = HeaderValue::from_static("nosniff");
    headers
        .entry(header::X_CONTENT_TYPE_OPTIONS)
        .or_insert(nosniff);
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    response
}

/// A request that takes too long, be it that its body does not come, is ended. A stream that has begun goes on.
async fn answered(timeout: Duration, answer: impl Future<Output = Response>) -> Response {
    let answer = tokio::time::timeout(timeout, answer).await;
    answer.unwrap_or_else(|_| {
        let seconds = timeout.as_secs();
        let message = format!("The request took more than {seconds} s.");
        Problem::from(Fault::new(Code::DeadlineExceeded, message)).into_response()
    })
}

fn is_meant(
    settings: &Settings,
    base: Option<&Base>,
    headers: &HeaderMap,
) -> Result<(), &'static str> {
    let base = base.ok_or("The request does not say which host it is for.")?;
    let authority = base.authority();
    let named = |host: &String| authority.host().eq_ignore_ascii_case(host);
    if !guard::is_loopback(authority) && !settings.hosts.iter().any(named) {
        return Err("The request is for another host than this one.");
    }
    let is_own = |origin: &str| {
        let rest = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        rest == Some(authority.as_str())
    };
    let is_known =
        |origin: &str| is_own(origin) || settings.origins.iter().any(|known| known == origin);
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match origins.all(|origin| origin.to_str().is_ok_and(is_known)) {
        true => Ok(()),
        false => Err("The request comes from a web page of another origin."),
    }
}

/// Who asks.
pub struct Who(pub Caller);

impl FromRequestParts<Arc<App>> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let directory = app.service.directory();
        let request = parts.extensions.get::<CallId>();
        let text = bearer(&parts.headers)?;
        // A key is found out without waiting for anything.
        let caller = match text.starts_with(PREFIX) {
            true => directory.identify(text, request)?,
            false => app.service.authenticate(text, request).await?,
        };
        match parts.headers.get(TENANT) {
            None => Ok(Who(caller)),
            Some(tenant) => Ok(Who(directory.acting_for(caller, named(tenant)?)?)),
        }
    }
}

/// The text of the key, from the only place it is looked for.
///
/// # Errors
/// `unauthenticated` when there is none, or more than one.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Fault> {
    let mut told = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(told), None) = (told.next(), told.next()) else {
        return Err(Fault::new(
            Code::Unauthenticated,
            "The request carries no key.",
        ));
    };
    let text = told.to_str().ok().and_then(|told| told.split_once(' '));
    match text {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(key.trim()),
        _ => Err(Fault::new(
            Code::Unauthenticated,
            "The authorization is no bearer key.",
        )),
    }
}

fn named(tenant: &HeaderValue) -> Result<TenantId, Fault> {
    let named = tenant.to_str().ok().and_then(|text| text.parse().ok());
    named.ok_or_else(|| Fault::new(Code::NotFound, "There is no such tenant."))
}

/// The id the gate gave the request.
pub struct RequestId(pub CallId);

impl FromRequestParts<Arc<App>> for RequestId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        let id = parts.extensions.get::<CallId>().cloned();
        let missing = || Fault::new(Code::HostInternal, "The request has no id.");
        Ok(RequestId(id.ok_or_else(missing)?))
    }
}

/// The idempotency key of the request, if it has one.
pub struct Idempotency(pub Option<String>);

impl FromRequestParts<Arc<App>> for Idempotency {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        let Some(key) = parts.headers.get(IDEMPOTENCY_KEY) else {
            return Ok(Idempotency(None));
        };
        let text = key
            .to_str()
            .ok()
            .filter(|text| (1..=255).contains(&text.len()));
        let text = text.ok_or_else(|| {
            let message = "An idempotency key has 1 to 255 visible ASCII characters.";
            Fault::new(Code::InvalidArguments, message)
        })?;
        Ok(Idempotency(Some(text.to_owned())))
    }
}
