//! An issuer's keys over HTTP: OpenID Connect Discovery 1.0, or an address the operator names.
//!
//! - Everything comes by `https`, or by `http` from this machine ([`safe_url`]); redirects are not followed.
//! - Discovery asks `ISSUER/.well-known/openid-configuration`. What it says counts only when it names exactly the issuer that was asked, and
//!   keys at the issuer's own scheme, host and port: whoever keeps them elsewhere, as some do, is named with the address of the keys.
//! - Addresses of private networks are refused unless the issuer names their network, as they are for skills: it is the same egress.
//! - An answer has at most [`MAX_KEY_SET`] bytes, and both together [`PATIENCE`].

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use http::{HeaderValue, Request, header};
use http_body_util::BodyExt;
use metier_core::{
    Digest, Grant, PrincipalId, RunScope, TenantId, http::CanonicalUrl, limits::Limits,
    manifest::Manifest,
};
use metier_runtime::{
    credentials::{Credentials, SecretSources},
    egress::{Clock, Egress, EgressAudit, EgressCall, EgressConfig, Upstream, whole},
    meter::Meter,
};
use serde::Deserialize;
use toml::{Table, Value};

use super::{
    issuer::{Issuer, is_this_machine, safe_url},
    token::{KeySource, MAX_KEY_SET},
};

/// What follows an issuer's address in discovery.
const DISCOVERY: &str = ".well-known/openid-configuration";

/// For discovery and keys together: whoever sent the token waits.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// For a connection, for an answer to begin, and between its bytes.
const STEP: Duration = Duration::from_secs(5);

/// Connections to issuers at once.
const CONNECTIONS: usize = 64;

/// The way to issuers.
pub struct HttpKeys {
    egress: Egress,
    clock: Clock,
    folder: PathBuf,
    audit: Arc<dyn EgressAudit>,
    patience: Duration,
}

impl HttpKeys {
    /// With certificates of `ca_file` below `folder`; requests are written down in `audit`.
    pub fn new(folder: PathBuf, clock: Clock, audit: Arc<dyn EgressAudit>) -> Self {
        let egress = Egress::new(EgressConfig {
            clock: clock.clone(),
            connect_timeout: STEP,
            first_byte_timeout: STEP,
            idle_timeout: STEP,
            max_connections: CONNECTIONS,
            ..EgressConfig::default()
        });
        HttpKeys {
            egress,
            clock,
            folder,
            audit,
            patience: PATIENCE,
        }
    }

    /// The same with another [`PATIENCE`].
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        HttpKeys { patience, ..self }
    }

    async fn keys(&self, issuer: &Issuer) -> Result<Vec<u8>, String> {
        let until = Instant::now() + self.patience;
        let keys = match &issuer.keys {
            Some(keys) => safe_url(keys)?,
            None => self.discovered(issuer, until).await?,
        };
        self.get(issuer, &keys, until).await
    }

    async fn discovered(&self, issuer: &Issuer, until: Instant) -> Result<CanonicalUrl, String> {
        #[derive(Deserialize)]
        struct Document {
            issuer: String,
            jwks_uri: String,
        }
        let own = safe_url(&issuer.url)?;
        let base = issuer.url.trim_end_matches('/');
        let asked = safe_url(&format!("{base}/{DISCOVERY}"))?;
        let bytes = self.get(issuer, &asked, until).await?;
        let document: Document = serde_json::from_slice(&bytes)
            .map_err(|error| format!("its discovery document cannot be read: {error}"))?;
        if document.issuer != issuer.url {
            let shown = metier_core::ids::shown(&document.issuer);
            return Err(format!("its discovery document is of {shown}"));
        }
        let keys = safe_url(&document.jwks_uri)
            .map_err(|why| format!("its discovery document names keys that are not safe: {why}"))?;
        match place(&keys) == place(&own) {
            true => Ok(keys),
            false => Err(format!(
                "its discovery document names keys on another host, {}: name them as `jwks-url` to trust them",
                keys.without_query()
            )),
        }
    }

    async fn get(
        &self,
        issuer: &Issuer,
        url: &CanonicalUrl,
        until: Instant,
    ) -> Result<Vec<u8>, String> {
        let call = self.call(issuer, url, until)?;
        let mut request = Request::get(url.as_str()).body(whole(""));
        if let Ok(request) = &mut request {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::ACCEPT, json);
        }
        let request = request.map_err(|error| error.to_string())?;
        let answer = self.egress.send(&call, request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let status = answer.status();
        if status != http::StatusCode::OK {
            return Err(format!("{} answers {status}", url.without_query()));
        }
        let body = answer.into_body().collect().await;
        let body = body.map_err(|error| error.to_string())?;
        Ok(body.to_bytes().into())
    }

    /// One request, for which nothing but this host is reached.
    fn call(
        &self,
        issuer: &Issuer,
        url: &CanonicalUrl,
        until: Instant,
    ) -> Result<Arc<EgressCall>, String> {
        let grant = grant(issuer, url)?;
        let manifest = Manifest::empty()
            .or_grant(&grant)
            .unwrap_or_else(Manifest::empty);
        let sources = SecretSources::files_only(&self.folder);
        let asker = Arc::new(self.egress.clone());
        let credentials = Credentials::new(&grant, sources, asker, self.clock.clone());
        let limits = Limits {
            requests: 1,
            response_bytes: MAX_KEY_SET as u64 + 1,
            ..Limits::default()
        };
        Ok(Arc::new(EgressCall {
            manifest: Arc::new(manifest),
            grant: Arc::new(grant),
            run: Arc::new(RunScope::unrestricted()),
            credentials: Arc::new(credentials),
            upstream: Upstream::Network,
            meter: Arc::new(Meter::new(limits)),
            keys: None,
            audit: self.audit.clone(),
            call: "issuer-keys".parse().map_err(|_| "no call id".to_owned())?,
            tenant: TenantId::local(),
            principal: PrincipalId::local(),
            digest: nobodys_digest(),
            deadline: Some(until),
        }))
    }
}

impl KeySource for HttpKeys {
    fn fetch<'a>(&'a self, issuer: &'a Issuer) -> BoxFuture<'a, Result<Vec<u8>, String>> {
        Box::pin(self.keys(issuer))
    }
}

/// Whether the networks and certificates of an issuer are written as a grant has them.
///
/// # Errors
/// Why not, in words.
pub fn check(issuer: &Issuer) -> Result<(), String> {
    issuer.check()?;
    let url = issuer.keys.as_deref().unwrap_or(&issuer.url);
    grant(issuer, &safe_url(url)?).map(drop)
}

/// Where it is, whatever the path.
fn place(url: &CanonicalUrl) -> (&'static str, String, u16) {
    (url.scheme().as_str(), url.host().to_string(), url.port())
}

/// Whose bytes these requests are made for: nobody's skill, but the issuers this host trusts.
fn nobodys_digest() -> Digest {
    Digest::of(b"metier: the issuers this host trusts")
}

/// What may be reached for an issuer, in the words, checks and policy of skills.
fn grant(issuer: &Issuer, url: &CanonicalUrl) -> Result<Grant, String> {
    let texts = |texts: &[String]| texts.iter().cloned().map(Value::String).collect();
    let mut addresses = issuer.addresses.clone();
    if is_this_machine(url.host()) {
        addresses.extend(["127.0.0.0/8", "::1/128"].map(str::to_owned));
    }
    let mut rule = Table::from_iter([
        ("scheme".to_owned(), url.scheme().as_str().into()),
        ("host".to_owned(), url.host().to_string().into()),
        ("port".to_owned(), i64::from(url.port()).into()),
        ("methods".to_owned(), Value::Array(vec!["GET".into()])),
        ("paths".to_owned(), Value::Array(vec!["/**".into()])),
        ("addresses".to_owned(), Value::Array(texts(&addresses))),
    ]);
    if let Some(file) = &issuer.ca_file {
        rule.insert("ca-file".to_owned(), file.as_str().into());
    }
    let text = Table::from_iter([
        ("digest".to_owned(), nobodys_digest().to_string().into()),
        ("tools".to_owned(), Value::Array(Vec::new())),
        ("http".to_owned(), Value::Array(vec![rule.into()])),
    ]);
    Grant::parse(&text.to_string())
        .map_err(|error| error.message().trim_end_matches('.').to_owned())
}
