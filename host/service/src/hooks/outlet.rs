//! The way out for events: through egress, like everything that leaves.
//!
//! An endpoint is a URL that a tenant chose. It is reached by `https`; the addresses its name has are looked at when it is connected to, and only
//! public ones are connected to, so that a name that is made to point inwards leads nowhere. Redirects are not followed, and of the
//! answer only its status and `Retry-After` are read. An operator may open networks of their own, and for tests this machine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use metier_core::{
    Code, Fault, Grant, PrincipalId, TenantId,
    fault::sentence,
    http::{AddressPolicy, CanonicalUrl, Host, Scheme},
    ids::Digest,
    limits::Limits,
    manifest::Manifest,
    run::RunScope,
};
use metier_runtime::{
    credentials::{Credentials, SecretSources},
    egress::{Clock, Egress, EgressAudit, EgressCall, EgressConfig, Upstream},
    meter::Meter,
};
use toml::{Table, Value};

use super::retry;

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Longest URL, in bytes.
const MAX_URL: usize = 2_048;

/// What an attempt may send and read, in bytes. Of the answer's body nothing is read.
const MAX_BYTES: u64 = 1 << 20;

/// What may be reached beside the public internet.
#[derive(Clone, Debug, Default)]
pub struct Reachable {
    /// Networks of the operator's own: `10.1.0.0/16`.
    pub networks: Vec<String>,
    /// This machine, also without TLS.
    pub loopback: bool,
}

/// Sends deliveries.
pub struct Outlet {
    egress: Egress,
    clock: Clock,
    audit: Arc<dyn EgressAudit>,
    reachable: Reachable,
    count: AtomicU64,
}

/// What an endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How long it asks to be left alone.
    pub asked: Option<Duration>,
}

impl Outlet {
    /// To what can be reached.
    ///
    /// # Errors
    /// `invalid-arguments` for a network that is none.
    pub fn new(
        config: EgressConfig,
        audit: Arc<dyn EgressAudit>,
        reachable: Reachable,
    ) -> Result<Outlet, Fault> {
        let outlet = Outlet {
            clock: config.clock.clone(),
            egress: Egress::new(config),
            audit,
            reachable,
            count: AtomicU64::new(0),
        };
        // Networks are read as those of a grant are.
        let some = CanonicalUrl::parse("https://example.com/").map_err(|error| internal(&error))?;
        outlet.grant(&some)?;
        Ok(outlet)
    }

    /// With the system's resolver and clock.
    ///
    /// # Errors
    /// As [`Outlet::new`].
    pub fn of_system(audit: Arc<dyn EgressAudit>, reachable: Reachable) -> Result<Outlet, Fault> {
        Outlet::new(EgressConfig::default(), audit, reachable)
    }

    /// What is reached beside the public internet.
    pub fn reachable(&self) -> &Reachable {
        &self.reachable
    }

    /// Sends one.
    ///
    /// # Errors
    /// Why there is no answer, in words that name no address.
    pub async fn send(
        &self,
        tenant: &TenantId,
        url: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Fault> {
        let url = address(url, &self.reachable)?;
        let call = self.call(tenant, &url)?;
        let body = Full::new(body).map_err(|never| match never {});
        let mut request = Request::new(body.boxed_unsync());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = url
            .as_str()
            .parse()
            .map_err(|error: http::uri::InvalidUri| internal(&error))?;
        *request.headers_mut() = headers;
        let answer = self.egress.send(&call, request).await;
        let answer = answer.map_err(|error| error.fault())?;
        Ok(Answer {
            status: answer.status().as_u16(),
            asked: retry::asked(answer.headers(), (self.clock)()),
        })
    }

    fn call(&self, tenant: &TenantId, url: &CanonicalUrl) -> Result<Arc<EgressCall>, Fault> {
        let grant = Arc::new(self.grant(url)?);
        let manifest = Manifest::empty().or_grant(&grant);
        let number = self.count.fetch_add(1, Relaxed);
        let id = format!("webhook-{number}").parse();
        let sources = SecretSources::files_only(".");
        let asker = Arc::new(self.egress.clone());
        let credentials = Credentials::new(&grant, sources, asker, self.clock.clone());
        let limits = Limits {
            requests: 1,
            request_bytes: MAX_BYTES,
            response_bytes: MAX_BYTES,
            ..Limits::default()
        };
        Ok(Arc::new(EgressCall {
            manifest: Arc::new(manifest.unwrap_or_else(Manifest::empty)),
            grant,
            run: Arc::new(RunScope::unrestricted()),
            credentials: Arc::new(credentials),
            upstream: Upstream::Network,
            meter: Arc::new(Meter::new(limits)),
            keys: None,
            audit: self.audit.clone(),
            call: id.map_err(|error| internal(&error))?,
            tenant: tenant.clone(),
            principal: PrincipalId::local(),
            digest: nobodys_digest(),
            deadline: Some(Instant::now() + PATIENCE),
        }))
    }

    /// What this one delivery may reach: the same words, checks and policy as for skills.
    fn grant(&self, url: &CanonicalUrl) -> Result<Grant, Fault> {
        let texts = |texts: &[String]| {
            let texts = texts.iter().map(|text| Value::String(text.clone()));
            Value::Array(texts.collect())
        };
        let mut networks = self.reachable.networks.clone();
        if self.reachable.loopback {
            networks.extend(["127.0.0.0/8", "::1/128"].map(str::to_owned));
        }
        let rule = Table::from_iter([
            ("scheme".to_owned(), url.scheme().to_string().into()),
            ("host".to_owned(), url.host().to_string().into()),
            ("port".to_owned(), i64::from(url.port()).into()),
            ("methods".to_owned(), texts(&["POST".to_owned()])),
            ("paths".to_owned(), texts(&["/**".to_owned()])),
            ("addresses".to_owned(), texts(&networks)),
        ]);
        let grant = Table::from_iter([
            ("digest".to_owned(), nobodys_digest().to_string().into()),
            ("tools".to_owned(), Value::Array(Vec::new())),
            ("http".to_owned(), Value::Array(vec![rule.into()])),
        ]);
        Grant::parse(&grant.to_string()).map_err(|error| {
            let message = format!("Webhooks cannot be sent: {error}");
            Fault::new(Code::InvalidArguments, sentence(&message))
                .with_hint("Mend `networks` under [webhooks] in metier.toml.")
        })
    }
}

/// A URL that something may be sent to, as far as it can be told before its name is looked up.
///
/// # Errors
/// `invalid-arguments`, saying why not.
pub fn address(url: &str, reachable: &Reachable) -> Result<CanonicalUrl, Fault> {
    if url.len() > MAX_URL {
        return Err(wrong(format!("A URL has at most {MAX_URL} bytes.")));
    }
    let url = CanonicalUrl::parse(url)
        .map_err(|error| wrong(sentence(&format!("This is no URL to send to: {error}"))))?;
    let is_here = match url.host() {
        Host::Ip(address) => address.is_loopback(),
        Host::Name(name) => &**name == "localhost",
    };
    let is_open_here = is_here && reachable.loopback;
    if url.scheme() != Scheme::Https && !is_open_here {
        return Err(wrong("Events are sent by https only.")
            .with_hint("Give the endpoint a certificate, and a URL that begins with https://."));
    }
    let is_inner = match url.host() {
        Host::Ip(address) => AddressPolicy::default().check(*address).is_err(),
        Host::Name(_) => is_here,
    };
    // Which of its own networks an operator opened is found out when it is connected to.
    if is_inner && !is_open_here && reachable.networks.is_empty() {
        return Err(wrong("Events are sent to public addresses only.")
            .with_hint("Name a host that the internet knows; an operator can open networks of their own in metier.toml."));
    }
    Ok(url)
}

/// Whose bytes these requests are made for: nobody's skill, but events of this host.
fn nobodys_digest() -> Digest {
    Digest::of(b"metier: the webhooks of this host")
}

fn wrong(message: impl Into<String>) -> Fault {
    Fault::new(Code::InvalidArguments, message)
}

fn internal(error: &dyn std::fmt::Display) -> Fault {
    Fault::new(Code::HostInternal, sentence(&error.to_string()))
}

/// The system's clock.
pub fn system_clock() -> Clock {
    Arc::new(SystemTime::now)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_core::Code;

    use super::{Reachable, address};

    #[test]
    fn only_https_to_public_addresses_is_a_url_to_send_to() {
        let closed = Reachable::default();
        for url in [
            "http://hooks.acme.example/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://localhost/",
            "https://10.0.0.1/",
            "https://192.168.1.1:8443/x",
            "https://169.254.169.254/latest/meta-data/",
            "https://[fd00:ec2::254]/",
            "https://[::ffff:169.254.169.254]/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://0.0.0.0/",
            "https://user:pass@hooks.acme.example/",
            "ftp://hooks.acme.example/",
            "file:///etc/passwd",
            "https://",
            "hooks.acme.example",
            "",
        ] {
            let fault = address(url, &closed).err();
            let code = fault.map(|fault| fault.code);
            assert_eq!(code, Some(Code::InvalidArguments), "{url}");
        }
        for url in [
            "https://hooks.acme.example/in?token=x",
            "https://8.8.8.8:8443/",
        ] {
            address(url, &closed).unwrap();
        }
        let long = format!("https://hooks.acme.example/{}", "x".repeat(3_000));
        assert!(address(&long, &closed).is_err());
    }

    #[test]
    fn this_machine_is_reached_where_it_is_opened() {
        let open = Reachable {
            loopback: true,
            ..Reachable::default()
        };
        for url in [
            "http://127.0.0.1:8080/",
            "http://localhost/",
            "https://[::1]/",
        ] {
            address(url, &open).unwrap();
        }
        for url in [
            "http://hooks.acme.example/",
            "http://10.0.0.1/",
            "https://10.0.0.1/",
        ] {
            assert!(address(url, &open).is_err(), "{url}");
        }
    }
}
