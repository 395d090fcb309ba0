//! Finds what looks like a secret in a text that is about to be shared.
//!
//! It knows how the tokens of common services begin, private keys in PEM, JSON Web Tokens, `Authorization` values, passwords in
//! URLs, and `name = value` where the name says what the value is. It finds what people paste by mistake; it cannot find a
//! password that looks like a word.
//!
//! The text is a stranger's: the time is in proportion to its length, whatever it says.

mod run;

#[cfg(test)]
mod tests;

use std::ops::Range;

use run::Runs;

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

/// Longest name that is looked at, in bytes: four times the longest of [`NAMES`], for those who separate every word.
const MAX_NAME: usize = 64;

/// Everything in `text` that looks like a secret, in order, none overlapping.
pub fn find(text: &str) -> Vec<Found> {
    find_in(text, &mut Runs::of(text))
}

fn find_in(text: &str, runs: &mut Runs<'_>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut end = 0;
    for at in text.char_indices().map(|(at, _)| at) {
        if at < end {
            continue;
        }
        // The colon of a URL stands behind a word, everything else before one.
        let secret = in_url(&text[at..], at).or_else(|| at_start_of_word(text, at, runs));
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

fn at_start_of_word(text: &str, at: usize, runs: &mut Runs<'_>) -> Option<Found> {
    let inside = text[..at].chars().next_back().is_some_and(is_word);
    if inside {
        return None;
    }
    let rest = &text[at..];
    pem(rest, at)
        .or_else(|| token(rest, at, runs))
        .or_else(|| web_token(rest, at, runs))
        .or_else(|| salesforce_session(rest, at, runs))
        .or_else(|| authorization(rest, at, runs))
        .or_else(|| named(rest, at, runs))
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
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

fn token(text: &str, at: usize, runs: &mut Runs<'_>) -> Option<Found> {
    let (_, least, kind) = TOKENS.iter().find(|(begin, ..)| text.starts_with(begin))?;
    let run = runs.at(at);
    // `sk-` also begins ordinary words with hyphens; a key has digits.
    (run.text.len() >= *least && run.has_digit())
        .then_some(())
        .and_then(|()| found(kind, at, run.text.len()))
}

/// Three parts, the first of which is a JSON object in base64.
fn web_token(text: &str, at: usize, runs: &mut Runs<'_>) -> Option<Found> {
    let run = text.starts_with("eyJ").then(|| runs.at(at))?;
    let whole = run.three_parts()?.iter().all(|length| *length >= 10);
    whole
        .then_some(())
        .and_then(|()| found("a JSON Web Token", at, run.text.len()))
}

/// `00D` and twelve or fifteen characters of an org, `!`, and the session.
fn salesforce_session(text: &str, at: usize, runs: &mut Runs<'_>) -> Option<Found> {
    let run = text.starts_with("00D").then(|| runs.at(at).text)?;
    let org = run.bytes().take(19).position(|byte| byte == b'!')?;
    (matches!(org, 15 | 18) && run.len() - org > 20)
        .then_some(())
        .and_then(|()| found("a Salesforce session", at, run.len()))
}

fn authorization(text: &str, at: usize, runs: &mut Runs<'_>) -> Option<Found> {
    let scheme = ["Bearer ", "bearer ", "Basic ", "basic "]
        .into_iter()
        .find(|scheme| text.starts_with(scheme))?;
    let run = runs.at(at + scheme.len());
    let varied = run.has_digit() || run.has_equals();
    let value = run.text;
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
fn named(text: &str, at: usize, runs: &mut Runs<'_>) -> Option<Found> {
    let name = |byte: u8| is_word(byte.into()) || byte == b'-';
    let mut first = text.bytes().take(MAX_NAME + 1);
    let end = first.position(|byte| !name(byte))?;
    if !is_secret_name(&text[..end]) {
        return None;
    }
    let after = text[end..].trim_start_matches(['"', '\'']).trim_start();
    let value = after.strip_prefix([':', '='])?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let begins = text.len() - value.len();
    let long = runs.at(at + begins).text;
    (long.len() >= MIN_VALUE && long != REDACTED && !long.starts_with("http"))
        .then_some(())
        .and_then(|()| found("a value named as a secret", at + begins, long.len()))
}
