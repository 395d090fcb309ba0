//! What an ID token says: whether it is one that can be taken, whether strangers can begin such a run, and what the log says of it.

use std::collections::BTreeMap;

use metier_core::Digest;
use serde_json::{Map, Value};

use super::{ExchangeRefused, IdToken};
use crate::state::{KnownPublisher, Word};

/// Longest life of an ID token: those of runs have minutes, or as long as a job may take.
const MAX_LIFE: u64 = 24 * 3_600;

/// How far the clock of an issuer may be ahead, in seconds.
const LEEWAY: u64 = 60;

/// Claims about a run, and about no person: what the log says of it beside what its trusted publisher names.
const TOLD: [&str; 20] = [
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow_ref",
    "workflow_sha",
    "job_workflow_ref",
    "ref",
    "sha",
    "run_id",
    "run_attempt",
    "environment",
    "event_name",
    "project_path",
    "project_id",
    "namespace_id",
    "ref_protected",
    "ci_config_ref_uri",
    "pipeline_id",
    "pipeline_source",
    "job_id",
];

/// What begins a run that may publish, where a claim says what did: somebody with rights in the repository, or its own time table. Everything
/// else, strangers can begin: with a change they propose, or with words in a comment that the workflow may read. So what is not here does not.
const BEGUN_BY: [(&str, &[&str]); 2] = [
    (
        "event_name",
        &[
            "push",
            "create",
            "release",
            "workflow_dispatch",
            "repository_dispatch",
            "schedule",
            "deployment",
        ],
    ),
    (
        "pipeline_source",
        &["push", "web", "schedule", "api", "trigger", "pipeline"],
    ),
];

/// Where the state stands that a run is of, and how those of proposed changes begin.
const STATES: [&str; 2] = ["ref", "ref_path"];
const PROPOSED: [&str; 2] = ["refs/pull/", "refs/merge-requests/"];

/// Claims as texts; what is none is nothing that can be compared.
pub(super) fn said(claims: &Map<String, Value>) -> BTreeMap<Word, Word> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let said = claims
        .iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, text(value)?.parse().ok()?)));
    said.collect()
}

/// A run that anybody can begin is none.
pub(super) fn not_proposed(said: &BTreeMap<Word, Word>) -> Result<(), ExchangeRefused> {
    let claim = |name: &str| {
        let mut claims = said.iter();
        let found = claims.find(|(claim, _)| claim.as_str() == name);
        found.map(|(_, said)| said)
    };
    for (name, begun) in BEGUN_BY {
        if let Some(said) = claim(name).filter(|said| !begun.contains(&said.as_str())) {
            return Err(ExchangeRefused::Strangers(name, said.clone()));
        }
    }
    let is_proposed = |said: &&Word| {
        PROPOSED
            .iter()
            .any(|begins| said.as_str().starts_with(begins))
    };
    for name in STATES {
        if let Some(said) = claim(name).filter(is_proposed) {
            return Err(ExchangeRefused::Strangers(name, said.clone()));
        }
    }
    Ok(())
}

/// What a token is known by when it comes again, and until when it could.
pub(super) fn once(verified: &IdToken, now: u64) -> Result<(Digest, u64), ExchangeRefused> {
    let wrong = |why| Err(ExchangeRefused::Shape(why));
    let number = |name: &str| verified.claims.get(name).and_then(Value::as_u64);
    let (Some(iat), Some(exp)) = (number("iat"), number("exp")) else {
        return wrong("does not say when it was made (`iat`) and when it ends (`exp`)");
    };
    if iat > now.saturating_add(LEEWAY) {
        return wrong("is made later than now");
    }
    if exp.saturating_sub(iat) > MAX_LIFE {
        return wrong("is good for more than a day, which none of a run is");
    }
    if exp.saturating_add(LEEWAY) <= now {
        return wrong("is over");
    }
    let jti = verified.claims.get("jti").and_then(Value::as_str);
    let Some(jti) = jti.filter(|jti| !jti.is_empty()) else {
        return wrong("has no number of its own (`jti`), so that it could be used twice");
    };
    let id = serde_json::json!([verified.issuer, jti]).to_string();
    // Whoever verifies it lets it be over for as long as clocks may differ.
    Ok((Digest::of(id.as_bytes()), exp.saturating_add(2 * LEEWAY)))
}

pub(super) fn told(said: &BTreeMap<Word, Word>, known: &KnownPublisher) -> BTreeMap<Word, Word> {
    let is_told =
        |name: &Word| TOLD.contains(&name.as_str()) || known.publisher.claims.contains_key(name);
    let told = said.iter().filter(|(name, _)| is_told(name));
    told.map(|(name, said)| (name.clone(), said.clone()))
        .collect()
}
