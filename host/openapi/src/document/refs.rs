//! `$ref`: followed inside the description, never outside it.

use std::borrow::Cow;

use serde_json::Value;

use super::Document;

/// Longest chain of references that point at references.
const MAX_HOPS: usize = 32;

/// A reference that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefError {
    /// Into another file. Fetching what a stranger's file names is never done.
    #[error(
        "`$ref: {0}` points into another file, which is never fetched; bundle the description into one file"
    )]
    Remote(String),
    /// Nothing there.
    #[error("`$ref: {0}` points at nothing")]
    Missing(String),
    /// Only references, in a circle.
    #[error("`$ref: {0}` leads back to itself")]
    Circle(String),
}

/// Longest reference quoted, in characters.
const MAX_SHOWN: usize = 200;

impl Document {
    /// What a reference such as `#/components/schemas/Pet` points at.
    ///
    /// # Errors
    /// [`RefError`] for one that leaves the file or points at nothing.
    pub fn target(&self, reference: &str) -> Result<&Value, RefError> {
        let shown = || crate::text::line(reference, MAX_SHOWN);
        let Some(fragment) = reference.trim().strip_prefix('#') else {
            return Err(RefError::Remote(shown()));
        };
        let decoded = percent_decoded(fragment);
        let found = self.root.pointer(&decoded);
        // Some generators escape nothing and some escape twice.
        let found = found.or_else(|| self.root.pointer(fragment));
        found.ok_or_else(|| RefError::Missing(shown()))
    }

    /// The value itself, or what it refers to in the end.
    ///
    /// # Errors
    /// [`RefError`].
    pub fn follow<'d>(&'d self, value: &'d Value) -> Result<&'d Value, RefError> {
        let mut here = value;
        for _ in 0..MAX_HOPS {
            let Some(reference) = here.get("$ref").and_then(Value::as_str) else {
                return Ok(here);
            };
            here = self.target(reference)?;
        }
        let first = value.get("$ref").and_then(Value::as_str).unwrap_or("");
        Err(RefError::Circle(crate::text::line(first, MAX_SHOWN)))
    }
}

/// The pointer in a URI fragment (RFC 6901, section 6).
fn percent_decoded(fragment: &str) -> Cow<'_, str> {
    if !fragment.contains('%') {
        return Cow::Borrowed(fragment);
    }
    let bytes = fragment.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let digits = escape.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(fragment), Cow::Owned)
}
