//! Rules about tools: what a model reads.

use metier_core::hidden;
use metier_core::package::Tool;
use serde_json::Value;

use super::{Findings, Subject};
use crate::folder::{MANIFEST_FILE, TOOLS_FILE};

/// Longest description, in characters: a model reads those of every tool before it does anything.
const MAX_DESCRIPTION: usize = 2048;

/// How deep fields are looked at; deeper ones are somebody's data.
const MAX_DEPTH: usize = 8;

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let tools = subject.tools.as_deref().unwrap_or_default();
    hidden(tools, findings);
    for tool in tools {
        described(tool, findings);
        if let Some(manifest) = &subject.manifest
            && !manifest.tools.contains_key(&tool.name)
        {
            let message = format!(
                "Nothing says what `{}` does to the world: add `[tools.{}]` with an effect.",
                tool.name, tool.name
            );
            findings.add("tool/no-effect", MANIFEST_FILE, message);
        }
    }
}

fn described(tool: &Tool, findings: &mut Findings) {
    let length = tool.description.chars().count();
    if tool.description.trim().is_empty() {
        let message = format!(
            "The tool `{}` has no description: a model cannot know when to call it.",
            tool.name
        );
        findings.add("tool/no-description", TOOLS_FILE, message);
    } else if length > MAX_DESCRIPTION {
        let message = format!(
            "The description of `{}` has {length} characters; move details to SKILL.md.",
            tool.name
        );
        findings.add("tool/long-description", TOOLS_FILE, message);
    }
    fields(
        &tool.input_schema,
        &tool.input_schema,
        &mut Vec::new(),
        &mut Vec::new(),
        &mut |path| {
            let message = format!(
                "The argument `{}` of `{}` has no description.",
                path.join("."),
                tool.name
            );
            findings.add("tool/field-no-description", TOOLS_FILE, message);
        },
    );
}

/// Calls `say` with the path of each property that nothing describes. What contains itself (`within`) is looked at once.
fn fields<'v>(
    schema: &'v Value,
    root: &'v Value,
    path: &mut Vec<&'v str>,
    within: &mut Vec<&'v Value>,
    say: &mut impl FnMut(&[&str]),
) {
    let schema = target(schema, root);
    if within.iter().any(|outer| std::ptr::eq(*outer, schema)) {
        return;
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    if path.len() >= MAX_DEPTH {
        return;
    }
    within.push(schema);
    for (name, property) in properties.into_iter().flatten() {
        path.push(name);
        let said = |schema: &Value| {
            schema
                .get("description")
                .is_some_and(|text| text.as_str().is_some_and(|text| !text.trim().is_empty()))
        };
        if !said(property) && !said(target(property, root)) {
            say(path);
        }
        fields(property, root, path, within, say);
        path.pop();
    }
    within.pop();
}

/// What a local `$ref` points to.
fn target<'v>(schema: &'v Value, root: &'v Value) -> &'v Value {
    let pointer = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|text| text.strip_prefix('#'));
    pointer
        .and_then(|pointer| root.pointer(pointer))
        .unwrap_or(schema)
}

pub(super) fn hidden(tools: &[Tool], findings: &mut Findings) {
    for tool in tools {
        let mut say = |text: &str| {
            if let Some(found) = hidden::find(text) {
                let message = format!(
                    "The words of the tool `{}` have {found}, which a reader does not see.",
                    tool.name
                );
                findings.add("tool/hidden-characters", TOOLS_FILE, message);
            }
        };
        say(&tool.description);
        tool.title.as_deref().map(&mut say);
        texts(&tool.input_schema, &mut say);
        tool.output_schema
            .iter()
            .for_each(|schema| texts(schema, &mut say));
    }
}

/// Every name and text in a schema.
fn texts(schema: &Value, say: &mut impl FnMut(&str)) {
    match schema {
        Value::String(text) => say(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, say)),
        Value::Object(members) => {
            for (name, value) in members {
                say(name);
                texts(value, say);
            }
        }
        _ => {}
    }
}
