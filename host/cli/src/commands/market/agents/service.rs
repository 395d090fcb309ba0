//! An agent in a running service: its skills by their aliases, then the agent.
//!
//! An alias of the tenant that is another skill, or another version of it, is somebody's work: nothing is changed then. Where a step fails, what
//! was installed before it is taken away again, and what was replaced is put back.

use std::collections::BTreeMap;

use http::Method;
use metier_agent::definition::{Definition, Name};
use metier_core::{Code, Digest, SkillName};
use metier_market::{
    agent::{Package, Pin},
    client::{FirstKey, Kept},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::find::FoundAgent;
use crate::{
    commands::{
        App,
        admin::client::{Body, Client},
        market::placing::Placing,
    },
    errors::Failure,
    text,
};

/// Deploys an agent with its skills. `before` is the version of it that was installed here, if one was, and `kept` what is kept of it.
///
/// # Errors
/// The service's; nothing is changed then, or that something is, is said.
pub async fn deploy(
    app: &App,
    placing: &Placing,
    client: &Client,
    found: &FoundAgent,
    before: Option<(&Package, &Kept)>,
    first_key: FirstKey,
) -> Result<Value, Failure> {
    own(
        client,
        &found.fetched.contents,
        before.map(|(before, _)| before),
    )
    .await?;
    let mut wanted = Vec::new();
    for (alias, skill) in &found.skills {
        let known = before.and_then(|(before, _)| before.pins().get(alias));
        match there(client, alias).await? {
            Some(there) if there == skill.line.component => {}
            None => wanted.push((alias, skill, None)),
            Some(there) => match known.filter(|pin| pin.digest == there) {
                Some(pin) => wanted.push((alias, skill, Some(pin))),
                None => return Err(of_another(alias)),
            },
        }
    }
    let mut done: Vec<(&Name, Option<&Pin>)> = Vec::new();
    let mut outcome = Ok(Value::Null);
    for (alias, skill, replaced) in wanted {
        match placing.put_pinned(alias, &skill.fetched, first_key).await {
            Ok(_) => done.push((alias, replaced)),
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
        }
    }
    if outcome.is_ok() {
        outcome = agent(client, &found.fetched.contents).await;
    }
    if outcome.is_err() {
        let kept = before.map(|(_, kept)| kept);
        for (alias, replaced) in done.into_iter().rev() {
            if let Err(failure) = undo(client, kept, alias, replaced).await {
                let (alias, why) = (alias.as_str(), text::one_line(&failure.fault.message));
                app.printer.warn(&format!(
                    "the skill `{alias}` was installed, and cannot be taken back: {why}"
                ));
            }
        }
    }
    outcome
}

/// An agent of the same name that is another's, or was written by hand, stays what it is.
async fn own(client: &Client, package: &Package, before: Option<&Package>) -> Result<(), Failure> {
    let name = package.name().short();
    let Some(there) = deployed(client, name).await? else {
        return Ok(());
    };
    let is = |package: &Package| there.text == package.text();
    if is(package) || before.is_some_and(is) {
        return Ok(());
    }
    Err(Failure::usage(
        format!("The tenant has an agent `{name}` that is not what an install of this one left."),
        "Nothing was changed. Use a tenant of its own (--tenant): an agent is called what its own file says.",
    ))
}

/// What a service has of an agent: its text, and the files beside it.
#[derive(Default, Deserialize)]
struct Deployed {
    text: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
}

async fn deployed(client: &Client, name: &str) -> Result<Option<Deployed>, Failure> {
    let path = format!("/agents/{name}/source");
    match client.ask(Method::GET, &path, Body::None).await {
        // What cannot be read is another agent than any.
        Ok(answer) => Ok(Some(serde_json::from_slice(&answer).unwrap_or_default())),
        Err(failure) if failure.fault.code == Code::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The package of this name that the service has, if what it has is one.
///
/// # Errors
/// The service's.
pub async fn source(client: &Client, name: &SkillName) -> Result<Option<Package>, Failure> {
    let there = deployed(client, name.short()).await?;
    let package = there.and_then(|there| Package::of_parts(there.text, there.files).ok());
    let package = package.map(|(package, _)| package);
    Ok(package.filter(|package| package.name() == name))
}

/// Whether a skill may have this alias in a service by itself: what an agent there pins is moved by the agent's own updates, and by nothing
/// else. A directory says the same ([`super::files::is_free`]).
///
/// # Errors
/// When an agent pins another file, and the service's.
pub async fn is_free(client: &Client, alias: &Name, component: &Digest) -> Result<(), Failure> {
    let answer = client.ask(Method::GET, "/agents", Body::None).await?;
    let agents: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let agents = agents["items"].as_array().into_iter().flatten();
    for name in agents.filter_map(|agent| agent["name"].as_str()) {
        // What is gone meanwhile pins nothing.
        let Some(there) = deployed(client, name).await? else {
            continue;
        };
        let beside = |path: &str| there.files.get(path).cloned().ok_or_else(String::new);
        let Ok(definition) = Definition::parse(&there.text, &beside) else {
            continue;
        };
        let using = definition.terms().skills.get(alias);
        let pinned = using.and_then(|using| using.digest);
        if pinned.is_some_and(|pinned| pinned != *component) {
            let (name, alias) = (text::one_line(name), alias.as_str());
            return Err(Failure::usage(
                format!(
                    "The agent `{name}` of the tenant pins `{alias}` to another file than this."
                ),
                "Nothing was changed. `metier update` of the agent moves its skills; use another alias with --as, or a tenant of its own with --tenant.",
            ));
        }
    }
    Ok(())
}

async fn agent(client: &Client, package: &Package) -> Result<Value, Failure> {
    let body = json!({"text": package.text(), "files": package.files()});
    client
        .ask(Method::POST, "/agents", Body::Json(body))
        .await?;
    Ok(json!({"agent": package.name().short()}))
}

/// The digest of what has the alias.
async fn there(client: &Client, alias: &Name) -> Result<Option<Digest>, Failure> {
    let path = format!("/skills/{}", alias.as_str());
    let answer = match client.ask(Method::GET, &path, Body::None).await {
        Ok(answer) => answer,
        Err(failure) if failure.fault.code == Code::NotFound => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let skill: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let digest = skill["digest"].as_str().and_then(|text| text.parse().ok());
    // What has no digest that can be read is another skill.
    Ok(Some(digest.unwrap_or_else(|| Digest::of(b""))))
}

async fn undo(
    client: &Client,
    kept: Option<&Kept>,
    alias: &Name,
    replaced: Option<&Pin>,
) -> Result<(), Failure> {
    let path = format!("/skills/{}", alias.as_str());
    let Some(pin) = replaced else {
        client.ask(Method::DELETE, &path, Body::None).await?;
        return Ok(());
    };
    let old =
        kept.and_then(|kept| Some((kept.component(&pin.digest)?, kept.receipt(&pin.digest)?)));
    let (component, receipt) = old.ok_or_else(|| {
        Failure::usage(
            format!("{} {} is not kept here any more.", pin.name, pin.version),
            "Install the agent's version that you had once more.",
        )
    })?;
    let parts = vec![
        ("component", "application/wasm", component),
        ("receipt", "application/json", receipt),
    ];
    client.ask(Method::PUT, &path, Body::Form(parts)).await?;
    Ok(())
}

fn of_another(alias: &Name) -> Failure {
    let alias = alias.as_str();
    Failure::usage(
        format!(
            "The alias `{alias}` of the tenant is another skill, or another version of it, than the agent pins."
        ),
        format!(
            "Nothing was changed. Use a tenant of its own (--tenant), or take that one away: `metier admin skill remove {alias}`."
        ),
    )
}
