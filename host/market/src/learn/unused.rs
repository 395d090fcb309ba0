//! What a manifest asks for and no call used.

use metier_core::{Manifest, http::MethodSet};

use super::Used;

/// As it is written in the manifest, in its order.
pub fn of(manifest: &Manifest, used: &Used) -> Vec<String> {
    let asks = &manifest.capabilities;
    let mut unused: Vec<String> = Vec::new();
    let idle = manifest
        .tools
        .keys()
        .filter(|tool| !used.tools.contains(*tool));
    unused.extend(idle.map(|tool| format!("tools: {tool}, which no call called")));
    for ask in &asks.http {
        let by = || {
            used.http
                .iter()
                .filter(|one| ask.rule.matches(&one.method, &one.url))
        };
        if by().next().is_none() {
            unused.push(format!("http, line {}: {}", ask.line, ask.rule));
            continue;
        }
        if let MethodSet::Listed(methods) = &ask.rule.methods {
            let idle = methods
                .iter()
                .filter(|method| !by().any(|one| one.method == **method));
            unused
                .extend(idle.map(|method| format!("http, line {}: the method {method}", ask.line)));
        }
        let idle = ask
            .rule
            .paths
            .iter()
            .filter(|path| !by().any(|one| path.matches(one.url.path_segments())));
        unused.extend(idle.map(|path| format!("http, line {}: the path {path}", ask.line)));
    }
    let buckets = asks.kv.iter().flat_map(|kv| &kv.buckets);
    unused.extend(
        buckets
            .filter(|bucket| !used.buckets.contains(*bucket))
            .map(|bucket| format!("kv: the bucket {bucket}")),
    );
    let keys = asks.config.iter().flat_map(|config| &config.keys);
    unused.extend(
        keys.filter(|key| !used.keys.contains(*key))
            .map(|key| format!("config: the key {key}")),
    );
    if asks.artifacts.is_some() && !used.artifacts {
        unused.push("artifacts".to_owned());
    }
    if asks.log.is_some() && !used.log {
        unused.push("log".to_owned());
    }
    unused
}

/// Directories: a recorded call has none.
pub fn unseen(manifest: &Manifest) -> Vec<String> {
    let files = manifest.capabilities.files.iter();
    files
        .map(|ask| format!("files, line {}: {} ({})", ask.line, ask.path, ask.access))
        .collect()
}
