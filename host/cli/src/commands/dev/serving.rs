//! What is served, and what it may reach.

use std::net::SocketAddr;

use metier_core::grant::Grant;
use metier_runtime::registry::Installed;
use serde_json::{Value, json};

use crate::{terminal::Paint, text};

/// Most characters of a tool's description on its line.
const MAX_ABOUT: usize = 80;

/// The address, the tools and the grant, for people.
pub fn human(installed: &Installed, address: SocketAddr, withheld: bool, paint: Paint) -> String {
    let manifest = installed.manifest();
    let mut lines = vec![format!(
        "{} {} at http://{address}",
        paint.good("serving"),
        paint.heading(&text::one_line(manifest.display_name()))
    )];
    let tools = installed.skill().tools();
    let widest = tools.map(|tool| tool.info.name.as_str().len()).max();
    for tool in installed.skill().tools() {
        let (name, effect) = (&tool.info.name, tool.info.effect);
        let about = text::one_line(tool.info.description.lines().next().unwrap_or_default());
        let about: String = about.chars().take(MAX_ABOUT).collect();
        let gap = " ".repeat(widest.unwrap_or(0).saturating_sub(name.as_str().len()));
        let line = format!(
            "  {}{gap}  {effect}  {}",
            paint.name(name.as_str()),
            paint.faint(&about)
        );
        lines.push(line.trim_end().to_owned());
    }
    let granted = granted(installed.grant());
    if granted.is_empty() {
        lines.push("  it may reach nothing".to_owned());
    }
    lines.extend(
        granted
            .iter()
            .map(|one| format!("  may {}", text::one_line(one))),
    );
    if withheld {
        let given = self::withheld(installed);
        lines.extend(given.iter().map(|one| {
            format!(
                "  {} {one}: name a grant with --grant",
                paint.caution("may not")
            )
        }));
    }
    lines.join("\n")
}

/// The same for programs.
pub fn json(installed: &Installed, address: SocketAddr, withheld: bool) -> Value {
    let skill = installed.skill();
    let tools: Vec<_> = skill.tools().map(|tool| json!(tool.info.name)).collect();
    json!({
        "kind": "serving",
        "address": format!("http://{address}"),
        "skill": installed.manifest().name(),
        "digest": skill.digest(),
        "tools": tools,
        "granted": granted(installed.grant()),
        "withheld": match withheld { true => self::withheld(installed), false => Vec::new() },
    })
}

fn granted(grant: &Grant) -> Vec<String> {
    let mut said = Vec::new();
    for http in &grant.http {
        let credential = http.value.credential.as_ref();
        let credential = credential.map_or(String::new(), |name| {
            format!(", with the credential `{name}`")
        });
        said.push(format!("send {}{credential}", http.value.rule));
    }
    said.extend(
        grant
            .kv
            .iter()
            .map(|bucket| format!("remember things in `{bucket}`")),
    );
    for files in &grant.files {
        let files = &files.value;
        said.push(format!(
            "{} {}, which is {}",
            files.access, files.path, files.source
        ));
    }
    said.extend(
        grant
            .config
            .keys()
            .map(|key| format!("read the setting `{key}`")),
    );
    said.extend(grant.artifacts.map(|_| "hand back files".to_owned()));
    said.extend(grant.log.map(|_| "write to the log".to_owned()));
    let routes = grant.model.iter();
    said.extend(routes.map(|route| format!("ask models by the route `{route}`, within a run")));
    let tools = grant.calls.iter();
    said.extend(tools.map(|tool| format!("call the tool `{tool}`, within a run")));
    said
}

/// What the manifest asks for and nobody can give without a grant file.
fn withheld(installed: &Installed) -> Vec<String> {
    let asks = &installed.manifest().capabilities;
    let mut said = Vec::new();
    for name in asks.http.iter().filter_map(|ask| ask.credential.as_ref()) {
        let line = format!("use the credential `{name}`");
        if !said.contains(&line) {
            said.push(line);
        }
    }
    let keys = asks.config.iter().flat_map(|config| &config.keys);
    said.extend(keys.map(|key| format!("read the setting `{key}`")));
    said.extend(
        asks.files
            .iter()
            .map(|files| format!("{} {}", files.access, files.path)),
    );
    said
}
