//! AWS Signature Version 4: the secret signs the request and does not travel with it.
//!
//! The body's digest is taken from `x-amz-content-sha256`, which whoever makes the request puts there: a body that is
//! streamed is never held to be signed, and a wrong digest is found by the service. Signed are the host, `content-type` and
//! every `x-amz-*` field. For every service but S3 the path is encoded once more, as AWS has it.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{digest, hmac};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use zeroize::Zeroizing;

use super::{Secret, attach::Outgoing};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const DIGEST: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Signs requests for one service in one region.
#[derive(PartialEq, Eq)]
pub struct Signer {
    access_key_id: Secret,
    secret: Secret,
    session: Option<(Secret, HeaderValue)>,
    region: String,
    service: String,
}

/// Why a request cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// The body's digest is missing or none.
    #[error(
        "it is to be signed for AWS and lacks `x-amz-content-sha256`, the SHA-256 of its body in hexadecimal digits"
    )]
    NoDigest,
    /// A header is not ASCII.
    #[error("it is to be signed for AWS and has a header that is not ASCII")]
    NotAscii,
}

impl Signer {
    /// None when a part cannot be in a header.
    pub fn new(
        access_key_id: Secret,
        secret: Secret,
        session: Option<Secret>,
        region: &str,
        service: &str,
    ) -> Option<Self> {
        access_key_id.header_value("").ok()?;
        let session = match session {
            Some(token) => Some((token.clone(), token.header_value("").ok()?)),
            None => None,
        };
        let (region, service) = (region.to_owned(), service.to_owned());
        Some(Signer {
            access_key_id,
            secret,
            session,
            region,
            service,
        })
    }

    /// What must not come back.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [&self.secret]
            .into_iter()
            .chain(self.session.as_ref().map(|(token, _)| token))
    }

    /// Adds the fields of the signature, in place of any that are there.
    ///
    /// # Errors
    /// [`Unsigned`].
    pub fn sign(&self, headers: &mut HeaderMap, outgoing: &Outgoing<'_>) -> Result<(), Unsigned> {
        let body = body_digest(headers)?;
        let (day, time) = stamp(outgoing.now);
        let date = format!("{day}T{time}Z");
        headers.insert(
            DATE,
            HeaderValue::from_str(&date).map_err(|_| Unsigned::NotAscii)?,
        );
        headers.remove(TOKEN);
        if let Some((_, token)) = &self.session {
            headers.insert(TOKEN, token.clone());
        }
        let (names, fields) = canonical_headers(headers, outgoing.authority)?;
        let (path, query) = outgoing
            .target
            .split_once('?')
            .unwrap_or((outgoing.target, ""));
        let path = if self.service == "s3" {
            path.to_owned()
        } else {
            encode(path, true)
        };
        let request = [
            outgoing.method.as_str(),
            &path,
            &canonical_query(query),
            &fields,
            &names,
            &body,
        ]
        .join("\n");
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let hashed = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
        let to_sign = [ALGORITHM, &date, &scope, &hashed].join("\n");
        let signature = hex(hmac::sign(&self.key(&day), to_sign.as_bytes()).as_ref());
        let id = self.access_key_id.expose();
        let value = format!(
            "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"
        );
        let mut value = HeaderValue::from_str(&value).map_err(|_| Unsigned::NotAscii)?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
        Ok(())
    }

    /// The key of one day.
    fn key(&self, day: &str) -> hmac::Key {
        let begin = Zeroizing::new(["AWS4", self.secret.expose()].concat());
        let parts = [day, &self.region, &self.service, "aws4_request"];
        parts
            .into_iter()
            .fold(hmac_key(begin.as_bytes()), |key, part| {
                hmac_key(hmac::sign(&key, part.as_bytes()).as_ref())
            })
    }
}

fn hmac_key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

fn body_digest(headers: &HeaderMap) -> Result<String, Unsigned> {
    let value = headers.get(DIGEST).and_then(|value| value.to_str().ok());
    let is_digest =
        |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    value
        .filter(is_digest)
        .map(str::to_owned)
        .ok_or(Unsigned::NoDigest)
}

/// The names joined with `;`, and the fields one per line, both sorted.
fn canonical_headers(headers: &HeaderMap, authority: &str) -> Result<(String, String), Unsigned> {
    let mut fields = vec![("host", authority.to_owned())];
    for name in headers.keys() {
        if *name == header::CONTENT_TYPE || name.as_str().starts_with("x-amz-") {
            let values = headers
                .get_all(name)
                .iter()
                .map(|value| value.to_str().map(one_space));
            let values = values
                .collect::<Result<Vec<_>, _>>()
                .map_err(|_| Unsigned::NotAscii)?;
            fields.push((name.as_str(), values.join(",")));
        }
    }
    fields.sort();
    let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
    let lines = fields
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"));
    Ok((names.join(";"), lines.collect()))
}

fn one_space(text: &str) -> String {
    text.split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Sorted, each name and value in the one encoding AWS has.
fn canonical_query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs: Vec<_> = pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encode(&decode(name), false), encode(&decode(value), false))
        })
        .collect();
    pairs.sort();
    pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// Everything but what RFC 3986 calls unreserved, and `/` where it separates.
fn encode(text: &str, is_path: bool) -> String {
    let kept = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (is_path && byte == b'/')
    };
    text.bytes()
        .fold(String::new(), |encoded, byte| match kept(byte) {
            true => encoded + char::from(byte).encode_utf8(&mut [0; 4]),
            false => encoded + &format!("%{byte:02X}"),
        })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `20261128` and `101530`, in UTC. The day by Howard Hinnant's `civil_from_days`.
fn stamp(now: SystemTime) -> (String, String) {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let time = format!(
        "{:02}{:02}{:02}",
        second / 3_600,
        second / 60 % 60,
        second % 60
    );
    (format!("{year:04}{month:02}{day:02}"), time)
}

#[cfg(test)]
mod tests;
