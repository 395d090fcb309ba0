//! What looks like a secret: by the name it stands under, by its form ([`crate::secrets`]), or by how random it is.
//!
//! A false alarm is mended by a placeholder, a missed secret by nothing; so this leans to alarm. A value that says it is
//! none (`REDACTED`, `***`, `<token>`, `example`) passes.

use serde_json::Value;

use crate::secrets;

/// Shortest value under a telling name: shorter ones are samples.
const MIN_NAMED: usize = 4;
/// Shortest query value whose randomness is looked at: shorter ones are ids and page marks.
const MIN_RANDOM: usize = 24;
/// Bits per character above which a text is random: hexadecimal digits have 4 at most, and are ids more often than secrets.
const MIN_ENTROPY: f64 = 4.0;

/// Header names that carry credentials, beside those that are telling anywhere.
const HEADERS: [&str; 4] = [
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-csrf-token",
];

/// Ends of member and parameter names that carry credentials, without `-` and `_`.
const NAMES: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "clientsecret",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "authtoken",
    "apikey",
    "privatekey",
    "sessionid",
    "signature",
    "credential",
];

/// Names of query parameters beside those.
const PARAMETERS: [&str; 5] = ["token", "key", "sig", "auth", "code"];

/// What a recorder or a careful author puts in a secret's place.
const PLACEHOLDERS: [&str; 9] = [
    "redacted",
    "removed",
    "placeholder",
    "example",
    "***",
    "xxxx",
    "…",
    "your-",
    "dummy",
];

/// The first secret in the members of `value`.
pub(super) fn in_json(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => in_text(text).map(str::to_owned).or_else(|| in_query(text)),
        Value::Array(items) => items.iter().find_map(in_json),
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let named = value
                .as_str()
                .is_some_and(|text| text.len() >= MIN_NAMED && !is_placeholder(text));
            match named && is_telling(name) {
                true => Some(format!("a secret under `{name}`")),
                false => in_json(value),
            }
        }),
        _ => None,
    }
}

/// What in `text` has the form of a secret.
pub(super) fn in_text(text: &str) -> Option<&'static str> {
    let found = secrets::find(text).into_iter();
    let mut real = found.filter(|secret| !is_placeholder(&text[secret.range.clone()]));
    real.next().map(|secret| secret.kind)
}

fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-_.+/=~".contains(character)
}

/// A secret in the query of a URL.
fn in_query(text: &str) -> Option<String> {
    let (_, query) = text
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('?'))?;
    let query = query.split('#').next().unwrap_or_default();
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| {
            if is_placeholder(value) || value.len() < MIN_NAMED {
                return None;
            }
            let named = is_telling(name)
                || PARAMETERS.contains(&name.to_ascii_lowercase().as_str())
                    && value.len() >= MIN_RANDOM / 2;
            (named || is_random(value)).then(|| format!("a secret in the query parameter `{name}`"))
        })
}

fn is_telling(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let plain = lower.replace(['-', '_'], "");
    HEADERS.contains(&lower.as_str())
        || secrets::is_secret_name(name)
        || NAMES.iter().any(|end| plain.ends_with(end))
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let bracketed = (lower.contains('<') && lower.contains('>'))
        || (lower.starts_with("${") || lower.starts_with("{{"));
    let first = lower.chars().next();
    let one_letter = !lower.is_empty() && lower.chars().all(|c| Some(c) == first);
    bracketed || one_letter || PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// Long, without blanks, of letters and digits, and as varied as only chance makes it.
fn is_random(text: &str) -> bool {
    let plain = text.chars().all(is_token);
    let digits = text.chars().any(|c| c.is_ascii_digit());
    let letters = text.chars().any(|c| c.is_ascii_alphabetic());
    text.len() >= MIN_RANDOM && plain && digits && letters && entropy(text) > MIN_ENTROPY
}

/// Shannon's entropy in bits per byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let bits = |count: &u32| {
        let share = f64::from(*count) / length;
        -share * share.log2()
    };
    counts.iter().filter(|count| **count > 0).map(bits).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{in_json, in_text};

    #[test]
    fn secrets_are_found_by_name_form_and_chance() {
        let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl";
        for fixture in [
            json!({"request": {"headers": {"Authorization": "Basic YTpi"}}}),
            json!({"response": {"headers": {"set-cookie": "sid=1234"}}}),
            json!({"body": {"json": {"user": {"clientSecret": "hunter22"}}}}),
            json!({"body": format!("token is {jwt}.")}),
            json!({"body": "-----BEGIN RSA PRIVATE KEY-----\nMII"}),
            json!([{"note": "key AKIAIOSFODNN7EXAMPL3 here"}]),
            json!({"x": "ghp_0123456789abcdefghijABCDEFGHIJ012345"}),
            json!({"url": "https://a.example/x?access_token=abcd1234"}),
            json!({"url": "https://a.example/x?q=1&t=Zk3vB9qLr7Xw2PnYd8TsHf5u"}),
            json!({"x": "Bearer abcdefghijklmnop1234"}),
        ] {
            assert!(in_json(&fixture).is_some(), "{fixture}");
        }
    }

    #[test]
    fn words_and_placeholders_are_no_secrets() {
        for fixture in [
            json!({"request": {"headers": {"authorization": "REDACTED", "accept": "application/json"}}}),
            json!({"headers": {"authorization": "Bearer <token>", "cookie": "***"}}),
            json!({"body": {"password": "", "secret": null, "secrets": 3, "tokens": "many words about tokens"}}),
            json!({"url": "https://a.example/x?q=the+quick+brown+fox&page_token=abc&since=2026-01-01T00:00:00Z"}),
            json!({"url": "https://a.example/x?id=0123456789abcdef0123456789abcdef"}),
            json!({"text": "the risk-free sk-ill of a Bearer of news"}),
        ] {
            assert_eq!(in_json(&fixture), None, "{fixture}");
        }
        assert_eq!(in_text("Keep it logically awesome."), None);
    }
}
