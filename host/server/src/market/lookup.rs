//! Proofs of namespaces, looked up over HTTPS with the egress of skills, and in DNS ([`super::dns`]).
//!
//! Over HTTPS:
//! - Addresses of private networks are refused: a claim must not make the market knock on its neighbours' doors.
//! - Redirects are not followed: the domain itself says whose it is.
//! - There being no file is an answer. Everything else that is no file is none, and what was proven stays proven.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use async_trait::async_trait;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use metier_core::{
    Digest, Grant, PrincipalId, RunScope, TenantId, audit::EgressRecord, http::CanonicalUrl,
    limits::Limits, manifest::Manifest,
};
use metier_market::{
    keeper::proof::{Lookup, MAX_PROOF},
    state::ProofMethod,
};
use metier_runtime::{
    credentials::{Credentials, SecretSources},
    egress::{Egress, EgressAudit, EgressCall, EgressConfig, Upstream, whole},
    meter::Meter,
};
use toml::{Table, Value};

use super::dns::DnsLookup;

/// For one look altogether: whoever claims waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// For a connection, for an answer to begin, and between its bytes.
const STEP: Duration = Duration::from_secs(5);

/// Connections at once.
const CONNECTIONS: usize = 16;

/// The way to domains.
#[derive(Clone)]
pub struct Domains {
    egress: Egress,
    /// Where certificates beside the system's are, and networks that may be reached beside the public ones: for tests.
    local: Option<(PathBuf, String)>,
    dns: Option<DnsLookup>,
}

impl Default for Domains {
    fn default() -> Self {
        Domains::new(EgressConfig::default())
    }
}

impl std::fmt::Debug for Domains {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Domains")
    }
}

impl Domains {
    /// With another resolver or clock.
    pub fn new(config: EgressConfig) -> Self {
        let egress = Egress::new(EgressConfig {
            connect_timeout: STEP,
            first_byte_timeout: STEP,
            idle_timeout: STEP,
            max_connections: CONNECTIONS,
            ..config
        });
        Domains {
            egress,
            local: None,
            dns: None,
        }
    }

    /// Reaches a network beside the public ones, with certificates of a file.
    #[must_use]
    pub fn reaching(self, ca_file: PathBuf, network: &str) -> Self {
        let local = Some((ca_file, network.to_owned()));
        Domains { local, ..self }
    }

    /// Looks into DNS too.
    #[must_use]
    pub fn with_dns(self, dns: DnsLookup) -> Self {
        let dns = Some(dns);
        Domains { dns, ..self }
    }

    async fn file(&self, place: &str) -> Result<Vec<String>, String> {
        let call = self.call(place)?;
        let request = Request::get(place).body(whole(""));
        let request = request.map_err(|error| error.to_string())?;
        let answer = self.egress.send(&call, request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        match answer.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Vec::new()),
            StatusCode::OK => {}
            status => return Err(format!("it answers {status}")),
        }
        let body = answer.into_body().collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes();
        let text = String::from_utf8_lossy(&body);
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// One request, for which nothing but this host is reached.
    fn call(&self, place: &str) -> Result<Arc<EgressCall>, String> {
        let url: CanonicalUrl = CanonicalUrl::parse(place).map_err(|error| error.to_string())?;
        if url.scheme().as_str() != "https" {
            return Err("it is no address of `https`".to_owned());
        }
        let grant = self.grant(&url)?;
        let manifest = Manifest::empty().or_grant(&grant);
        let manifest = manifest.unwrap_or_else(Manifest::empty);
        let folder = self.local.as_ref().and_then(|(file, _)| file.parent());
        let sources = SecretSources::files_only(folder.unwrap_or(std::path::Path::new("/")));
        let asker = Arc::new(self.egress.clone());
        let credentials = Credentials::new(&grant, sources, asker, Arc::new(SystemTime::now));
        let limits = Limits {
            requests: 1,
            response_bytes: MAX_PROOF as u64,
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
            audit: Arc::new(Unwritten),
            call: "publisher-proof"
                .parse()
                .map_err(|_| "no call id".to_owned())?,
            tenant: TenantId::local(),
            principal: PrincipalId::local(),
            digest: nobodys_digest(),
            deadline: Some(Instant::now() + PATIENCE),
        }))
    }

    fn grant(&self, url: &CanonicalUrl) -> Result<Grant, String> {
        let mut rule = Table::from_iter([
            ("scheme".to_owned(), "https".into()),
            ("host".to_owned(), url.host().to_string().into()),
            ("port".to_owned(), i64::from(url.port()).into()),
            ("methods".to_owned(), Value::Array(vec!["GET".into()])),
            ("paths".to_owned(), Value::Array(vec!["/**".into()])),
        ]);
        if let Some((file, network)) = &self.local {
            let network = Value::Array(vec![network.as_str().into()]);
            rule.insert("addresses".to_owned(), network);
            let file = file.to_string_lossy().into_owned();
            rule.insert("ca-file".to_owned(), file.into());
        }
        let text = Table::from_iter([
            ("digest".to_owned(), nobodys_digest().to_string().into()),
            ("tools".to_owned(), Value::Array(Vec::new())),
            ("http".to_owned(), Value::Array(vec![rule.into()])),
        ]);
        let grant = Grant::parse(&text.to_string());
        grant.map_err(|error| error.message().trim_end_matches('.').to_owned())
    }
}

#[async_trait]
impl Lookup for Domains {
    fn can(&self, method: ProofMethod) -> bool {
        match method {
            ProofMethod::Https => true,
            ProofMethod::Dns => self.dns.is_some(),
        }
    }

    async fn lines(&self, method: ProofMethod, place: &str) -> Result<Vec<String>, String> {
        match method {
            ProofMethod::Https => self.file(place).await,
            ProofMethod::Dns => match &self.dns {
                Some(dns) => dns.lines(place).await,
                None => Err("this market does not look into DNS".to_owned()),
            },
        }
    }
}

/// What is found goes into the log of the market, and nothing else is of interest.
struct Unwritten;

impl EgressAudit for Unwritten {
    fn record(&self, _: EgressRecord) {}
}

/// Whose bytes these requests are made for: nobody's skill.
fn nobodys_digest() -> Digest {
    Digest::of(b"metier: proofs of publishers")
}
