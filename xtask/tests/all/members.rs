//! What every member of the workspace inherits.

use crate::graph::MEMBERS;
use std::fs;

#[test]
fn every_member_inherits_lints_edition_licence_and_versions() {
    for (name, package) in &*MEMBERS {
        let text = fs::read_to_string(&package.manifest_path).unwrap();
        let manifest: toml::Table = text.parse().unwrap();
        let inherits = |table: &toml::Value, key: &str| {
            table.get(key).and_then(|v| v.get("workspace")) == Some(&toml::Value::Boolean(true))
        };
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"));
        assert_eq!(
            lints,
            Some(&toml::Value::Boolean(true)),
            "{name}: [lints] workspace = true"
        );
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            assert!(
                inherits(&manifest["package"], key),
                "{name}: {key}.workspace = true"
            );
        }
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let dependencies = manifest.get(section).and_then(toml::Value::as_table);
            for dependency in dependencies.into_iter().flat_map(toml::Table::keys) {
                let inherited = inherits(&manifest[section], dependency);
                assert!(inherited, "{name}: {dependency}.workspace = true");
            }
        }
    }
}

/// One binary per crate links once; more of them make a slow machine slower.
#[test]
fn every_member_has_at_most_one_integration_test_binary() {
    for (name, package) in &*MEMBERS {
        let tests = package.manifest_path.replace("Cargo.toml", "tests");
        let Ok(entries) = fs::read_dir(&tests) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let is_other_binary = path.extension().is_some_and(|e| e == "rs")
                || (path.join("main.rs").exists() && !path.ends_with("all"));
            assert!(
                !is_other_binary,
                "{name}: move {} into tests/all",
                path.display()
            );
        }
    }
}
