//! Who signs what comes in, and how it is found out.
//!
//! | scheme | signed | headers |
//! |---|---|---|
//! | `standard` | id, time, body | `webhook-id`, `webhook-timestamp`, `webhook-signature` ([Standard Webhooks](https://www.standardwebhooks.com)) |
//! | `github` | body | `x-hub-signature-256`, `x-github-delivery` |
//! | `slack` | time, body | `x-slack-request-timestamp`, `x-slack-signature` |
//! | `stripe` | time, body | `stripe-signature` |
//!
//! All of them are HMAC-SHA256, compared in constant time. A time may be five minutes off, either way. A header that comes twice is none.

use aws_lc_rs::{constant_time, digest, hmac};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::secret::{self, BASE64};
use base64::Engine;

/// How far the signer's clock may be off, in seconds; also for how long a message can be sent again.
pub const TOLERANCE: u64 = 300;

/// Most signatures of one message that are looked at: two secrets at once are two.
const MAX_SIGNATURES: usize = 8;

/// Longest id of a message, in bytes.
const MAX_ID: usize = 128;

/// How what comes in is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Standard Webhooks, `v1`.
    Standard,
    /// GitHub's.
    Github,
    /// Slack's, `v0`.
    Slack,
    /// Stripe's, `v1`.
    Stripe,
}

impl Scheme {
    /// The key in a secret's text.
    pub fn key(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Scheme::Standard => secret::standard(text),
            Scheme::Github | Scheme::Slack | Scheme::Stripe => Some(text.as_bytes().to_vec()),
        }
    }

    /// The scheme whose headers are there.
    pub fn guessed(headers: &HeaderMap) -> Scheme {
        if headers.contains_key("x-hub-signature-256") {
            Scheme::Github
        } else if headers.contains_key("x-slack-signature") {
            Scheme::Slack
        } else if headers.contains_key("stripe-signature") {
            Scheme::Stripe
        } else {
            Scheme::Standard
        }
    }
}

/// Why a message is nobody's. For the audit; whoever sent it is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// A header is not there.
    Absent,
    /// A header is there twice.
    Twice,
    /// A header cannot be read.
    Malformed,
    /// The time is too far from ours.
    Skewed,
    /// No secret of ours made the signature.
    Forged,
}

impl Unsigned {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unsigned::Absent => "absent",
            Unsigned::Twice => "twice",
            Unsigned::Malformed => "malformed",
            Unsigned::Skewed => "skewed",
            Unsigned::Forged => "forged",
        }
    }
}

/// A message that came.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body, as it came.
    pub body: &'a [u8],
}

/// Finds out whether one of the keys signed a message, at `now` in seconds since 1970. What it is known by, where its signer says so.
///
/// # Errors
/// [`Unsigned`].
pub fn check(
    scheme: Scheme,
    keys: &[Vec<u8>],
    message: Message<'_>,
    now: u64,
) -> Result<Option<String>, Unsigned> {
    match scheme {
        Scheme::Standard => standard(keys, message, now).map(Some),
        Scheme::Github => github(keys, message).map(Some),
        Scheme::Slack => slack(keys, message, now).map(|()| None),
        Scheme::Stripe => stripe(keys, message, now).map(|()| None),
    }
}

/// What a message is known by: what its signer calls it, what its body calls itself, or else what it is.
pub fn delivery(
    scheme: Scheme,
    told: Option<String>,
    message: Message<'_>,
    body: &Value,
) -> String {
    let named = match scheme {
        Scheme::Slack => body.get("event_id"),
        Scheme::Stripe => body.get("id"),
        Scheme::Standard | Scheme::Github => None,
    };
    let named = named.and_then(Value::as_str).filter(|id| is_id(id));
    told.or_else(|| named.map(str::to_owned))
        .unwrap_or_else(|| fingerprint(scheme, message))
}

/// Of the body, and of the time it was sent at where that is signed, too: what is not signed makes no message another one.
fn fingerprint(scheme: Scheme, message: Message<'_>) -> String {
    let time = match scheme {
        Scheme::Slack => message.headers.get("x-slack-request-timestamp"),
        Scheme::Standard | Scheme::Github | Scheme::Stripe => None,
    };
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(time.map_or(b"", |time| time.as_bytes()));
    context.update(b"\n");
    context.update(message.body);
    hex(context.finish().as_ref())
}

fn standard(keys: &[Vec<u8>], message: Message<'_>, now: u64) -> Result<String, Unsigned> {
    let id = one(message.headers, "webhook-id")?;
    let time = one(message.headers, "webhook-timestamp")?;
    let signatures = one(message.headers, "webhook-signature")?;
    // A full stop ends the id in what is signed.
    if !is_id(id) || id.contains('.') {
        return Err(Unsigned::Malformed);
    }
    near(time, now)?;
    let parts = [id.as_bytes(), b".", time.as_bytes(), b".", message.body];
    let told = signatures.split(' ').filter_map(|signature| {
        let text = signature.strip_prefix("v1,")?;
        BASE64.decode(text).ok()
    });
    signed(keys, &parts, told).map(|()| id.to_owned())
}

fn github(keys: &[Vec<u8>], message: Message<'_>) -> Result<String, Unsigned> {
    let signature = one(message.headers, "x-hub-signature-256")?;
    let id = one(message.headers, "x-github-delivery")?;
    if !is_id(id) {
        return Err(Unsigned::Malformed);
    }
    let told = signature.strip_prefix("sha256=").and_then(unhex);
    signed(keys, &[message.body], told.into_iter()).map(|()| id.to_owned())
}

fn slack(keys: &[Vec<u8>], message: Message<'_>, now: u64) -> Result<(), Unsigned> {
    let time = one(message.headers, "x-slack-request-timestamp")?;
    let signature = one(message.headers, "x-slack-signature")?;
    near(time, now)?;
    let told = signature.strip_prefix("v0=").and_then(unhex);
    let parts = [b"v0:", time.as_bytes(), b":", message.body];
    signed(keys, &parts, told.into_iter())
}

fn stripe(keys: &[Vec<u8>], message: Message<'_>, now: u64) -> Result<(), Unsigned> {
    let header = one(message.headers, "stripe-signature")?;
    let pairs = header
        .split(',')
        .filter_map(|pair| pair.trim().split_once('='));
    let mut times = pairs.clone().filter(|(key, _)| *key == "t");
    let time = match (times.next(), times.next()) {
        (Some((_, time)), None) => time,
        (None, _) => return Err(Unsigned::Malformed),
        (Some(_), Some(_)) => return Err(Unsigned::Twice),
    };
    near(time, now)?;
    let told = pairs
        .filter(|(key, _)| *key == "v1")
        .filter_map(|(_, text)| unhex(text));
    signed(keys, &[time.as_bytes(), b".", message.body], told)
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Unsigned> {
    let mut all = headers.get_all(name).iter();
    let (first, second) = (all.next(), all.next());
    if second.is_some() {
        return Err(Unsigned::Twice);
    }
    let text = first.ok_or(Unsigned::Absent)?.to_str();
    text.map_err(|_| Unsigned::Malformed)
}

fn near(time: &str, now: u64) -> Result<(), Unsigned> {
    let is_plain = (1..=12).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
    let told: Option<u64> = is_plain.then(|| time.parse().ok()).flatten();
    match told.ok_or(Unsigned::Malformed)?.abs_diff(now) <= TOLERANCE {
        true => Ok(()),
        false => Err(Unsigned::Skewed),
    }
}

fn signed(
    keys: &[Vec<u8>],
    parts: &[&[u8]],
    told: impl Iterator<Item = Vec<u8>>,
) -> Result<(), Unsigned> {
    let ours: Vec<hmac::Tag> = keys.iter().map(|key| tag(key, parts)).collect();
    let is_ours = |told: &[u8]| {
        let same = |tag: &hmac::Tag| constant_time::verify_slices_are_equal(tag.as_ref(), told);
        ours.iter().any(|tag| same(tag).is_ok())
    };
    match told.take(MAX_SIGNATURES).any(|told| is_ours(&told)) {
        true => Ok(()),
        false => Err(Unsigned::Forged),
    }
}

/// The authentication code of what parts are together.
pub fn tag(key: &[u8], parts: &[&[u8]]) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(part);
    }
    context.sign()
}

fn is_id(text: &str) -> bool {
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}

#[cfg(test)]
mod tests;
