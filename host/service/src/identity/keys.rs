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
use metier_core::http::CanonicalUrl;
use metier_runtime::egress::{Clock, EgressAudit};
use serde::Deserialize;

use super::{
    issuer::{Issuer, safe_url},
    token::{KeySource, MAX_KEY_SET},
};
use crate::asking::{self, Asker, Way};

/// What follows an issuer's address in discovery.
const DISCOVERY: &str = ".well-known/openid-configuration";

/// For discovery and keys together: whoever sent the token waits.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The way to issuers.
pub struct HttpKeys {
    asker: Asker,
    patience: Duration,
}

impl HttpKeys {
    /// With certificates of `ca_file` below `folder`; requests are written down in `audit`.
    pub fn new(folder: PathBuf, clock: Clock, audit: Arc<dyn EgressAudit>) -> Self {
        HttpKeys {
            asker: Asker::new(folder, clock, audit, "issuer-keys"),
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
        self.asker.get(&way(issuer), url, until, MAX_KEY_SET).await
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
    asking::check(&way(issuer), &safe_url(url)?)
}

/// Where it is, whatever the path.
fn place(url: &CanonicalUrl) -> (&'static str, String, u16) {
    (url.scheme().as_str(), url.host().to_string(), url.port())
}

/// How an issuer is reached.
fn way(issuer: &Issuer) -> Way<'_> {
    Way {
        addresses: &issuer.addresses,
        ca_file: issuer.ca_file.as_deref(),
    }
}
