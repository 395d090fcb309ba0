//! Step 5, for requests that change something: the key by which a service knows a repeated one again.
//!
//! A call that carries an idempotency key ([`Call::idempotency_key`]) may be made twice, because its host died before its end was
//! written down. So each of its requests that is no `GET`, `HEAD` or `OPTIONS` carries an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header), and the call made again sends the same ones: a service that keeps to the draft
//! answers them with what it answered first.
//!
//! A request's key is a hash of the call's key, tenant, skill and tool, of the request's method and address without
//! its query, and of how many requests of that method and address came before it in the call. So it tells nobody what the
//! call's key is, no other call and no other service gets it, and a second attempt that leaves one step out still sends the
//! others under their own keys. What a key does not know is the body: two requests to one address that change places change keys.
//!
//! The header is the host's: what a skill says in it is replaced. A call without a key sends what the skill says. Requests
//! for tokens, which are the host's own errands, carry none.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use metier_core::{
    Call, Digest,
    http::{CanonicalUrl, Method},
};

/// The header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Begins what is hashed; another number would make other keys, and repeated calls would be taken for new ones.
const DERIVATION: &str = "metier/idempotency-key/1";

/// Methods that change nothing (RFC 9110, section 9.2.1).
const SAFE: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// The keys of one call's requests.
pub struct RequestKeys {
    call: Digest,
    /// How often each method and address was asked for; as many as a call may send requests.
    asked: Mutex<HashMap<(Method, String), u32>>,
}

impl RequestKeys {
    /// For a call that carries a key.
    pub fn of(call: &Call) -> Option<Self> {
        let key = call.idempotency_key.as_deref()?;
        let digest = call.skill.to_hex();
        let parts = [
            DERIVATION,
            call.tenant.as_str(),
            &digest,
            call.tool.as_str(),
            key,
        ];
        Some(RequestKeys {
            call: hash(&parts),
            asked: Mutex::default(),
        })
    }

    /// The key of the next request of this method to this address; none when it changes nothing.
    pub fn next(&self, method: &Method, url: &CanonicalUrl) -> Option<HeaderValue> {
        if SAFE.contains(&method.as_str()) {
            return None;
        }
        let address = url.without_query();
        let before = self.count(method, address);
        let call = self.call.to_hex();
        let hash = hash(&[&call, method.as_str(), address, &before.to_string()]);
        HeaderValue::from_str(&format!("\"{}\"", uuid(&hash))).ok()
    }

    fn count(&self, method: &Method, address: &str) -> u32 {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let place = asked
            .entry((method.clone(), address.to_owned()))
            .or_default();
        let before = *place;
        *place = place.saturating_add(1);
        before
    }
}

/// Puts a key on a request, in place of whatever the skill put there under any spelling that some server reads as the same.
pub fn attach(headers: &mut HeaderMap, key: HeaderValue) {
    let same = |name: &&HeaderName| name.as_str().replace('_', "-") == IDEMPOTENCY_KEY.as_str();
    let forged: Vec<HeaderName> = headers.keys().filter(same).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    headers.insert(IDEMPOTENCY_KEY, key);
}

/// Of texts, each behind its length: no two lists make the same bytes.
fn hash(parts: &[&str]) -> Digest {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    Digest::of(&bytes)
}

/// A UUID of version 8 (RFC 9562): the form services expect a key to have.
fn uuid(hash: &Digest) -> String {
    let mut hex = hash.to_hex();
    hex.truncate(32);
    let variant = match hash.as_bytes()[8] >> 4 & 3 {
        0 => '8',
        1 => '9',
        2 => 'a',
        _ => 'b',
    };
    let [a, b, c, d, e] = [
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..],
    ];
    format!("{a}-{b}-8{c}-{variant}{d}-{e}")
}
