//! `metier inspect --output json`: one object, described in docs/cli.md, whose names stay.

use metier_core::manifest::{Capabilities, Manifest};
use metier_runtime::{engine::Flavour, skill::Skill};
use serde_json::{Value, json};

/// The object, on one line.
pub fn write(skill: &Skill) -> String {
    format!("{}\n", value(skill))
}

fn value(skill: &Skill) -> Value {
    let manifest = skill.manifest();
    let resources: Vec<Value> = skill
        .resources()
        .iter()
        .map(|(path, body)| json!({"path": path, "size": body.len()}))
        .collect();
    let tools: Vec<Value> = skill.tools().map(|tool| json!(tool.info)).collect();
    json!({
        "skill": info(manifest),
        "digest": skill.digest(),
        "size": skill.size(),
        "wasi": match skill.flavour() { Flavour::Sync => "0.2", Flavour::Async => "0.3" },
        "tools": tools,
        "refused": skill.refused(),
        "capabilities": capabilities(&manifest.capabilities),
        "limits": manifest.limits,
        "imports": skill.imports(),
        "resources": resources,
        "skill-md": skill.skill_md(),
    })
}

fn info(manifest: &Manifest) -> Value {
    manifest.skill.as_ref().map_or(Value::Null, |info| {
        json!({
            "name": info.name,
            "version": info.version,
            "description": info.description,
            "license": info.license,
            "homepage": info.homepage,
        })
    })
}

fn capabilities(asks: &Capabilities) -> Value {
    let http = asks.http.iter().map(|ask| {
        json!({
            "scheme": ask.rule.scheme.to_string(),
            "host": ask.rule.host.to_string(),
            "port": ask.rule.port,
            "methods": methods(&ask.rule.methods),
            "paths": ask.rule.paths.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "credential": ask.credential,
        })
    });
    let files = asks
        .files
        .iter()
        .map(|ask| json!({"path": ask.path, "access": ask.access}));
    json!({
        "http": http.collect::<Vec<_>>(),
        "kv": asks.kv.as_ref().map(|kv| &kv.buckets),
        "files": files.collect::<Vec<_>>(),
        "artifacts": asks.artifacts.is_some(),
        "config": asks.config.as_ref().map(|config| &config.keys),
        "log": asks.log.is_some(),
        "model": asks.model.as_ref().map(|model| &model.routes),
        "calls": asks.calls.as_ref().map(|calls| &calls.tools),
    })
}

/// As the manifest writes them.
pub fn methods(methods: &metier_core::http::MethodSet) -> Vec<String> {
    match methods {
        metier_core::http::MethodSet::Any => vec!["*".to_owned()],
        metier_core::http::MethodSet::Listed(listed) => {
            listed.iter().map(ToString::to_string).collect()
        }
    }
}
