//! Rules about fixtures and other packed files.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Findings, Subject, secret};

/// Where recorded calls are.
const FOLDER: &str = "fixtures/";

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let mut covered = BTreeSet::new();
    for (path, bytes) in &subject.files {
        let Ok(text) = std::str::from_utf8(bytes) else {
            continue;
        };
        if !path.starts_with(FOLDER) {
            if let Some(what) = secret::in_text(text) {
                findings.add(
                    "resource/secret",
                    path,
                    format!("It has what looks like {what}."),
                );
            }
            continue;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(fixture) => {
                covered.extend(
                    fixture
                        .get("tool")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                );
                if let Some(what) = secret::in_json(&fixture) {
                    findings.add(
                        "fixture/secret",
                        path,
                        format!(
                            "It has what looks like {what}: anybody who has the skill has it too."
                        ),
                    );
                }
            }
            Err(error) => {
                findings.add("fixture/invalid", path, format!("It is not JSON: {error}."))
            }
        }
    }
    let tools = subject
        .manifest
        .iter()
        .flat_map(|manifest| manifest.tools.keys());
    for tool in tools.filter(|tool| !covered.contains(tool.as_str())) {
        findings.add(
            "fixture/none-for-tool",
            FOLDER,
            format!("No fixture calls `{tool}`: nobody can see that it still works."),
        );
    }
}
