//! What a server says now, beside what it said when it was attached.

use metier_mcp_wire::{Plan, plan::Tool};

use super::{
    convert::{Converted, shown},
    server::Listed,
};

/// One sentence for each difference that matters to a call or to whoever reads the tools; none for tools that were not chosen.
pub fn between(plan: &Plan, listed: &Listed, now: &Converted) -> Vec<String> {
    let mut changes = Vec::new();
    if plan.revision != listed.revision {
        changes.push(format!(
            "the server speaks revision {} of the protocol, and spoke {}",
            listed.revision, plan.revision
        ));
    }
    if plan.session != listed.session {
        let gives = if listed.session {
            "gives"
        } else {
            "no longer gives"
        };
        changes.push(format!("the server {gives} sessions"));
    }
    for tool in &plan.tools {
        let mut others = now.tools.iter();
        let Some(other) = others.find(|other| other.tool.tool == tool.tool) else {
            changes.push(format!("`{}` is gone", shown(&tool.tool)));
            continue;
        };
        let different = parts(tool, &other.tool);
        if !different.is_empty() {
            changes.push(format!(
                "`{}` has changed: {}",
                tool.name,
                different.join(", ")
            ));
        }
    }
    let known = |name: &str| plan.tools.iter().any(|tool| tool.tool == name);
    let new = now.tools.iter().filter(|made| !known(&made.tool.tool));
    changes
        .extend(new.map(|made| format!("`{}` is new, or was not chosen", shown(&made.tool.tool))));
    changes
}

fn parts(a: &Tool, b: &Tool) -> Vec<&'static str> {
    let parts = [
        ("its description", a.description == b.description),
        ("its arguments", a.input_schema == b.input_schema),
        ("its answer", a.output_schema == b.output_schema),
        ("its headers", a.headers == b.headers),
    ];
    let different = parts.into_iter().filter(|(_, same)| !same);
    different.map(|(name, _)| name).collect()
}
