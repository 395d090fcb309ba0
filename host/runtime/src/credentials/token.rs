//! The forms issuers are sent and the tokens they answer with (RFC 6749).

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use zeroize::Zeroizing;

use super::Secret;

/// The life of a token whose issuer does not say (Salesforce does not): shorter than any session we know.
const UNSAID_LIFE: Duration = Duration::from_secs(15 * 60);

/// No token is believed to live longer than this.
const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A token is renewed this long before its end, or at three quarters of a shorter life.
const EARLY: Duration = Duration::from_secs(60);

/// Longest access or refresh token, in bytes: it has to fit a header.
const MAX_TOKEN_BYTES: usize = 16 << 10;

/// A form that is wiped.
pub struct Form(pub Zeroizing<String>);

impl Form {
    pub fn of(name: &str, value: &str) -> Self {
        Form(Zeroizing::new(String::with_capacity(4 << 10))).and(name, Some(value))
    }

    pub fn and(mut self, name: &str, value: Option<&str>) -> Self {
        let Some(value) = value else { return self };
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.0
            .extend(url::form_urlencoded::byte_serialize(value.as_bytes()));
        self
    }
}

/// What an issuer grants.
pub struct Token {
    pub access: Secret,
    pub refresh: Option<Secret>,
    pub life: Option<Duration>,
}

impl Token {
    /// RFC 6749, section 5.1. `expires_in` comes as a number or, from some issuers, as a text.
    pub fn read(body: &[u8]) -> Option<Token> {
        let mut fields: BTreeMap<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
        let bearer = match fields.get("token_type") {
            None => true,
            Some(kind) => kind.as_str()?.eq_ignore_ascii_case("bearer"),
        };
        let life = fields
            .get("expires_in")
            .and_then(|life| life.as_u64().or_else(|| life.as_str()?.parse().ok()));
        let mut token = |name: &str| match fields.remove(name) {
            Some(serde_json::Value::String(text))
                if (1..=MAX_TOKEN_BYTES).contains(&text.len()) =>
            {
                Some(Secret::new(text))
            }
            _ => None,
        };
        let (access, refresh) = (token("access_token")?, token("refresh_token"));
        bearer.then_some(Token {
            access,
            refresh,
            life: life.map(Duration::from_secs),
        })
    }
}

/// When a token is renewed and until when it is good.
pub fn life(now: SystemTime, said: Option<Duration>) -> (SystemTime, SystemTime) {
    let life = said.unwrap_or(UNSAID_LIFE).min(MAX_LIFE);
    let early = EARLY.min(life / 4);
    (now + (life - early), now + life)
}

/// The `error` of an answer, when it is one of the words such answers use.
pub fn error_code(body: &[u8]) -> Option<String> {
    const WORDS: [&str; 9] = [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "access_denied",
        "server_error",
        "temporarily_unavailable",
    ];
    let fields: BTreeMap<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
    let said = fields.get("error")?.as_str()?;
    WORDS
        .iter()
        .find(|word| **word == said)
        .map(|word| (*word).to_owned())
}
