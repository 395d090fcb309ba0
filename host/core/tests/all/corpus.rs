//! Every file in `tests/corpus` is accepted or refused as its directory says, in the words the snapshots hold.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{fmt::Write as _, fs, path::PathBuf};

use metier_core::{CanonicalUrl, Grant, Manifest, toml_text::TextError};

/// Name and text of each file, sorted by name.
fn files(kind: &str) -> Vec<(String, String)> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/corpus")
        .join(kind);
    let mut files: Vec<_> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    assert!(files.len() >= 8, "{kind} holds too few inputs");
    files
}

/// One paragraph for each refused file.
fn refusals<T>(kind: &str, parse: fn(&str) -> Result<T, TextError>) -> String {
    let mut page = String::new();
    for (name, text) in files(kind) {
        let Err(error) = parse(&text) else {
            panic!("{kind}/{name} is accepted");
        };
        writeln!(page, "{name}: {error}").unwrap();
        if let Some(hint) = error.hint() {
            writeln!(page, "    hint: {hint}").unwrap();
        }
    }
    page
}

#[test]
fn valid_manifests_are_accepted() {
    for (name, text) in files("manifest/valid") {
        if let Err(error) = Manifest::parse(&text) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn invalid_manifests_are_refused_in_these_words() {
    insta::assert_snapshot!("manifest", refusals("manifest/invalid", Manifest::parse));
}

#[test]
fn valid_grants_are_accepted() {
    for (name, text) in files("grant/valid") {
        if let Err(error) = Grant::parse(&text) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn invalid_grants_are_refused_in_these_words() {
    insta::assert_snapshot!("grant", refusals("grant/invalid", Grant::parse));
}

#[test]
fn valid_urls_have_these_canonical_forms() {
    let mut page = String::new();
    for (name, text) in files("url/valid") {
        let url = CanonicalUrl::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        writeln!(
            page,
            "{name}: {text} -> {url} {:?} {:?}",
            url.host(),
            url.path_segments()
        )
        .unwrap();
    }
    insta::assert_snapshot!("url_valid", page);
}

#[test]
fn invalid_urls_are_refused_in_these_words() {
    let mut page = String::new();
    for (name, text) in files("url/invalid") {
        match CanonicalUrl::parse(&text) {
            Ok(url) => panic!("{name} is accepted as {url}"),
            Err(error) => writeln!(page, "{name}: {error}").unwrap(),
        }
    }
    insta::assert_snapshot!("url_invalid", page);
}
