//! Every guest has a test.

use crate::tree;

/// A guest is compiled because an end-to-end test runs it; one that no test names is dead weight.
#[test]
fn every_test_guest_is_named_by_an_end_to_end_test() {
    let sources: String = tree::files("rs")
        .iter()
        .filter(|file| file.starts_with("tests/e2e/") || file.starts_with("tests/bench/"))
        .map(|file| tree::read(file))
        .collect();
    for manifest in tree::files("toml") {
        if !manifest.starts_with("tests/guests/") || !manifest.ends_with("/Cargo.toml") {
            continue;
        }
        let table: toml::Table = tree::read(&manifest).parse().unwrap();
        let is_component = table
            .get("lib")
            .and_then(|lib| lib.get("crate-type"))
            .is_some_and(|types| types.to_string().contains("cdylib"));
        if let (true, Some(name)) = (
            is_component,
            table.get("package").and_then(|p| p["name"].as_str()),
        ) {
            let folder = manifest.split('/').rev().nth(1).unwrap();
            let named = [
                name.to_owned(),
                name.replace('-', "_"),
                format!("\"{folder}\""),
            ];
            assert!(
                named.iter().any(|n| sources.contains(n)),
                "no test names the guest {name}"
            );
        }
    }
}
