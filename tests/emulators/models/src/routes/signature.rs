//! AWS Signature Version 4, checked: the request is put in its canonical form and signed once more.

use aws_lc_rs::{digest, hmac};
use axum::http::request::Parts;

use super::key::header;
use crate::ACCESS_KEY_ID;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Whether `secret` signed this request, with this body.
pub(super) fn is_right(parts: &Parts, body: &[u8], secret: &str) -> bool {
    signed(parts, body, secret).is_some_and(|(sent, expected)| sent == expected)
}

/// The signature that came, and the one that should have.
fn signed(parts: &Parts, body: &[u8], secret: &str) -> Option<(String, String)> {
    let fields = header(&parts.headers, "authorization")?.strip_prefix(ALGORITHM)?;
    let field = |name: &str| {
        let mut fields = fields.split(',').map(str::trim);
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    let scope = field("Credential")?
        .strip_prefix(ACCESS_KEY_ID)?
        .strip_prefix('/')?;
    let names = field("SignedHeaders")?;
    let date = header(&parts.headers, "x-amz-date")?;
    let hashed = sha256(body);
    if header(&parts.headers, "x-amz-content-sha256").is_some_and(|told| told != hashed) {
        return None;
    }
    let request = canonical(parts, names, &hashed)?;
    let to_sign = [ALGORITHM, date, scope, &sha256(request.as_bytes())].join("\n");
    let begin = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    let key = scope.split('/').fold(begin, |key, part| {
        hmac::Key::new(
            hmac::HMAC_SHA256,
            hmac::sign(&key, part.as_bytes()).as_ref(),
        )
    });
    let expected = hex(hmac::sign(&key, to_sign.as_bytes()).as_ref());
    Some((field("Signature")?.to_owned(), expected))
}

/// Method, path encoded once more, query, signed headers, their names, the body's digest. Bedrock's queries are empty.
fn canonical(parts: &Parts, names: &str, hashed: &str) -> Option<String> {
    let path = parts.uri.path().replace('%', "%25").replace(':', "%3A");
    let mut lines = String::new();
    for name in names.split(';') {
        let value = match (name, header(&parts.headers, name)) {
            // In HTTP/2 it is in another place.
            ("host", None) => parts.uri.authority()?.as_str(),
            (_, value) => value?,
        };
        let value: Vec<&str> = value.split_whitespace().collect();
        lines.push_str(&format!("{name}:{}\n", value.join(" ")));
    }
    let method = parts.method.as_str();
    Some(
        [
            method,
            &path,
            parts.uri.query().unwrap_or_default(),
            &lines,
            names,
            hashed,
        ]
        .join("\n"),
    )
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
