//! What a manifest asks for, in words.

use super::{Capabilities, HttpAsk};
use crate::limits::LimitsAsk;

/// Each capability asked for with its sentences; empty when the skill can only compute.
pub fn sentences(capabilities: &Capabilities) -> Vec<(&'static str, String)> {
    let mut said = Vec::new();
    for ask in &capabilities.http {
        said.extend(http(ask));
    }
    if let Some(kv) = &capabilities.kv {
        said.push(("kv", format!("remember things in {}", list(&kv.buckets))));
    }
    for ask in &capabilities.files {
        said.push((
            "files",
            format!(
                "{} {}",
                if ask.access.as_str() == "read" {
                    "read"
                } else {
                    "read and write"
                },
                ask.path
            ),
        ));
    }
    if capabilities.artifacts.is_some() {
        said.push(("artifacts", "hand back files".to_owned()));
    }
    if let Some(config) = &capabilities.config {
        said.push((
            "config",
            format!("read the settings {}", list(&config.keys)),
        ));
    }
    if capabilities.log.is_some() {
        said.push(("log", "write to the log".to_owned()));
    }
    if let Some(model) = &capabilities.model {
        let words = format!("ask models by the routes {}", list(&model.routes));
        said.push(("model", words));
    }
    if let Some(calls) = &capabilities.calls {
        let words = format!("call the tools {} of other skills", list(&calls.tools));
        said.push(("calls", words));
    }
    said
}

/// One line per path: a rule with ten paths is easier to read as ten lines.
fn http(ask: &HttpAsk) -> Vec<(&'static str, String)> {
    let rule = &ask.rule;
    let port = if rule.port == rule.scheme.default_port() {
        String::new()
    } else {
        format!(":{}", rule.port)
    };
    let credential = ask.credential.as_ref().map_or(String::new(), |name| {
        format!(", with the credential `{name}`")
    });
    let line = |path| {
        (
            "http",
            format!(
                "{} {}://{}{port}{path}{credential}",
                rule.methods, rule.scheme, rule.host
            ),
        )
    };
    rule.paths.iter().map(line).collect()
}

fn list(items: &[impl std::fmt::Display]) -> String {
    items
        .iter()
        .map(|item| format!("`{item}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Each limit asked for.
pub fn limits(ask: &LimitsAsk) -> Vec<(&'static str, String)> {
    let LimitsAsk {
        memory,
        table_elements,
        cpu,
        wall,
        log_bytes,
        artifact_bytes,
        requests,
        request_bytes,
        response_bytes,
        result_bytes,
    } = ask;
    let all = [
        ("memory", memory.map(|value| value.to_string())),
        (
            "table-elements",
            table_elements.map(|value| value.to_string()),
        ),
        ("cpu", cpu.map(|value| value.to_string())),
        ("wall", wall.map(|value| value.to_string())),
        ("log-bytes", log_bytes.map(|value| value.to_string())),
        (
            "artifact-bytes",
            artifact_bytes.map(|value| value.to_string()),
        ),
        ("requests", requests.map(|value| value.to_string())),
        (
            "request-bytes",
            request_bytes.map(|value| value.to_string()),
        ),
        (
            "response-bytes",
            response_bytes.map(|value| value.to_string()),
        ),
        ("result-bytes", result_bytes.map(|value| value.to_string())),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
