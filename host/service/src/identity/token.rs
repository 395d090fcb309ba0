//! Bearer tokens of other issuers: JWTs of an OpenID provider, RFC 7519 and RFC 9068.
//!
//! An operator names each [`Issuer`] it trusts, with the audience its tokens are for and which claims say the tenant and the role. A
//! token opens when its signature is by one of the issuer's keys and by an algorithm that the issuer is told to use; when issuer and
//! audience are exactly those; and when it is neither over nor too early, with a minute of leeway. Everything else has the one answer
//! `unauthenticated`; the host's log says why.
//!
//! Keys are fetched when they are first needed, and again for a `kid` that is not known, at most once a minute: so keys that are rotated
//! are taken up, and made-up ids cause no flood. Once an hour they are fetched anew while the old ones go on opening, so that a key its
//! issuer took back opens nothing an hour later; those that could not be fetched for a day open nothing. Whoever needs keys that are being
//! fetched waits for the one fetch, which goes on when its client does not.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use metier_core::Fault;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

pub use super::issuer::{ALGORITHMS, Issuer, SigningAlgorithm, is_this_machine, safe_url};
use super::{Caller, refused};

/// Largest token, in bytes: more than any header line of a usual proxy lets pass.
pub const MAX_TOKEN: usize = 8 << 10;

/// Largest set of keys, in bytes.
pub const MAX_KEY_SET: usize = 256 << 10;

/// Most keys of an issuer; the rest are not looked at.
const MAX_KEYS: usize = 64;

/// Least time between two fetches of an issuer's keys, in milliseconds.
pub const FETCH_PACE: u64 = 60_000;

/// The same after a fetch that failed.
pub const RETRY_PACE: u64 = 10_000;

/// Keys that old are fetched anew, in milliseconds.
pub const REFRESH_AFTER: u64 = 60 * 60 * 1000;

/// Keys that old open nothing, in milliseconds: an issuer that is away may have taken them back.
pub const KEPT_FOR: u64 = 24 * 60 * 60 * 1000;

/// How far two clocks may be apart, in seconds.
const LEEWAY: u64 = 60;

/// Where an issuer's keys come from.
pub trait KeySource: Send + Sync {
    /// The JSON text of its key set, RFC 7517.
    fn fetch<'a>(&'a self, issuer: &'a Issuer) -> BoxFuture<'a, Result<Vec<u8>, String>>;
}

/// Milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// All issuers whose tokens open.
pub struct Tokens {
    issuers: Vec<Arc<Trusted>>,
    source: Arc<dyn KeySource>,
    clock: Clock,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims {
    /// Who says so.
    pub issuer: String,
    /// What.
    pub claims: Map<String, Value>,
}

struct Trusted {
    issuer: Issuer,
    known: RwLock<Arc<Known>>,
    /// Held while keys are fetched.
    tried: Mutex<Tried>,
}

/// The keys of an issuer.
#[derive(Default)]
struct Known {
    keys: Vec<Jwk>,
    /// When they were fetched.
    at: u64,
}

/// The last fetch.
#[derive(Default)]
struct Tried {
    /// From when there may be another.
    next: u64,
}

impl Tokens {
    /// Tokens of these issuers. `clock` paces fetches.
    pub fn new(issuers: Vec<Issuer>, source: Arc<dyn KeySource>, clock: Clock) -> Tokens {
        let trusted = |issuer| {
            Arc::new(Trusted {
                issuer,
                known: RwLock::default(),
                tried: Mutex::default(),
            })
        };
        Tokens {
            issuers: issuers.into_iter().map(trusted).collect(),
            source,
            clock,
        }
    }

    /// The issuers, as their tokens name them.
    pub fn issuers(&self) -> impl Iterator<Item = &str> {
        self.issuers
            .iter()
            .map(|trusted| trusted.issuer.url.as_str())
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

    /// What a token says that opens, whatever it is worth here. It may be for this audience as well as for those of its issuer.
    ///
    /// # Errors
    /// Why it does not open, in words for a log: they tell a stranger more than that it does not.
    pub async fn claims(&self, token: &str, audience: &str) -> Result<Claims, String> {
        let (trusted, claims) = self.opened(token, Some(audience)).await?;
        let issuer = trusted.issuer.url.clone();
        Ok(Claims { issuer, claims })
    }

    async fn read(&self, token: &str) -> Result<Caller, String> {
        let (trusted, claims) = self.opened(token, None).await?;
        trusted.issuer.caller(&claims)
    }

    async fn opened(
        &self,
        token: &str,
        audience: Option<&str>,
    ) -> Result<(&Arc<Trusted>, Map<String, Value>), String> {
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
        let mut allowed = trusted.issuer.algorithms.iter();
        if !allowed.any(|algorithm| algorithm.is(header.alg)) {
            return Err("its issuer does not sign by its algorithm".to_owned());
        }
        let key = self.key(trusted, &header).await?;
        let key = DecodingKey::from_jwk(&key).map_err(|error| error.to_string())?;
        let rules = rules(&trusted.issuer, audience, header.alg);
        let read = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &rules);
        let read = read.map_err(|error| error.to_string())?;
        Ok((trusted, read.claims))
    }

    /// The key that the header means, after a fetch where it is not known.
    async fn key(&self, trusted: &Arc<Trusted>, header: &Header) -> Result<Jwk, String> {
        let now = (self.clock)();
        let known = trusted.known();
        if let Some(key) = known.chosen(header, now) {
            if known.age(now) >= REFRESH_AFTER && trusted.may_be_tried(now) {
                drop(tokio::spawn(self.fetched(trusted, known)));
            }
            return Ok(key);
        }
        if trusted.may_be_tried(now) {
            // In a task of its own: whoever goes away does not end what others wait for.
            drop(tokio::spawn(self.fetched(trusted, known)).await);
        }
        let found = trusted.known().chosen(header, now);
        found.ok_or_else(|| "none of its issuer's keys fits".to_owned())
    }

    /// Fetches the keys, unless somebody else was quicker or it is too early.
    fn fetched(
        &self,
        trusted: &Arc<Trusted>,
        before: Arc<Known>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (trusted, source, clock) = (trusted.clone(), self.source.clone(), self.clock.clone());
        async move {
            let mut tried = trusted.tried.lock().await;
            let now = clock();
            if !Arc::ptr_eq(&before, &trusted.known()) || now < tried.next {
                return;
            }
            let keys = source.fetch(&trusted.issuer).await;
            let pace = match keys.and_then(|bytes| key_set(&bytes)) {
                Ok(keys) => {
                    trusted.learn(Known { keys, at: now });
                    FETCH_PACE
                }
                Err(error) => {
                    tracing::warn!(issuer = trusted.issuer.url, error, "keys cannot be fetched");
                    RETRY_PACE
                }
            };
            tried.next = now.saturating_add(pace);
        }
    }
}

impl Trusted {
    fn known(&self) -> Arc<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    fn learn(&self, known: Known) {
        let mut held = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *held = Arc::new(known);
    }

    /// Whether keys are being fetched, or may be.
    fn may_be_tried(&self, now: u64) -> bool {
        self.tried
            .try_lock()
            .map_or(true, |tried| now >= tried.next)
    }
}

impl Known {
    fn age(&self, now: u64) -> u64 {
        now.saturating_sub(self.at)
    }

    fn chosen(&self, header: &Header, now: u64) -> Option<Jwk> {
        let keys = (self.age(now) < KEPT_FOR).then_some(&self.keys)?;
        chosen(keys, header)
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

/// A key checks signatures by algorithms of its own sort, and by the one it says it is for. Of symmetric ones there are none here, so
/// no public key is taken for a secret.
fn fits(key: &Jwk, alg: Algorithm) -> bool {
    use jsonwebtoken::jwk::AlgorithmParameters as Is;
    let is_sort = match (&key.algorithm, alg) {
        (
            Is::RSA(_),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => true,
        (Is::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (Is::EllipticCurve(key), Algorithm::ES384) => key.curve == EllipticCurve::P384,
        (Is::OctetKeyPair(_), Algorithm::EdDSA) => true,
        _ => false,
    };
    let is_for_signing = matches!(
        key.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let is_its_own = |own: KeyAlgorithm| own.to_string() == format!("{alg:?}");
    is_sort && is_for_signing && key.common.key_algorithm.is_none_or(is_its_own)
}

fn rules(issuer: &Issuer, audience: Option<&str>, alg: Algorithm) -> Validation {
    let mut rules = Validation::new(alg);
    rules.leeway = LEEWAY;
    rules.validate_nbf = true;
    rules.set_issuer(&[&issuer.url]);
    let audiences = issuer.audiences.iter().map(String::as_str);
    let audiences: Vec<&str> = audiences.chain(audience).collect();
    rules.set_audience(&audiences);
    rules.required_spec_claims = HashSet::from(["exp", "iss", "aud"].map(str::to_owned));
    rules
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
