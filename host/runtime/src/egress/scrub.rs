//! Blots a secret out of what comes back, however the bytes are cut up.
//!
//! An upstream may echo the credential it was sent: in an error page, a debug header, a redirect. [`Echoes`] knows the
//! forms a secret takes on the wire (as it is, Base64 at any alignment, percent-encoded, JSON-escaped); a [`Scrubber`]
//! replaces each by as many `*`, so that lengths stay true. Only the bytes that may be the beginning of an echo are
//! held back until the next ones arrive: a stream of events is not delayed.
//!
//! This stands against accidents, not against an upstream that conspires with the skill: it can spell a secret backwards.

use std::sync::Arc;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use memchr::{memchr_iter, memmem};
use zeroize::{Zeroize, Zeroizing};

use crate::credentials::Secret;

/// Forms shorter than this, in bytes, are not looked for: they would blot out ordinary text and are no secrets.
const MIN_ECHO_BYTES: usize = 4;

/// What RFC 3986 never needs encoded.
const UNRESERVED: &[u8] = b"-._~";
/// What JavaScript's `encodeURIComponent` leaves alone.
const URI_COMPONENT: &[u8] = b"-._~!'()*";
/// What `application/x-www-form-urlencoded` leaves alone.
const FORM: &[u8] = b"-._*";

/// The forms of the secrets of one credential, ready to be looked for. No `Debug`: it is made of secrets.
#[derive(Default)]
pub struct Echoes {
    forms: Vec<Zeroizing<Vec<u8>>>,
}

impl Echoes {
    /// Prepares every form of every secret.
    pub fn of<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut echoes = Echoes::default();
        for secret in secrets {
            echoes.add(secret.expose());
        }
        echoes
    }

    fn add(&mut self, secret: &str) {
        self.push(secret.as_bytes().to_vec());
        for alignment in 0..3 {
            self.push(base64_core(&STANDARD_NO_PAD, secret, alignment));
            self.push(base64_core(&URL_SAFE_NO_PAD, secret, alignment));
        }
        for keep in [UNRESERVED, URI_COMPONENT, FORM] {
            let encoded = percent_encoded(secret, keep);
            self.push(encoded.replace("%20", "+").into_bytes());
            self.push(lower_hex(&encoded).into_bytes());
            self.push(encoded.into_bytes());
        }
        self.push(json_escaped(secret));
    }

    fn push(&mut self, form: Vec<u8>) {
        let form = Zeroizing::new(form);
        if form.len() >= MIN_ECHO_BYTES && !self.forms.contains(&form) {
            self.forms.push(form);
        }
    }

    /// Where echoes lie in `text`; they may overlap.
    fn find(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for form in &self.forms {
            let finder = memmem::Finder::new(form.as_slice());
            let mut from = 0;
            while let Some(at) = text.get(from..).and_then(|rest| finder.find(rest)) {
                found.push((from + at, from + at + form.len()));
                from += at + 1;
            }
        }
        found
    }

    /// How many bytes at the end of `text` could be the beginning of an echo.
    fn unfinished(&self, text: &[u8]) -> usize {
        self.forms
            .iter()
            .map(|form| unfinished(form, text))
            .max()
            .unwrap_or(0)
    }

    /// Blots echoes out of every header value.
    pub fn scrub_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            let found = self.find(value.as_bytes());
            if found.is_empty() {
                continue;
            }
            let mut clean = value.as_bytes().to_vec();
            blot(&mut clean, &found);
            *value =
                HeaderValue::from_bytes(&clean).unwrap_or_else(|_| HeaderValue::from_static("***"));
        }
    }
}

/// The length of the longest suffix of `text` that is a beginning of `form`, but not all of it.
fn unfinished(form: &[u8], text: &[u8]) -> usize {
    let Some(&first) = form.first() else { return 0 };
    let tail = &text[text.len().saturating_sub(form.len() - 1)..];
    let start = memchr_iter(first, tail).find(|&at| form.starts_with(&tail[at..]));
    start.map_or(0, |at| tail.len() - at)
}

/// The characters of the Base64 of anything that holds `secret` at this offset modulo 3 which depend on it alone.
fn base64_core(engine: &impl Engine, secret: &str, alignment: usize) -> Vec<u8> {
    let padded = Zeroizing::new([&[0_u8; 2][..alignment], secret.as_bytes()].concat());
    let encoded = Zeroizing::new(engine.encode(&*padded));
    let skip = alignment + usize::from(alignment > 0);
    let whole = padded.len() * 8 / 6;
    encoded
        .as_bytes()
        .get(skip..whole)
        .unwrap_or_default()
        .to_vec()
}

/// Percent-encoded, but for letters, digits and `keep`.
fn percent_encoded(secret: &str, keep: &[u8]) -> String {
    let mut encoded = String::with_capacity(secret.len() * 3);
    for byte in secret.bytes() {
        if byte.is_ascii_alphanumeric() || keep.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// `%2F` as `%2f`; everything else as it is.
fn lower_hex(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (hex, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.push('%');
        lower.push_str(&hex.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}

/// As it stands between the quotes of a JSON text.
fn json_escaped(secret: &str) -> Vec<u8> {
    let mut quoted = serde_json::to_vec(secret).unwrap_or_default();
    quoted.pop();
    quoted.drain(..quoted.len().min(1));
    quoted
}

fn blot(text: &mut [u8], found: &[(usize, usize)]) {
    for &(start, end) in found {
        let end = end.min(text.len());
        if let Some(echo) = text.get_mut(start..end) {
            echo.fill(b'*');
        }
    }
}

/// Scrubs one body, piece by piece.
pub struct Scrubber {
    echoes: Arc<Echoes>,
    /// Bytes that may begin an echo: seen, not yet passed on.
    held: Zeroizing<Vec<u8>>,
    /// So many of the held bytes end an echo whose beginning has been passed on already.
    blotted: usize,
}

impl Scrubber {
    /// Starts at the beginning of a body.
    pub fn new(echoes: Arc<Echoes>) -> Self {
        Scrubber {
            echoes,
            held: Zeroizing::default(),
            blotted: 0,
        }
    }

    /// Takes the next bytes of the body and gives back what is safe to pass on, possibly nothing.
    pub fn push(&mut self, piece: Bytes) -> Bytes {
        let text = self.with_held(piece);
        let cut = text.len() - self.echoes.unfinished(&text);
        self.pass(text, cut)
    }

    /// The body is over: what was held back.
    pub fn finish(&mut self) -> Bytes {
        let text = self.with_held(Bytes::new());
        let cut = text.len();
        self.pass(text, cut)
    }

    fn with_held(&mut self, piece: Bytes) -> Bytes {
        if self.held.is_empty() {
            return piece;
        }
        let text = Bytes::from([self.held.as_slice(), &piece].concat());
        self.held.zeroize();
        text
    }

    /// Passes on `text` up to `cut`, blotted, and holds the rest.
    fn pass(&mut self, mut text: Bytes, cut: usize) -> Bytes {
        let mut found = self.echoes.find(&text);
        if self.blotted > 0 {
            found.push((0, self.blotted));
        }
        let over = |&(start, end): &(usize, usize)| {
            if start <= cut {
                end.saturating_sub(cut)
            } else {
                0
            }
        };
        self.blotted = found.iter().map(over).max().unwrap_or(0);
        self.held.extend_from_slice(&text[cut..]);
        text.truncate(cut);
        if found.iter().all(|&(start, _)| start >= cut) {
            return text;
        }
        let mut clean = text.to_vec();
        blot(&mut clean, &found);
        Bytes::from(clean)
    }
}

#[cfg(test)]
mod tests;
