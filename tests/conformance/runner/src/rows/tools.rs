//! What the file says about itself.

use std::collections::BTreeSet;

use metier_core::Code;
use serde_json::json;

use super::{Checked, Row, expect, row};
use crate::scene::Scene;

pub(super) const ROWS: &[Row] = &[
    row!(
        "tools",
        "the tools are those of the manifest, no more and no less",
        tools
    ),
    row!(
        "words",
        "WIT's comments became the descriptions a model reads",
        words
    ),
    row!(
        "unlisted",
        "an export the manifest does not list is never run",
        unlisted
    ),
    row!("greet", "text goes in and comes out", greet),
];

async fn tools(scene: &Scene) -> Checked {
    let manifest = Scene::manifest().map_err(|error| error.to_string())?;
    let asked: BTreeSet<_> = manifest.tools.keys().map(|name| name.to_string()).collect();
    let found: BTreeSet<_> = scene
        .skill
        .tools()
        .map(|tool| tool.info.name.to_string())
        .collect();
    expect::same("the tools", &found, &asked)
}

async fn words(scene: &Scene) -> Checked {
    let description = |tool: &str| {
        scene
            .skill
            .tool(tool)
            .map(|tool| tool.info.description.clone())
            .unwrap_or_default()
    };
    let greet = description("greet");
    expect::holds(
        greet.contains("must be the packed tool's description"),
        || format!("the description of `greet` is {greet:?}"),
    )?;
    let schema = scene
        .skill
        .tool("values.echo-record")
        .map(|tool| tool.info.input_schema.to_string());
    let schema = schema.unwrap_or_default();
    expect::holds(schema.contains("What the person is called."), || {
        format!("a field's comment is not in the schema: {schema}")
    })
}

/// What is left over beside the tools cannot be called, whatever a language's runtime leaves there.
async fn unlisted(scene: &Scene) -> Checked {
    let refused = scene.skill.refused();
    expect::holds(
        refused.iter().any(|export| export.name == "unlisted"),
        || "`unlisted` is not exported".into(),
    )?;
    for export in refused {
        let Ok(_) = export.name.parse::<metier_core::ToolName>() else {
            continue;
        };
        let ended = scene.call(&export.name, json!({})).await;
        expect::fails(&ended, Code::UnknownTool, &[&export.name])?;
        expect::same("memory used", &ended.outcome.usage.memory_peak_bytes, &0)?;
    }
    Ok(())
}

async fn greet(scene: &Scene) -> Checked {
    let ended = scene.call("greet", json!({"name": "Ada"})).await;
    expect::answers(&ended, &json!("Hello, Ada!"))
}
