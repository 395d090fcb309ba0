//! Who is logged in.
//!
//! The cookie is `TENANT.SEALED`: a key's text, a token for forms and an end, sealed for that tenant so that no client can read or
//! change it. The key is looked up at every request: one that is revoked, or of a suspended tenant, ends the session. So does logging out:
//! a copy of the cookie opens nothing from then on. An administrator may act for another tenant, which the seal then names.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Form, FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use metier_core::{CallId, Code, Digest, Fault, TenantId};
use metier_service::{Caller, Right, directory::now};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::{app::App, problem::Problem};

/// What the cookie is called.
const COOKIE: &str = "metier_session";

/// What the seal is for.
const PURPOSE: &str = "console";

/// A day's work: whoever comes back tomorrow logs in again.
const LASTS: Duration = Duration::from_secs(12 * 60 * 60);

#[derive(Serialize, Deserialize)]
struct Sealed {
    key: String,
    csrf: String,
    /// Milliseconds since 1970.
    expires: u64,
}

/// Somebody who is logged in.
pub struct Session {
    /// Who they are, for the tenant they act for.
    pub caller: Caller,
    sealed: Sealed,
}

impl Session {
    /// One that begins now.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub fn begin(app: &App, key: &str, request: Option<&CallId>) -> Result<Session, Fault> {
        let caller = app.service.directory().identify(key, request)?;
        let sealed = Sealed {
            key: key.to_owned(),
            csrf: token(app)?,
            expires: now().saturating_add(millis(LASTS)),
        };
        Ok(Session { caller, sealed })
    }

    /// The same, for another tenant.
    ///
    /// # Errors
    /// `forbidden` unless they administer the service; `not-found`.
    pub fn acting_for(self, app: &App, tenant: TenantId) -> Result<Session, Fault> {
        let own = app.service.directory().identify(&self.sealed.key, None)?;
        let own = Caller {
            request: self.caller.request,
            ..own
        };
        let caller = app.service.directory().acting_for(own, tenant)?;
        Ok(Session { caller, ..self })
    }

    /// What `Set-Cookie` says.
    ///
    /// # Errors
    /// Never in practice.
    pub fn cookie(&self, app: &App, secure: bool) -> Result<String, Fault> {
        let bytes = serde_json::to_vec(&self.sealed);
        let bytes = bytes.map_err(|error| Fault::new(Code::HostInternal, error.to_string()))?;
        let tenant = &self.caller.tenant;
        let sealed = app.service.seal().close(tenant, PURPOSE, bytes)?;
        let left = self.sealed.expires.saturating_sub(now()) / 1000;
        Ok(set(COOKIE, &format!("{tenant}.{sealed}"), left, secure))
    }

    /// Ends it, wherever its cookie is.
    ///
    /// # Errors
    /// The store's.
    pub async fn end(&self, app: &App) -> Result<(), Fault> {
        let left = self.sealed.expires.saturating_sub(now()).max(1);
        let left = Duration::from_millis(left);
        app.service.end_session(&self.sealed.csrf, left).await
    }

    /// The token that each form of theirs carries.
    pub fn csrf(&self) -> &str {
        &self.sealed.csrf
    }

    /// Whether to offer what needs this right. The service decides it again.
    pub fn may(&self, right: Right) -> bool {
        self.caller.role.has(right)
    }
}

/// What `Set-Cookie` says to forget the session.
pub fn forgotten(secure: bool) -> String {
    set(COOKIE, "", 0, secure)
}

/// A cookie that no script and no other site sees.
pub fn set(name: &str, value: &str, seconds: u64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// Whether the browser says that it came by TLS; a proxy in front says so for it.
pub fn is_secure(headers: &HeaderMap) -> bool {
    let begins = |name: &str, with: &str| {
        let told = headers.get(name).and_then(|told| told.to_str().ok());
        told.is_some_and(|told| told.starts_with(with))
    };
    begins("origin", "https://") || begins("x-forwarded-proto", "https")
}

/// The cookies of this name.
pub fn cookies<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.filter_map(|line| line.to_str().ok());
    let pairs = pairs.flat_map(|line| line.split(';'));
    pairs.filter_map(move |pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// A text nobody can guess: the seal of nothing has a nonce and a tag of its own each time.
///
/// # Errors
/// Never in practice.
pub fn token(app: &App) -> Result<String, Fault> {
    let seal = app.service.seal();
    seal.close(&TenantId::local(), "console-token", Vec::new())
}

/// Whether a token is the one expected, in a time that tells nothing about it.
pub fn is_token(told: &str, expected: &str) -> bool {
    !expected.is_empty() && Digest::of(told.as_bytes()) == Digest::of(expected.as_bytes())
}

fn opened(app: &App, cookie: &str) -> Option<(TenantId, Sealed)> {
    let (tenant, sealed) = cookie.rsplit_once('.')?;
    let tenant: TenantId = tenant.parse().ok()?;
    let bytes = app.service.seal().open_text(&tenant, PURPOSE, sealed)?;
    let sealed: Sealed = serde_json::from_slice(&bytes).ok()?;
    (sealed.expires > now()).then_some((tenant, sealed))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

impl FromRequestParts<Arc<App>> for Session {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let login = || Failure::login(&parts.method, &parts.uri);
        let mut opened = cookies(&parts.headers, COOKIE).filter_map(|cookie| opened(app, cookie));
        let (tenant, sealed) = opened.next().ok_or_else(login)?;
        if app.service.is_ended(&sealed.csrf).await? {
            return Err(login());
        }
        let directory = app.service.directory();
        let own = directory.identify(&sealed.key, parts.extensions.get::<CallId>());
        let own = own.map_err(|_| login())?;
        let caller = directory.acting_for(own, tenant);
        Ok(Session {
            caller: caller.map_err(|_| login())?,
            sealed,
        })
    }
}

/// The fields of a form.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// What a field holds; nothing is the same as an empty one.
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    /// The same, with line breaks as they were before a browser sent them.
    pub fn lines(&self, name: &str) -> String {
        self.get(name).replace("\r\n", "\n")
    }
}

impl Fields {
    /// Those of a request.
    ///
    /// # Errors
    /// When it has none that can be read.
    pub async fn read(request: Request) -> Result<Self, Problem> {
        let form = Form::from_request(request, &()).await;
        let Form(fields) = form.map_err(|rejection| {
            let hint = "Load the page again, and send its form.";
            Problem::unreadable(rejection.status(), "The form could not be read.", hint)
        })?;
        Ok(Fields(fields))
    }
}

impl FromRequest<Arc<App>> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Arc<App>) -> Result<Self, Failure> {
        Ok(Fields::read(request).await?)
    }
}

/// A form of somebody who is logged in, with their token.
pub struct Posted {
    /// Who.
    pub session: Session,
    /// What.
    pub fields: Fields,
}

impl FromRequest<Arc<App>> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        let (mut parts, body) = request.into_parts();
        let session = Session::from_request_parts(&mut parts, app).await?;
        let fields = Fields::from_request(Request::from_parts(parts, body), app).await?;
        match is_token(fields.get("csrf"), session.csrf()) {
            true => Ok(Posted { session, fields }),
            false => Err(not_ours().into()),
        }
    }
}

/// What a form without its token is answered.
pub fn not_ours() -> Problem {
    Problem::http(
        StatusCode::FORBIDDEN,
        "The form does not carry the token of your session.",
        "Load the page again, and repeat what you did.",
    )
}
