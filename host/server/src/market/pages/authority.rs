//! What a skill asks for, in plain words.

use maud::{Markup, html};
use metier_core::Manifest;

use crate::console::text;

/// Everything it asks for; each goes on after "asks to".
pub fn sentences(manifest: &Manifest) -> Vec<String> {
    let asks = &manifest.capabilities;
    let mut said = Vec::new();
    for ask in &asks.http {
        let rule = &ask.value.rule;
        let scheme = match rule.scheme.to_string().as_str() {
            "https" => String::new(),
            other => format!("{other}://"),
        };
        let port = match rule.port == rule.scheme.default_port() {
            true => String::new(),
            false => format!(":{}", rule.port),
        };
        let credential = ask.value.credential.as_ref();
        let credential = credential.map_or(String::new(), |name| {
            format!(", with your credential `{name}`")
        });
        let paths = rule.paths.iter();
        said.extend(paths.map(|path| {
            format!(
                "{} {scheme}{}{port}{path}{credential}",
                rule.methods, rule.host
            )
        }));
    }
    if let Some(kv) = &asks.kv {
        let buckets = kv.value.buckets.iter();
        said.extend(buckets.map(|bucket| format!("remember things in `{bucket}`")));
    }
    let files = asks.files.iter();
    said.extend(files.map(|ask| format!("{} files in {}", ask.value.access, ask.value.path)));
    if let Some(config) = &asks.config {
        let keys = config.value.keys.iter();
        said.extend(keys.map(|key| format!("read the setting `{key}`")));
    }
    said.extend(
        asks.artifacts
            .as_ref()
            .map(|_| "hand back files".to_owned()),
    );
    said.extend(asks.log.as_ref().map(|_| "write to the log".to_owned()));
    if let Some(model) = &asks.model {
        let routes = model.value.routes.iter();
        said.extend(routes.map(|route| format!("ask models by the route `{route}`, within a run")));
    }
    if let Some(calls) = &asks.calls {
        let tools = calls.value.tools.iter();
        said.extend(tools.map(|tool| format!("call the tool `{tool}`, within a run")));
    }
    said
}

/// The same as a list.
pub fn list(manifest: &Manifest) -> Markup {
    let said = sentences(manifest);
    html! {
        @if said.is_empty() {
            p.authority { "Computes, and asks to reach nothing." }
        } @else {
            ul.authority {
                @for sentence in &said { li { "asks to " (text::prose(sentence)) } }
                li.rest { "and nothing else" }
            }
        }
    }
}
