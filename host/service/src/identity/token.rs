//! Bearer tokens of other issuers: JWTs of an OpenID provider, RFC 7519 and RFC 9068.
//!
//! An operator names each issuer it trusts, with the audience its tokens are for and which claims say the tenant and the role. A token
//! opens when its signature is by one of the issuer's keys, by RS256, ES256 or EdDSA; when issuer and audience are exactly those; and
//! when it is neither over nor too early, with a minute of leeway. Everything else has the one answer `unauthenticated`; the host's log
//! says why.
//!
//! Keys are fetched when they are first needed, and again for a `kid` that is not known, at most once a minute: so keys that are rotated
//! are taken up, and made-up ids cause no flood.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, KeyAlgorithm, PublicKeyUse},
};
use metier_core::{Digest, Fault, PrincipalId, TenantId};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Caller, Role, refused};

/// Largest token, in bytes: more than any header line of a usual proxy lets pass.
pub const MAX_TOKEN: usize = 8 << 10;

/// Largest set of keys, in bytes.
pub const MAX_KEY_SET: usize = 256 << 10;

/// Most keys of an issuer; the rest are not looked at.
const MAX_KEYS: usize = 64;

/// Least time between two fetches of an issuer's keys, in milliseconds.
pub const FETCH_PACE: u64 = 60_000;

/// How far two clocks may be apart, in seconds.
const LEEWAY: u64 = 60;

/// An issuer whose tokens open.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Exactly what `iss` has to be: `https://login.example/realms/acme`.
    pub url: String,
    /// What `aud` has to be or contain.
    pub audience: String,
    /// Where its keys are; found out by discovery when absent.
    pub keys: Option<String>,
    /// The claim that names the tenant.
    pub tenant_claim: Option<String>,
    /// The tenant of tokens that have no such claim; they do not open when absent.
    pub tenant: Option<TenantId>,
    /// The claim that says the role: a text, or a list of texts such as groups.
    pub role_claim: Option<String>,
    /// What each of its texts is worth. The mightiest counts; others count for nothing.
    pub roles: BTreeMap<String, Role>,
    /// The role of tokens in which nothing counts; they do not open when absent.
    pub role: Option<Role>,
    /// The claim that says who it is: `sub`, unless there is a better one.
    pub principal_claim: String,
}

/// Where an issuer's keys come from.
pub trait KeySource: Send + Sync {
    /// The JSON text of its key set, RFC 7517.
    fn fetch<'a>(&'a self, issuer: &'a Issuer) -> BoxFuture<'a, Result<Vec<u8>, String>>;
}

/// Milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// All issuers whose tokens open.
pub struct Tokens {
    issuers: Vec<Trusted>,
    source: Arc<dyn KeySource>,
    clock: Clock,
}

struct Trusted {
    issuer: Issuer,
    keys: RwLock<Arc<[Jwk]>>,
    fetched: tokio::sync::Mutex<Option<u64>>,
}

impl Tokens {
    /// Tokens of these issuers. `clock` paces fetches.
    pub fn new(issuers: Vec<Issuer>, source: Arc<dyn KeySource>, clock: Clock) -> Tokens {
        let trusted = |issuer| Trusted {
            issuer,
            keys: RwLock::new(Arc::from([])),
            fetched: tokio::sync::Mutex::default(),
        };
        Tokens {
            issuers: issuers.into_iter().map(trusted).collect(),
            source,
            clock,
        }
    }

    /// Who the bearer of a token is. Whether the tenant is there is not looked at here.
    ///
    /// # Errors
    /// `unauthenticated`, with the same words whatever the reason is.
    pub async fn verify(&self, token: &str) -> Result<Caller, Fault> {
        self.read(token).await.map_err(|why| {
            tracing::info!(why, "a token does not open");
            refused()
        })
    }

    async fn read(&self, token: &str) -> Result<Caller, String> {
        if token.len() > MAX_TOKEN {
            return Err(format!("it has more than {MAX_TOKEN} bytes"));
        }
        let (header, claimed) = unchecked(token)?;
        let issuer = claimed.get("iss").and_then(Value::as_str);
        let trusted = self
            .issuers
            .iter()
            .find(|trusted| Some(trusted.issuer.url.as_str()) == issuer);
        let trusted = trusted.ok_or("its issuer is not trusted")?;
        let key = self.key(trusted, &header).await?;
        let key = DecodingKey::from_jwk(&key).map_err(|error| error.to_string())?;
        let rules = rules(&trusted.issuer, header.alg);
        let read = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &rules);
        let read = read.map_err(|error| error.to_string())?;
        trusted.issuer.caller(&read.claims)
    }

    /// The key that the header means, after a fetch where it is not known.
    async fn key(&self, trusted: &Trusted, header: &Header) -> Result<Jwk, String> {
        let known = trusted.known();
        if let Some(key) = chosen(&known, header) {
            return Ok(key);
        }
        self.fetch(trusted, &known).await;
        chosen(&trusted.known(), header).ok_or_else(|| "none of its issuer's keys fits".to_owned())
    }

    async fn fetch(&self, trusted: &Trusted, before: &Arc<[Jwk]>) {
        let mut fetched = trusted.fetched.lock().await;
        // Somebody else was quicker.
        if !Arc::ptr_eq(before, &trusted.known()) {
            return;
        }
        let now = (self.clock)();
        if fetched.is_some_and(|last| now.saturating_sub(last) < FETCH_PACE) {
            return;
        }
        *fetched = Some(now);
        let keys = self.source.fetch(&trusted.issuer).await;
        match keys.and_then(|bytes| key_set(&bytes)) {
            Ok(keys) => {
                *trusted.keys.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
            }
            Err(error) => {
                tracing::warn!(issuer = trusted.issuer.url, error, "keys cannot be fetched");
            }
        }
    }
}

impl Trusted {
    fn known(&self) -> Arc<[Jwk]> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }
}

/// The algorithm and key a token says it is signed with. Anything that would have to be understood, `crit`, is not.
#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    crit: Option<Value>,
}

/// What a token says before it is checked, to find out whose keys it has to be checked with.
fn unchecked(token: &str) -> Result<(Header, Map<String, Value>), String> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(_), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("it is no JWT".to_owned());
    };
    let header: Header = part(header)?;
    if header.crit.is_some() {
        return Err("it needs an extension".to_owned());
    }
    Ok((header, part(claims)?))
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text);
    let bytes = bytes.map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

fn key_set(bytes: &[u8]) -> Result<Vec<Jwk>, String> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    if bytes.len() > MAX_KEY_SET {
        return Err(format!("they have more than {MAX_KEY_SET} bytes"));
    }
    let set: Set = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    // Of keys of other sorts an issuer may have as many as it likes.
    let known = set.keys.into_iter().take(MAX_KEYS);
    Ok(known
        .filter_map(|key| serde_json::from_value(key).ok())
        .collect())
}

/// The key of that id; without an id the only one there is for the algorithm.
fn chosen(keys: &[Jwk], header: &Header) -> Option<Jwk> {
    let mut fit = keys.iter().filter(|key| {
        let is_named = match &header.kid {
            Some(kid) => key.common.key_id.as_ref() == Some(kid),
            None => true,
        };
        is_named && fits(key, header.alg)
    });
    match (fit.next(), fit.next()) {
        (Some(key), None) => Some(key.clone()),
        _ => None,
    }
}

/// A key checks signatures by the one algorithm it is for. Of symmetric ones there are none here, so no public key is taken for a secret.
fn fits(key: &Jwk, alg: Algorithm) -> bool {
    use jsonwebtoken::jwk::AlgorithmParameters as Is;
    let (is_sort, named) = match (&key.algorithm, alg) {
        (Is::RSA(_), Algorithm::RS256) => (true, KeyAlgorithm::RS256),
        (Is::EllipticCurve(_), Algorithm::ES256) => (true, KeyAlgorithm::ES256),
        (Is::OctetKeyPair(_), Algorithm::EdDSA) => (true, KeyAlgorithm::EdDSA),
        _ => return false,
    };
    let is_for_signing = matches!(
        key.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    is_sort && is_for_signing && key.common.key_algorithm.is_none_or(|own| own == named)
}

fn rules(issuer: &Issuer, alg: Algorithm) -> Validation {
    let mut rules = Validation::new(alg);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_issuer(&[&issuer.url]);
    rules.set_audience(&[&issuer.audience]);
    rules.required_spec_claims = HashSet::from(["exp", "iss", "aud"].map(str::to_owned));
    rules
}

impl Issuer {
    fn caller(&self, claims: &Map<String, Value>) -> Result<Caller, String> {
        Ok(Caller {
            tenant: self.tenant_of(claims)?,
            principal: self.principal_of(claims)?,
            role: self.role_of(claims).ok_or("no claim gives it a role")?,
            tools: Arc::from([]),
            request: None,
        })
    }

    /// A claim that is there and is no tenant's name is not as good as none.
    fn tenant_of(&self, claims: &Map<String, Value>) -> Result<TenantId, String> {
        let claim = self.tenant_claim.as_ref().and_then(|name| claims.get(name));
        let Some(claim) = claim else {
            return self
                .tenant
                .clone()
                .ok_or_else(|| "no claim names its tenant".to_owned());
        };
        let named = claim.as_str().and_then(|name| name.parse().ok());
        named.ok_or_else(|| "its tenant has no name a tenant can have".to_owned())
    }

    fn role_of(&self, claims: &Map<String, Value>) -> Option<Role> {
        let claim = self.role_claim.as_ref().and_then(|name| claims.get(name));
        let texts = match claim {
            Some(Value::Array(texts)) => texts.as_slice(),
            Some(text) => std::slice::from_ref(text),
            None => &[],
        };
        let counts = |role: &Role| {
            let mut told = texts.iter().filter_map(Value::as_str);
            told.any(|text| self.roles.get(text) == Some(role))
        };
        Role::ALL.into_iter().find(counts).or(self.role)
    }

    /// `user/SUBJECT@ISSUER`. A subject that does not fit is told by its digest, and so is one that looks like a digest.
    fn principal_of(&self, claims: &Map<String, Value>) -> Result<PrincipalId, String> {
        let subject = claims.get(&self.principal_claim).and_then(Value::as_str);
        let subject = subject.filter(|subject| !subject.is_empty());
        let subject = subject.ok_or("it does not say who it is")?;
        let host = self
            .url
            .split_once("://")
            .map_or(self.url.as_str(), |(_, host)| host);
        let host = host.trim_end_matches('/');
        let as_is = format!("user/{subject}@{host}").parse();
        match as_is.ok().filter(|_| !subject.starts_with("sha256:")) {
            Some(principal) => Ok(principal),
            None => {
                let digest = Digest::of(subject.as_bytes());
                let told = format!("user/{digest}@{host}").parse();
                told.map_err(|_| "its issuer's name is too long".to_owned())
            }
        }
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
