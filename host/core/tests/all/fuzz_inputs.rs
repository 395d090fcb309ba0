//! What the fuzzer started from and what it found, run through the same properties as under `cargo xtask fuzz`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{fs, path::PathBuf};

#[path = "../../../../fuzz/properties/manifest.rs"]
mod manifest;
#[path = "../../../../fuzz/properties/url_policy.rs"]
mod url_policy;

/// Every file below the folders that is there: the name it has and the bytes it holds.
fn inputs(folders: &[&str]) -> Vec<(PathBuf, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut left: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut found = Vec::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap();
            left.extend(entries.map(|entry| entry.unwrap().path()));
        } else {
            let bytes =
                fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push((path, bytes));
        }
    }
    found
}

/// How many inputs `check` accepted; a failing one is the last that was printed.
fn accepted(folders: &[&str], check: fn(&[u8]) -> bool) -> usize {
    let holds = |(path, bytes): &(PathBuf, Vec<u8>)| {
        std::panic::catch_unwind(|| check(bytes))
            .unwrap_or_else(|_| panic!("does not hold for {}", path.display()))
    };
    inputs(folders).iter().filter(|input| holds(input)).count()
}

#[test]
fn manifests_and_grants() {
    let folders = [
        "fuzz/seeds/manifest",
        "fuzz/regressions/manifest",
        "tests/corpus/manifest",
        "tests/corpus/grant",
    ];
    assert!(accepted(&folders, manifest::check) > 20);
}

#[test]
fn urls_and_what_is_allowed() {
    let folders = [
        "fuzz/seeds/url_policy",
        "fuzz/regressions/url_policy",
        "tests/corpus/url",
    ];
    assert!(accepted(&folders, url_policy::check) >= 8);
}
