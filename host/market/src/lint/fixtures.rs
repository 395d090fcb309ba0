//! Rules about fixtures and other packed files.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Findings, Subject, secret};
use crate::fixtures::{self, FOLDER, FixtureName};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let mut covered = BTreeSet::new();
    for (path, bytes) in &subject.files {
        match below_folder(path) {
            Some(file) => covered.extend(fixture(path, file, bytes, findings)),
            None => resource(path, bytes, findings),
        }
    }
    let tools = subject
        .manifest
        .iter()
        .flat_map(|manifest| manifest.tools.keys());
    for tool in tools.filter(|tool| !covered.contains(tool.as_str())) {
        findings.add(
            "fixture/none-for-tool",
            format!("{FOLDER}/"),
            format!("No fixture calls `{tool}`: nobody can see that it still works."),
        );
    }
}

fn below_folder(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER)?.strip_prefix('/')
}

/// The tool that the fixture calls, when it is one.
fn fixture(path: &str, file: &str, bytes: &[u8], findings: &mut Findings) -> Option<String> {
    if let Some(what) = secret_in(bytes) {
        findings.add(
            "fixture/secret",
            path,
            format!("It has what looks like {what}: anybody who has the skill has it too."),
        );
    }
    let name = file.strip_suffix(".json").unwrap_or_default();
    let why = match (name.parse::<FixtureName>(), fixtures::parse(bytes)) {
        (Ok(_), Ok(fixture)) => return Some(fixture.tool.to_string()),
        (Ok(_), Err(error)) => error.to_string(),
        (Err(_), _) => format!("`{file}` is no NAME.json, and is never replayed"),
    };
    findings.add("fixture/invalid", path, format!("It is no fixture: {why}."));
    None
}

/// By its members when it is JSON, whether or not it is a fixture, and by its text when it is not.
fn secret_in(bytes: &[u8]) -> Option<String> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => secret::in_json(&value),
        Err(_) => secret::in_text(std::str::from_utf8(bytes).ok()?).map(str::to_owned),
    }
}

fn resource(path: &str, bytes: &[u8], findings: &mut Findings) {
    let text = std::str::from_utf8(bytes);
    if let Some(what) = text.ok().and_then(secret::in_text) {
        findings.add(
            "resource/secret",
            path,
            format!("It has what looks like {what}."),
        );
    }
}
