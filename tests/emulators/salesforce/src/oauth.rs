//! The token endpoint: JWT bearer, client credentials, refresh token, and password.
//!
//! JWT bearer is verified for real: RS256 against the key registered for the client, `aud`, an
//! expiry at most five minutes away and a known user. As at Salesforce, an answer has no
//! `expires_in`; a client only learns that a token has expired from a 401.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Value as Json, json};

use crate::id;
use crate::random::Random;

/// How far away the expiry of an assertion may be, in seconds; Salesforce's own.
const MAX_ASSERTION_SECONDS: i64 = 300;

/// The grant type of a JWT bearer request.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A connected app.
#[derive(Clone, Debug)]
pub struct Client {
    /// The consumer key.
    pub id: String,
    /// The consumer secret.
    pub secret: String,
    /// The key assertions are verified with, as PEM; none refuses JWT bearer.
    pub public_key_pem: Option<String>,
    /// The refresh token it holds, if it holds one.
    pub refresh_token: Option<String>,
}

impl Client {
    /// A client with a fresh 2048-bit RSA key; also answers the private key as PKCS#8 PEM.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn generate(id: &str) -> anyhow::Result<(Self, String)> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).context("no RSA key")?;
        let client = Self {
            id: id.to_owned(),
            secret: format!("{id}-secret"),
            public_key_pem: Some(key.public_key_pem()),
            refresh_token: Some(format!("5Aep861-{id}-refresh")),
        };
        Ok((client, key.serialize_pem()))
    }
}

/// A refusal, in OAuth's shape.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {description}")]
pub struct OAuthError {
    /// The `error`.
    pub error: &'static str,
    /// The `error_description`.
    pub description: &'static str,
}

const fn refused(error: &'static str, description: &'static str) -> OAuthError {
    OAuthError { error, description }
}

/// What the token endpoint knows.
#[derive(Debug)]
pub struct Authority {
    /// The connected apps.
    pub clients: Vec<Client>,
    /// The usernames; the first is who client credentials and refresh tokens stand for.
    pub users: Vec<String>,
    /// The audiences an assertion may have.
    pub audiences: Vec<String>,
    /// Where the API is, in answers.
    pub instance_url: String,
    /// How long a token is good for, in seconds.
    pub token_seconds: i64,
    /// The tokens given out.
    pub book: TokenBook,
}

impl Authority {
    /// Answer a token request. `basic` is the client id and secret from the header, if they came
    /// that way.
    ///
    /// # Errors
    /// With OAuth's code and Salesforce's words.
    pub fn token(
        &self,
        form: &HashMap<String, String>,
        basic: Option<(String, String)>,
        now: i64,
    ) -> Result<Json, OAuthError> {
        let get = |name: &str| form.get(name).map_or("", String::as_str);
        match get("grant_type") {
            JWT_BEARER => {
                let user = self.assertion(get("assertion"), now)?;
                Ok(self.grant(&user, now))
            }
            "client_credentials" => {
                self.client(form, basic)?;
                Ok(self.grant(self.first_user(), now))
            }
            "refresh_token" => {
                let client = self.client(form, basic)?;
                if client.refresh_token.as_deref() != Some(get("refresh_token")) {
                    return Err(refused("invalid_grant", "expired access/refresh token"));
                }
                Ok(self.grant(self.first_user(), now))
            }
            "password" => {
                self.client(form, basic)?;
                let known = self.users.iter().any(|user| user == get("username"));
                if !known || get("password").is_empty() {
                    return Err(refused("invalid_grant", "authentication failure"));
                }
                Ok(self.grant(get("username"), now))
            }
            _ => Err(refused(
                "unsupported_grant_type",
                "grant type not supported",
            )),
        }
    }

    fn first_user(&self) -> &str {
        self.users.first().map_or("", String::as_str)
    }

    /// The client of a request that must know its secret.
    fn client(
        &self,
        form: &HashMap<String, String>,
        basic: Option<(String, String)>,
    ) -> Result<&Client, OAuthError> {
        let field = |name: &str| form.get(name).cloned().unwrap_or_default();
        let (id, secret) = basic.unwrap_or_else(|| (field("client_id"), field("client_secret")));
        let client = self.find(&id)?;
        if client.secret == secret {
            Ok(client)
        } else {
            Err(refused("invalid_client", "invalid client credentials"))
        }
    }

    fn find(&self, id: &str) -> Result<&Client, OAuthError> {
        let found = self.clients.iter().find(|client| client.id == id);
        found.ok_or_else(|| refused("invalid_client_id", "client identifier invalid"))
    }

    /// The user an assertion stands for.
    fn assertion(&self, assertion: &str, now: i64) -> Result<String, OAuthError> {
        let bad = || refused("invalid_grant", "invalid assertion");
        let (signed, signature) = assertion.rsplit_once('.').ok_or_else(bad)?;
        let header = jsonwebtoken::decode_header(assertion).map_err(|_| bad())?;
        let claims = claims(signed).ok_or_else(bad)?;
        let text = |name: &str| claims.get(name).and_then(Json::as_str).unwrap_or_default();
        let client = self.find(text("iss"))?;
        let pem = client.public_key_pem.as_deref().ok_or_else(bad)?;
        let key = DecodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| bad())?;
        // The key decides the algorithm, never the header.
        let verified = header.alg == Algorithm::RS256
            && jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &key, Algorithm::RS256)
                .unwrap_or(false);
        if !verified {
            return Err(bad());
        }
        if !self
            .audiences
            .iter()
            .any(|audience| audience == text("aud").trim_end_matches('/'))
        {
            return Err(refused("invalid_grant", "audience is invalid"));
        }
        let expires = expiry(&claims).ok_or_else(bad)?;
        if expires <= now {
            return Err(refused("invalid_grant", "assertion has expired"));
        }
        if expires > now + MAX_ASSERTION_SECONDS {
            return Err(refused(
                "invalid_grant",
                "assertion expires too far in the future",
            ));
        }
        let user = self.users.iter().find(|user| *user == text("sub"));
        user.cloned()
            .ok_or_else(|| refused("invalid_grant", "user hasn't approved this consumer"))
    }

    fn grant(&self, user: &str, now: i64) -> Json {
        let number = self
            .users
            .iter()
            .position(|known| known == user)
            .map_or(1, |at| at + 1);
        let user_id = id::make("005", u64::try_from(number).unwrap_or(1));
        let identity = format!("{}/id/{}/{user_id}", self.instance_url, id::make("00D", 1));
        let issued_at = format!("{}", now * 1_000);
        // Nobody can check this one without the secret, and no client does.
        let signature = STANDARD.encode(format!("{identity}{issued_at}"));
        json!({
            "access_token": self.book.issue(now + self.token_seconds),
            "scope": "api",
            "instance_url": self.instance_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
            "signature": signature,
        })
    }
}

fn claims(signed: &str) -> Option<Json> {
    let (_, payload) = signed.split_once('.')?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// `exp` as a number, or as the string of digits `simple-salesforce` sends.
fn expiry(claims: &Json) -> Option<i64> {
    let exp = claims.get("exp")?;
    exp.as_i64().or_else(|| exp.as_str()?.parse().ok())
}

/// The access tokens in force.
#[derive(Debug)]
pub struct TokenBook(Mutex<Book>);

#[derive(Debug)]
struct Book {
    random: Random,
    expiries: HashMap<String, i64>,
}

impl TokenBook {
    /// An empty book; tokens follow from the seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(Book {
            random: Random::new(seed ^ 0x70_6b_65_6e),
            expiries: HashMap::new(),
        }))
    }

    /// Give out a token that is good before `expires`.
    pub fn issue(&self, expires: i64) -> String {
        let mut book = self.lock();
        let token = format!(
            "{}!AQ{:016x}{:016x}",
            &id::make("00D", 1)[..15],
            book.random.bits(),
            book.random.bits()
        );
        book.expiries.insert(token.clone(), expires);
        token
    }

    /// Whether a token is good at `now`.
    #[must_use]
    pub fn accepts(&self, token: &str, now: i64) -> bool {
        self.lock()
            .expiries
            .get(token)
            .is_some_and(|expires| now < *expires)
    }

    /// Take one token back; answers whether it was known.
    pub fn revoke(&self, token: &str) -> bool {
        self.lock().expiries.remove(token).is_some()
    }

    /// Take every token back.
    pub fn revoke_all(&self) {
        self.lock().expiries.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
