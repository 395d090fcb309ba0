//! What may be reached on a candidate's behalf, as a grant: the same words, checks and policy as for skills.

use metier_agent::routes::{Candidate, Format, Routes};
use metier_core::{
    grant::{Grant, GrantError},
    http::{CanonicalUrl, Host, UrlError},
    ids::Digest,
    manifest::Manifest,
};
use toml::{Table, Value};

/// Why a candidate can never be asked.
#[derive(Debug, thiserror::Error)]
pub enum GrantProblem {
    /// Its base URL is none.
    #[error("the base URL of the candidate `{candidate}` cannot be used: {source}")]
    Url {
        /// Which candidate.
        candidate: String,
        /// Why.
        source: UrlError,
    },
    /// Its credential, networks or certificates are written wrongly; in the words of a grant.
    #[error("the candidate `{candidate}` or its credential is not right: {source}")]
    Grant {
        /// Which candidate.
        candidate: String,
        /// What and why.
        source: Box<GrantError>,
    },
}

/// Whose bytes these requests are made for: nobody's skill, but the models of this host.
pub fn nobodys_digest() -> Digest {
    Digest::of(b"metier: the models of this host")
}

/// The grant of one candidate and the manifest that asks for exactly it.
pub fn grant(routes: &Routes, candidate: &Candidate) -> Result<(Grant, Manifest), GrantProblem> {
    let wrong = |source| GrantProblem::Grant {
        candidate: candidate.name.clone(),
        source: Box::new(source),
    };
    let url = CanonicalUrl::parse(&candidate.base_url).map_err(|source| GrantProblem::Url {
        candidate: candidate.name.clone(),
        source,
    })?;
    let mut text = Table::new();
    text.insert("digest".to_owned(), nobodys_digest().to_string().into());
    text.insert("tools".to_owned(), Value::Array(Vec::new()));
    text.insert(
        "http".to_owned(),
        Value::Array(vec![rule(candidate, &url).into()]),
    );
    if let Some(name) = &candidate.credential {
        let mut credential = routes.credentials.get(name).cloned().unwrap_or_default();
        let hosts = Value::Array(vec![url.host().to_string().into()]);
        credential.entry("hosts").or_insert(hosts);
        let credentials = Table::from_iter([(name.clone(), Value::Table(credential))]);
        text.insert("credentials".to_owned(), Value::Table(credentials));
    }
    let grant = Grant::parse(&text.to_string()).map_err(wrong)?;
    let manifest = Manifest::empty()
        .or_grant(&grant)
        .unwrap_or_else(Manifest::empty);
    Ok((grant, manifest))
}

fn rule(candidate: &Candidate, url: &CanonicalUrl) -> Table {
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    let base = url.path().trim_end_matches('/');
    let mut addresses = candidate.addresses.clone();
    if is_this_machine(url.host()) {
        addresses.extend(["127.0.0.0/8", "::1/128"].map(str::to_owned));
    }
    let mut rule = Table::from_iter([
        ("scheme".to_owned(), url.scheme().to_string().into()),
        ("host".to_owned(), url.host().to_string().into()),
        ("port".to_owned(), i64::from(url.port()).into()),
        ("methods".to_owned(), texts(vec!["POST".to_owned()])),
        (
            "paths".to_owned(),
            texts(vec![format!("{base}{}", paths(candidate.format))]),
        ),
        ("addresses".to_owned(), texts(addresses)),
    ]);
    let more = [
        ("credential", &candidate.credential),
        ("ca-file", &candidate.ca_file),
    ];
    for (key, value) in more {
        rule.extend(
            value
                .iter()
                .map(|value| (key.to_owned(), Value::String(value.clone()))),
        );
    }
    rule
}

/// What follows the base URL in this format.
const fn paths(format: Format) -> &'static str {
    match format {
        Format::OpenaiChat | Format::AzureOpenai => "/chat/completions",
        Format::OpenaiResponses => "/responses",
        Format::Anthropic => "/v1/messages",
        Format::Bedrock => "/model/**",
        Format::Gemini => "/models/*",
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Ip(address) => address.is_loopback(),
        Host::Name(name) => &**name == "localhost",
    }
}
