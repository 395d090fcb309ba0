//! Finds what looks like a secret in a text that is about to be shared.
//!
//! It knows how the tokens of common services begin, private keys in PEM, JSON Web Tokens, `Authorization` values, passwords in
//! URLs, and `name = value` where the name says what the value is. It finds what people paste by mistake; it cannot find a
//! password that looks like a word.

use std::ops::Range;

/// What is put in place of a secret.
pub const REDACTED: &str = "REDACTED";

/// Something that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it looks like: `a GitHub token`.
    pub kind: &'static str,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

/// How a kind of token begins, and how long it is at least, the beginning included.
const TOKENS: [(&str, usize, &str); 28] = [
    ("AKIA", 20, "an AWS access key"),
    ("ASIA", 20, "an AWS access key"),
    ("AIza", 39, "a Google API key"),
    ("ya29.", 30, "a Google access token"),
    ("1//0", 40, "a Google refresh token"),
    ("GOCSPX-", 30, "a Google client secret"),
    ("ghp_", 40, "a GitHub token"),
    ("gho_", 40, "a GitHub token"),
    ("ghu_", 40, "a GitHub token"),
    ("ghs_", 40, "a GitHub token"),
    ("ghr_", 40, "a GitHub token"),
    ("github_pat_", 40, "a GitHub token"),
    ("glpat-", 26, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("xoxa-", 20, "a Slack token"),
    ("xoxe-", 20, "a Slack token"),
    ("xapp-", 20, "a Slack token"),
    ("sk-", 30, "an API key"),
    ("sk_live_", 20, "a Stripe key"),
    ("sk_test_", 20, "a Stripe key"),
    ("rk_live_", 20, "a Stripe key"),
    ("whsec_", 20, "a Stripe webhook secret"),
    ("npm_", 40, "an npm token"),
    ("pypi-", 40, "a PyPI token"),
    ("hf_", 30, "a Hugging Face token"),
    ("ATATT3", 40, "an Atlassian token"),
    ("SG.", 50, "a SendGrid key"),
];

/// Names whose value is a secret, folded to letters only.
const NAMES: [&str; 18] = [
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "sessiontoken",
    "authtoken",
    "bearertoken",
    "apikey",
    "xapikey",
    "apisecret",
    "clientsecret",
    "secretkey",
    "secretaccesskey",
    "privatekey",
    "password",
    "passwd",
    "passphrase",
    "sessionid",
    "authorization",
];

/// Shortest value after a telling name that is taken for a secret: `"password": ""` and `token: none` are none.
const MIN_VALUE: usize = 8;

/// Everything in `text` that looks like a secret, in order, none overlapping.
pub fn find(text: &str) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut end = 0;
    for at in text.char_indices().map(|(at, _)| at) {
        if at < end {
            continue;
        }
        // The colon of a URL stands behind a word, everything else before one.
        let secret = in_url(&text[at..], at).or_else(|| at_start_of_word(text, at));
        if let Some(secret) = secret {
            end = secret.range.end;
            found.push(secret);
        }
    }
    found
}

/// `text` with each secret replaced, and what was replaced.
pub fn redact(text: &str) -> (String, Vec<&'static str>) {
    let (mut clean, mut kinds, mut from) = (String::new(), Vec::new(), 0);
    for secret in find(text) {
        clean.push_str(&text[from..secret.range.start]);
        clean.push_str(REDACTED);
        kinds.push(secret.kind);
        from = secret.range.end;
    }
    clean.push_str(&text[from..]);
    (clean, kinds)
}

/// Whether a value under this name is a secret by the name alone: `access_token`, `X-Api-Key`.
pub fn is_secret_name(name: &str) -> bool {
    let folded: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    NAMES.contains(&folded.as_str())
}

fn at_start_of_word(text: &str, at: usize) -> Option<Found> {
    let inside = text[..at].chars().next_back().is_some_and(is_word);
    if inside {
        return None;
    }
    let rest = &text[at..];
    pem(rest, at)
        .or_else(|| token(rest, at))
        .or_else(|| web_token(rest, at))
        .or_else(|| salesforce_session(rest, at))
        .or_else(|| authorization(rest, at))
        .or_else(|| named(rest, at))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | '=' | '~' | '!')
}

fn run(text: &str) -> &str {
    let end = text.find(|c| !is_token(c)).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '/', '!'])
}

fn found(kind: &'static str, at: usize, length: usize) -> Option<Found> {
    Some(Found {
        kind,
        range: at..at + length,
    })
}

fn pem(text: &str, at: usize) -> Option<Found> {
    let rest = text.strip_prefix("-----BEGIN ")?;
    let head = rest.find("-----")?;
    if !rest[..head].ends_with("PRIVATE KEY") {
        return None;
    }
    let end = text.find("-----END ").and_then(|end| {
        let tail = text[end + 9..].find("-----")?;
        Some(end + 9 + tail + 5)
    });
    found("a private key", at, end.unwrap_or(text.len()))
}

fn token(text: &str, at: usize) -> Option<Found> {
    let (_, least, kind) = TOKENS.iter().find(|(begin, ..)| text.starts_with(begin))?;
    let run = run(text);
    // `sk-` also begins ordinary words with hyphens; a key has digits.
    let varied = run.bytes().any(|byte| byte.is_ascii_digit());
    (run.len() >= *least && varied)
        .then_some(())
        .and_then(|()| found(kind, at, run.len()))
}

/// Three parts, the first of which is a JSON object in base64.
fn web_token(text: &str, at: usize) -> Option<Found> {
    let run = text.starts_with("eyJ").then(|| run(text))?;
    let parts: Vec<&str> = run.split('.').collect();
    let whole = parts.len() == 3 && parts.iter().all(|part| part.len() >= 10);
    whole
        .then_some(())
        .and_then(|()| found("a JSON Web Token", at, run.len()))
}

/// `00D` and twelve or fifteen characters of an org, `!`, and the session.
fn salesforce_session(text: &str, at: usize) -> Option<Found> {
    let run = text.starts_with("00D").then(|| run(text))?;
    let (org, session) = run.split_once('!')?;
    (matches!(org.len(), 15 | 18) && session.len() >= 20)
        .then_some(())
        .and_then(|()| found("a Salesforce session", at, run.len()))
}

fn authorization(text: &str, at: usize) -> Option<Found> {
    let scheme = ["Bearer ", "bearer ", "Basic ", "basic "]
        .into_iter()
        .find(|scheme| text.starts_with(scheme))?;
    let value = run(&text[scheme.len()..]);
    let varied = value
        .bytes()
        .any(|byte| byte.is_ascii_digit() || byte == b'=');
    (value.len() >= 12 && varied && value != REDACTED)
        .then_some(())
        .and_then(|()| found("an authorization", at + scheme.len(), value.len()))
}

/// `://user:password@`
fn in_url(text: &str, at: usize) -> Option<Found> {
    let rest = text.strip_prefix("://")?;
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"'));
    let (user, _) = rest[..end.unwrap_or(rest.len())].rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    (!password.is_empty() && password != REDACTED)
        .then_some(())
        .and_then(|()| {
            found(
                "a password in a URL",
                at + 3 + name.len() + 1,
                password.len(),
            )
        })
}

/// `api_key=…`, `"client_secret": "…"`, `password: …`
fn named(text: &str, at: usize) -> Option<Found> {
    let end = text.find(|c: char| !is_word(c) && c != '-')?;
    if !is_secret_name(&text[..end]) {
        return None;
    }
    let after = text[end..].trim_start_matches(['"', '\'']).trim_start();
    let value = after.strip_prefix([':', '='])?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let long = run(value);
    let begins = text.len() - value.len();
    (long.len() >= MIN_VALUE && long != REDACTED && !long.starts_with("http"))
        .then_some(())
        .and_then(|()| found("a value named as a secret", at + begins, long.len()))
}

#[cfg(test)]
mod tests {
    use super::{find, is_secret_name, redact};

    /// Put together here, so that no scanner takes this file for a leak.
    fn token(begin: &str, length: usize) -> String {
        let body = "a1B2c3D4e5F6g7H8i9J0";
        let mut token = begin.to_owned();
        while token.len() < length {
            token.push_str(body);
        }
        token.truncate(length.max(begin.len()));
        token
    }

    #[test]
    fn known_tokens_are_found_wherever_they_stand() {
        for (begin, length, kind) in super::TOKENS {
            let secret = token(begin, length);
            for text in [
                secret.clone(),
                format!("key is {secret}, keep it"),
                format!("{{\"x\":\"{secret}\"}}"),
            ] {
                let (clean, kinds) = redact(&text);
                assert_eq!(kinds, [kind], "{text}");
                assert!(!clean.contains(&secret), "{clean}");
                assert!(find(&clean).is_empty(), "redacting is done once: {clean}");
            }
        }
    }

    #[test]
    fn keys_sessions_and_named_values_are_found() {
        let jwt = format!("eyJ{}.{}.{}", token("", 30), token("", 40), token("", 30));
        for text in [
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----".to_owned(),
            jwt,
            format!("00D5g00000Abcde!{}", token("AQ", 40)),
            format!("Authorization: Bearer {}", token("", 30)),
            "https://admin:hunter2@example.com/".to_owned(),
            "client_secret=correct-horse-battery".to_owned(),
            "\"api_key\": \"0123456789abcdef\"".to_owned(),
        ] {
            assert_eq!(find(&text).len(), 1, "{text}");
        }
    }

    #[test]
    fn ordinary_words_are_none() {
        for text in [
            "The password is asked for when you log in.",
            "sk-learn and task-force-member-number-one-of-the-week",
            "{\"token\": \"next\", \"password\": \"\", \"id\": \"00D5g00000Abcde\"}",
            "https://example.com/a:b@c",
            "Bearer tokens are described in RFC 6750",
            "REDACTED",
            "AKIAN",
        ] {
            assert!(find(text).is_empty(), "{text}: {:?}", find(text));
        }
        assert!(is_secret_name("X-API-Key") && !is_secret_name("next_page_token"));
    }
}
