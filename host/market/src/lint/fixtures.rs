//! Rules about fixtures and other packed files.

use std::collections::BTreeSet;

use super::{
    Findings, Subject,
    inside::{Look, Seen},
};
use crate::fixtures::{self, FILES_FOLDER, FOLDER, Files, Fixture, FixtureName};

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let packed = subject.files.iter();
    let files = Files::of_packed(packed.map(|(path, bytes)| (path.as_str(), bytes.as_slice())));
    let (mut covered, mut used) = (BTreeSet::new(), BTreeSet::new());
    let mut look = Look::new();
    for (path, bytes) in &subject.files {
        let Some(file) = below_folder(path) else {
            resource(path, look.resource(bytes), findings);
            continue;
        };
        no_secret(path, look.fixture(bytes), findings);
        if fixtures::handed_name(path).is_some() {
            continue;
        }
        if let Some(fixture) = fixture(path, file, bytes, &files, findings) {
            covered.insert(fixture.tool.to_string());
            used.extend(fixture.files.into_iter().map(|file| file.name));
        }
    }
    for name in files.names().filter(|name| !used.contains(*name)) {
        findings.add(
            "fixture/unused-file",
            format!("{FOLDER}/{FILES_FOLDER}/{name}"),
            "No fixture that can be read hands it over.".to_owned(),
        );
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

fn no_secret(path: &str, seen: Seen, findings: &mut Findings) {
    match seen {
        Seen::Clean => {}
        Seen::Secret(what) => findings.add(
            "fixture/secret",
            path,
            format!("It has what looks like {what}: anybody who has the skill has it too."),
        ),
        Seen::Unread(why) => findings.add("fixture/unread", path, format!("It {why}.")),
    }
}

/// The fixture, when it is one.
fn fixture(
    path: &str,
    file: &str,
    bytes: &[u8],
    files: &Files,
    findings: &mut Findings,
) -> Option<Fixture> {
    let name = file.strip_suffix(".json").unwrap_or_default();
    let why = match (name.parse::<FixtureName>(), fixtures::parse(bytes, files)) {
        (Ok(_), Ok(fixture)) => return Some(fixture),
        (Ok(_), Err(error)) => error.to_string(),
        (Err(_), _) => format!(
            "`{file}` is no NAME.json, and is never replayed; files to hand over are in {FOLDER}/{FILES_FOLDER}"
        ),
    };
    findings.add("fixture/invalid", path, format!("It is no fixture: {why}."));
    None
}

fn resource(path: &str, seen: Seen, findings: &mut Findings) {
    match seen {
        Seen::Clean => {}
        Seen::Secret(what) => findings.add(
            "resource/secret",
            path,
            format!("It has what looks like {what}."),
        ),
        Seen::Unread(why) => findings.add("resource/unread", path, format!("It {why}.")),
    }
}
