//! A grant file that allows exactly what a manifest asks for: something to cut down, not something to keep.

use metier_core::{
    ids::{CredentialName, Digest},
    manifest::{Capabilities, HttpAsk, Manifest},
};
use serde_json::json;

use super::{json::methods, reach};

/// The text of the grant.
pub fn write(manifest: &Manifest, digest: &Digest) -> String {
    let mut sections = vec![head(manifest, digest)];
    let asks = &manifest.capabilities;
    sections.extend(asks.http.iter().map(|ask| http(ask)));
    sections.extend(credentials(asks));
    sections.extend(
        asks.kv
            .as_ref()
            .map(|kv| format!("[kv]\nbuckets = {}", json!(kv.buckets))),
    );
    for ask in &asks.files {
        sections.push(format!(
            "[[files]]\npath = {}\n# The folder on this machine, relative to this file: change it.\nsource = {}\naccess = \"{}\"",
            json!(ask.path),
            json!(format!("files{}", ask.path)),
            ask.access
        ));
    }
    sections.extend(
        asks.artifacts
            .is_some()
            .then(|| "[artifacts]\n# max-bytes = \"32MiB\"".to_owned()),
    );
    if let Some(config) = &asks.config {
        let lines: Vec<String> = config
            .keys
            .iter()
            .map(|key| format!("{} = \"\"", json!(key)))
            .collect();
        sections.push(format!(
            "# What the skill reads as its settings: fill in.\n[config]\n{}",
            lines.join("\n")
        ));
    }
    sections.extend(
        asks.log
            .is_some()
            .then(|| "[log]\n# The least level kept.\nlevel = \"info\"".to_owned()),
    );
    if let Some(model) = &asks.model {
        sections.push(format!("[model]\nroutes = {}", json!(model.routes)));
    }
    if let Some(calls) = &asks.calls {
        sections.push(format!("[calls]\ntools = {}", json!(calls.tools)));
    }
    sections.extend(limits(manifest));
    format!("{}\n", sections.join("\n\n"))
}

fn head(manifest: &Manifest, digest: &Digest) -> String {
    let subject = match manifest.name() {
        Some(name) => format!(
            "skill = {}\n# Uncomment to allow these very bytes only.\n# digest = \"{digest}\"",
            json!(name)
        ),
        None => format!("digest = \"{digest}\""),
    };
    let tools = if manifest.tools.is_empty() {
        "tools = [\"*\"]".to_owned()
    } else {
        let one = |(name, ask): (
            &_,
            &metier_core::manifest::Located<metier_core::manifest::ToolAsk>,
        )| { format!("    {}, # {}", json!(name), ask.effect) };
        let lines: Vec<String> = manifest.tools.iter().map(one).collect();
        format!("tools = [\n{}\n]", lines.join("\n"))
    };
    format!(
        "# Allows everything {} asks for. Take out what it should not have, and name your own hosts.\n{subject}\n# tenant = \"local\"\n{tools}",
        manifest.display_name()
    )
}

fn http(ask: &HttpAsk) -> String {
    let rule = &ask.rule;
    let mut lines = vec!["[[http]]".to_owned()];
    if rule.scheme.to_string() != "https" {
        lines.push(format!("scheme = \"{}\"", rule.scheme));
    }
    lines.push(format!("host = {}", json!(rule.host.to_string())));
    if rule.port != rule.scheme.default_port() {
        lines.push(format!("port = {}", rule.port));
    }
    lines.push(format!("methods = {}", json!(methods(&rule.methods))));
    lines.push(format!(
        "paths = {}",
        json!(
            rule.paths
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        )
    ));
    lines.extend(
        ask.credential
            .as_ref()
            .map(|name| format!("credential = {}", json!(name))),
    );
    lines.join("\n")
}

/// Each credential once, towards all the hosts it is asked for.
fn credentials(asks: &Capabilities) -> Vec<String> {
    let mut named: Vec<(&CredentialName, Vec<String>)> = Vec::new();
    for ask in &asks.http {
        let Some(name) = &ask.credential else {
            continue;
        };
        let host = ask.rule.host.to_string();
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, hosts)) if hosts.contains(&host) => {}
            Some((_, hosts)) => hosts.push(host),
            None => named.push((name, vec![host])),
        }
    }
    let section = |(name, hosts): (&CredentialName, Vec<String>)| {
        format!(
            "# How the secret is used and where it is kept: bearer, basic, api-key-header, api-key-query,\n\
             # sigv4, oauth2-client-credentials, oauth2-refresh-token or oauth2-jwt-bearer.\n\
             [credentials.{}]\nkind = \"bearer\"\nsecret = {{ vault = {} }}\nhosts = {}",
            json!(name),
            json!(name),
            json!(hosts)
        )
    };
    named.into_iter().map(section).collect()
}

fn limits(manifest: &Manifest) -> Option<String> {
    let asked = reach::limits(&manifest.limits);
    let line = |(name, value): &(&str, String)| match value.parse::<u64>() {
        Ok(number) if matches!(*name, "requests" | "table-elements") => {
            format!("{name} = {number}")
        }
        _ => format!("{name} = {}", json!(value)),
    };
    let lines: Vec<String> = asked.iter().map(line).collect();
    (!lines.is_empty()).then(|| format!("[limits]\n{}", lines.join("\n")))
}
