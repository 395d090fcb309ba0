#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use super::{Metadata, workspace_dirs};

#[test]
fn a_root_is_a_workspace_or_holds_some() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    assert!(workspace_dirs(&root.join("absent")).unwrap().is_empty());
    for guest in ["b", "a", "not-rust"] {
        fs::create_dir(root.join(guest)).unwrap();
    }
    for guest in ["a", "b"] {
        fs::write(root.join(guest).join("Cargo.toml"), "").unwrap();
    }
    assert_eq!(
        workspace_dirs(root).unwrap(),
        [root.join("a"), root.join("b")]
    );
    fs::write(root.join("Cargo.toml"), "").unwrap();
    assert_eq!(workspace_dirs(root).unwrap(), [root]);
}

#[test]
fn libraries_and_commands_become_components_and_build_scripts_do_not() {
    let json = r#"{"packages": [
        {"name": "my-skill", "manifest_path": "/g/my-skill/Cargo.toml", "targets": [
            {"name": "build-script-build", "crate_types": ["bin"], "kind": ["custom-build"]},
            {"name": "my_skill", "crate_types": ["cdylib", "rlib"], "kind": ["cdylib", "rlib"]}]},
        {"name": "my-command", "manifest_path": "/g/my-command/Cargo.toml", "targets": [
            {"name": "my-command", "crate_types": ["bin"], "kind": ["bin"]}]},
        {"name": "helper", "manifest_path": "/g/helper/Cargo.toml", "targets": [
            {"name": "helper", "crate_types": ["lib"], "kind": ["lib"]},
            {"name": "build-script-build", "crate_types": ["bin"], "kind": ["custom-build"]},
            {"name": "all", "crate_types": ["bin"], "kind": ["test"]}]}]}"#;
    let metadata: Metadata = serde_json::from_str(json).unwrap();
    let found: Vec<_> = metadata
        .packages
        .into_iter()
        .filter_map(|package| package.component(Path::new("/out")))
        .map(|package| (package.name, package.component))
        .collect();
    let expected = [
        ("my-skill".to_owned(), "/out/my_skill.wasm".into()),
        ("my-command".to_owned(), "/out/my-command.wasm".into()),
    ];
    assert_eq!(found, expected);
}
