//! What the service itself asks others for: keys of issuers, lists of markets.
//!
//! It is the egress of skills, under a grant for this one host: addresses of private networks are refused unless they are named, redirects are
//! not followed, time and bytes are bounded, and every request is written down.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, StatusCode, header};
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
use toml::{Table, Value};

use crate::identity::issuer::is_this_machine;

/// For a connection, for an answer to begin, and between its bytes.
const STEP: Duration = Duration::from_secs(5);

/// Connections at once.
const CONNECTIONS: usize = 64;

/// How somebody is reached whom the operator names.
#[derive(Clone, Copy, Debug, Default)]
pub struct Way<'w> {
    /// Networks they may be in beside public ones. Who is named as this machine may be on it.
    pub addresses: &'w [String],
    /// The only certificates that vouch for them.
    pub ca_file: Option<&'w str>,
}

/// Asks.
pub struct Asker {
    egress: Egress,
    clock: Clock,
    folder: PathBuf,
    audit: Arc<dyn EgressAudit>,
    purpose: &'static str,
}

impl Asker {
    /// With certificates below `folder`; requests are written down in `audit` as those of a call named `purpose`.
    pub fn new(
        folder: PathBuf,
        clock: Clock,
        audit: Arc<dyn EgressAudit>,
        purpose: &'static str,
    ) -> Self {
        let egress = Egress::new(EgressConfig {
            clock: clock.clone(),
            connect_timeout: STEP,
            first_byte_timeout: STEP,
            idle_timeout: STEP,
            max_connections: CONNECTIONS,
            ..EgressConfig::default()
        });
        Asker {
            egress,
            clock,
            folder,
            audit,
            purpose,
        }
    }

    /// The body of an answer of at most `max` bytes that is there before `until`.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn get(
        &self,
        way: &Way<'_>,
        url: &CanonicalUrl,
        until: Instant,
        max: usize,
    ) -> Result<Vec<u8>, String> {
        let body = self.get_unless(way, url, None, until, max).await?;
        body.ok_or_else(|| "it says that its answer is known, and it is not".to_owned())
    }

    /// The same; nothing where the answer is still the one with this tag.
    ///
    /// # Errors
    /// Why not, in words.
    pub async fn get_unless(
        &self,
        way: &Way<'_>,
        url: &CanonicalUrl,
        known: Option<&str>,
        until: Instant,
        max: usize,
    ) -> Result<Option<Vec<u8>>, String> {
        let call = self.call(way, url, until, max)?;
        let mut request = Request::get(url.as_str()).header(header::ACCEPT, "application/json");
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known);
        }
        let request = request.body(whole(""));
        let request = request.map_err(|error| error.to_string())?;
        let answer = self.egress.send(&call, request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if known.is_some() => return Ok(None),
            status => return Err(format!("{} answers {status}", url.without_query())),
        }
        let body = answer.into_body().collect().await;
        let body = body.map_err(|error| error.to_string())?;
        Ok(Some(body.to_bytes().into()))
    }

    /// One request, for which nothing but this host is reached.
    fn call(
        &self,
        way: &Way<'_>,
        url: &CanonicalUrl,
        until: Instant,
        max: usize,
    ) -> Result<Arc<EgressCall>, String> {
        let grant = grant(way, url)?;
        let manifest = Manifest::empty()
            .or_grant(&grant)
            .unwrap_or_else(Manifest::empty);
        let sources = SecretSources::files_only(&self.folder);
        let asker = Arc::new(self.egress.clone());
        let credentials = Credentials::new(&grant, sources, asker, self.clock.clone());
        let limits = Limits {
            requests: 1,
            response_bytes: max as u64 + 1,
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
            call: self.purpose.parse().map_err(|_| "no call id".to_owned())?,
            tenant: TenantId::local(),
            principal: PrincipalId::local(),
            digest: nobodys_digest(),
            deadline: Some(until),
        }))
    }
}

/// Whether networks and certificates are written as a grant has them.
///
/// # Errors
/// Why not, in words.
pub fn check(way: &Way<'_>, url: &CanonicalUrl) -> Result<(), String> {
    grant(way, url).map(drop)
}

/// Whose bytes these requests are made for: nobody's skill, but whom this host trusts.
fn nobodys_digest() -> Digest {
    Digest::of(b"metier: the issuers this host trusts")
}

/// What may be reached, in the words, checks and policy of skills.
fn grant(way: &Way<'_>, url: &CanonicalUrl) -> Result<Grant, String> {
    let texts = |texts: &[String]| texts.iter().cloned().map(Value::String).collect();
    let mut addresses = way.addresses.to_vec();
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
    if let Some(file) = way.ca_file {
        rule.insert("ca-file".to_owned(), file.into());
    }
    let text = Table::from_iter([
        ("digest".to_owned(), nobodys_digest().to_string().into()),
        ("tools".to_owned(), Value::Array(Vec::new())),
        ("http".to_owned(), Value::Array(vec![rule.into()])),
    ]);
    Grant::parse(&text.to_string())
        .map_err(|error| error.message().trim_end_matches('.').to_owned())
}
