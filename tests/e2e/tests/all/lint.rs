//! What we ship keeps the rules we hold others to.

use std::path::{Path, PathBuf};

use metier_e2e::{TestHost, guests::target};
use metier_market::folder::Folder;
use metier_market::lint::{self, Report};
use metier_market::pack::pack;

/// What may stay, each with its reason: skill, rule, place.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

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

/// The file of a skill: what `cargo xtask guests` packed where there is code, and the carried component otherwise.
async fn file(host: &TestHost, name: &str) -> Vec<u8> {
    let folder = skills().join(name);
    if folder.join("Cargo.toml").is_file() {
        let path = target().join("skills").join(format!("{name}.wasm"));
        return std::fs::read(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; run `cargo xtask guests`", path.display())
        });
    }
    let component = std::fs::read(skills().join("openapi/openapi.wasm")).unwrap();
    let inputs = Folder::read(&folder).unwrap().into_inputs(component);
    pack(host.host(), inputs).await.unwrap().bytes
}

fn findings(name: &str, reports: [Report; 2]) -> Vec<(String, String, String)> {
    let found = reports.into_iter().flat_map(|report| report.findings);
    let mut found: Vec<_> = found
        .map(|finding| {
            (
                name.to_owned(),
                finding.rule.to_owned(),
                format!("{}: {}", finding.place, finding.message),
            )
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[tokio::test]
async fn every_shipped_skill_is_free_of_errors_and_warnings() {
    let host = TestHost::start();
    let names = shipped();
    assert!(names.len() >= 8, "{names:?}");
    let mut left: Vec<_> = EXCEPTIONS.to_vec();
    let mut unexpected = Vec::new();
    for name in &names {
        let packed = lint::file(&file(&host, name).await);
        assert!(packed.saw_tools, "{name}");
        for (skill, rule, what) in findings(name, [lint::folder(&skills().join(name)), packed]) {
            let is_excepted = |one: &(&str, &str, &str)| {
                (one.0, one.1) == (skill.as_str(), rule.as_str()) && what.starts_with(one.2)
            };
            match EXCEPTIONS.iter().any(is_excepted) {
                true => left.retain(|one| !is_excepted(one)),
                false => unexpected.push(format!("{skill}: {rule}: {what}")),
            }
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    assert!(left.is_empty(), "no longer needed: {left:?}");
}
