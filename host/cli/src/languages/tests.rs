#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;

use super::{BuildError, Language};

fn found(files: &[&str]) -> Result<Language, BuildError> {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    Language::find(folder.path())
}

#[test]
fn each_kind_is_found_by_its_file() {
    let table: [(&[&str], Language); 13] = [
        (&["Cargo.toml", "src/lib.rs"], Language::Rust),
        (&["package.json"], Language::JavaScript),
        (&["package.json", "tsconfig.json"], Language::TypeScript),
        (&["pyproject.toml"], Language::Python),
        (&["build.zig", "src/main.zig"], Language::Zig),
        (&["build.zig", "src/sqlite.c"], Language::Zig),
        (&["go.mod"], Language::Go),
        (&["src/skill.c", "src/more.c"], Language::C),
        (&["component.wasm", "tools.json"], Language::Unpacked),
        (
            &["component.wasm", "assets/operations.json"],
            Language::Unpacked,
        ),
        (&["assets/operations.json"], Language::OpenApi),
        (&["assets/server.json"], Language::Mcp),
        (&["Cargo.toml", "assets/server.json"], Language::Rust),
    ];
    for (files, language) in table {
        assert_eq!(found(files).unwrap(), language, "{files:?}");
    }
}

#[test]
fn none_and_two_are_errors_that_say_what_was_looked_for() {
    let none = found(&["README.md"]).unwrap_err();
    assert!(none.to_string().contains("Cargo.toml"), "{none}");
    let two = found(&["Cargo.toml", "go.mod"]).unwrap_err();
    assert!(two.to_string().contains("Rust and Go"), "{two}");
}
