//! What we ship keeps the rules we hold others to.

use std::path::{Path, PathBuf};

use metier_e2e::{TestHost, guests::target};
use metier_market::folder::Folder;
use metier_market::lint::{self, Report};
use metier_market::pack::pack;

/// Arguments without words, by skill, tool and path. The service's own description says nothing of them, and the skill's SKILL.md
/// says what a model needs; words of ours in a vendor's schema would be guesses.
const WITHOUT_WORDS: [(&str, &str, &str); 16] = [
    (
        "google-calendar",
        "book-meeting",
        "conferenceData.parameters.addOnParameters.parameters",
    ),
    (
        "google-calendar",
        "change-event",
        "conferenceData.parameters.addOnParameters.parameters",
    ),
    ("jira", "create-issue", "body.transition.looped"),
    ("jira", "edit-issue", "body.transition.looped"),
    ("jira", "transition-issue", "body.transition.looped"),
    ("jira", "add-attachment", "file.media_type"),
    ("outlook-calendar", "find-meeting-times", "attendees"),
    (
        "outlook-calendar",
        "find-meeting-times",
        "isOrganizerOptional",
    ),
    (
        "outlook-calendar",
        "find-meeting-times",
        "locationConstraint",
    ),
    ("outlook-calendar", "find-meeting-times", "maxCandidates"),
    ("outlook-calendar", "find-meeting-times", "meetingDuration"),
    (
        "outlook-calendar",
        "find-meeting-times",
        "minimumAttendeePercentage",
    ),
    (
        "outlook-calendar",
        "find-meeting-times",
        "returnSuggestionReasons",
    ),
    ("outlook-calendar", "find-meeting-times", "timeConstraint"),
    ("slack", "post-message", "body"),
    ("slack", "search-messages", "page"),
];

fn skills() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../skills")
}

/// The folders of shipped skills, by name.
fn shipped() -> Vec<String> {
    let folders = std::fs::read_dir(skills()).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = folders
        .filter(|folder| folder.join("skill.toml").is_file())
        .map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// The file of a skill: what `cargo xtask guests` packed where there is code, and the carried component otherwise. One in
/// another language is built, and its file linted, by `cargo xtask interop`.
async fn file(host: &TestHost, name: &str) -> Option<Vec<u8>> {
    let folder = skills().join(name);
    if folder.join("package.json").is_file() {
        return None;
    }
    if folder.join("Cargo.toml").is_file() {
        let path = target().join("skills").join(format!("{name}.wasm"));
        let read = std::fs::read(&path);
        return Some(read.unwrap_or_else(|error| {
            panic!("{}: {error}; run `cargo xtask guests`", path.display())
        }));
    }
    let component = std::fs::read(skills().join("openapi/openapi.wasm")).unwrap();
    let inputs = Folder::read(&folder).unwrap().into_inputs(component);
    Some(pack(host.host(), inputs).await.unwrap().bytes)
}

/// What cannot be built away: `data`'s SQL engine knows files, and is given none.
const UNUSED_IMPORTS: (&str, &str) = ("data", "component/unused-import");

/// What is found, but for that and the arguments that may be without words, which are taken out of `left`.
fn findings(name: &str, reports: Vec<Report>, left: &mut Vec<(&str, &str, &str)>) -> Vec<String> {
    let found = reports.into_iter().flat_map(|report| report.findings);
    let unexpected = found.filter(|finding| {
        let is_excepted = |(skill, tool, argument): &(&str, &str, &str)| {
            *skill == name
                && finding.rule == "tool/field-no-description"
                && finding
                    .message
                    .contains(&format!("`{argument}` of `{tool}`"))
        };
        left.retain(|one| !is_excepted(one));
        !WITHOUT_WORDS.iter().any(is_excepted) && (name, finding.rule) != UNUSED_IMPORTS
    });
    unexpected
        .map(|finding| {
            format!(
                "{name}: {}: {}: {}",
                finding.place, finding.rule, finding.message
            )
        })
        .collect()
}

#[tokio::test]
async fn every_shipped_skill_is_free_of_errors_and_warnings() {
    let host = TestHost::start();
    let names = shipped();
    assert!(names.len() >= 8, "{names:?}");
    let mut left = WITHOUT_WORDS.to_vec();
    let mut unexpected = Vec::new();
    for name in &names {
        let mut reports = vec![lint::folder(&skills().join(name))];
        if let Some(file) = file(&host, name).await {
            let packed = lint::file(&file);
            assert!(packed.saw_tools, "{name}");
            reports.push(packed);
        }
        unexpected.extend(findings(name, reports, &mut left));
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    assert!(left.is_empty(), "no longer needed: {left:?}");
}
