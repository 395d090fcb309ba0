//! Rules about the component.

use super::{Findings, Subject};

/// Where the component is, for a finding.
const PLACE: &str = "component";

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let files = subject
        .manifest
        .as_ref()
        .is_some_and(|manifest| !manifest.capabilities.files.is_empty());
    let unused = |import: &&String| {
        import.starts_with("wasi:sockets/") || (import.starts_with("wasi:filesystem/") && !files)
    };
    let mut packages: Vec<&str> = subject
        .imports
        .iter()
        .filter(unused)
        .filter_map(|import| import.split('/').next())
        .collect();
    packages.dedup();
    for package in packages {
        let message = format!(
            "It imports {package}, which no rule of skill.toml lets it use: build without what needs it, or ask for it."
        );
        findings.add("component/unused-import", PLACE, message);
    }
}
