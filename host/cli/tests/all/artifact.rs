//! `metier artifact`.

use std::fs;

use crate::sandbox::Sandbox;

/// SHA-256 of `hello\n`.
const HELLO: &str = "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

#[test]
fn a_file_comes_back_by_its_digest() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.txt", "hello\n");
    let added = sandbox.metier(&["artifact", "add", "hello.txt"]);
    assert_eq!(added.stdout.trim_end(), HELLO, "{}", added.stderr);
    let got = sandbox.metier(&["artifact", "get", HELLO, "--out", "copy.txt"]);
    assert_eq!(got.code, 0, "{}", got.stderr);
    let copy = fs::read_to_string(sandbox.path("copy.txt")).unwrap();
    assert_eq!(copy, "hello\n");
}

#[test]
fn an_artifact_is_one_tenants() {
    let sandbox = Sandbox::new();
    sandbox.write("hello.txt", "hello\n");
    sandbox.metier(&["artifact", "add", "hello.txt", "--tenant", "acme"]);
    let got = sandbox.metier(&["artifact", "get", HELLO, "--out", "copy.txt"]);
    assert_eq!(got.code, 10, "{}", got.stderr);
    assert!(got.stderr.contains("not-found"), "{}", got.stderr);
    assert!(!sandbox.path("copy.txt").exists());
}

#[test]
fn a_missing_file_is_not_kept() {
    let sandbox = Sandbox::new();
    let added = sandbox.metier(&["artifact", "add", "nowhere.txt"]);
    assert_eq!((added.code, added.stdout.as_str()), (10, ""));
    assert!(added.stderr.contains("nowhere.txt"), "{}", added.stderr);
}

#[test]
fn a_digest_that_is_none_is_said() {
    let sandbox = Sandbox::new();
    let got = sandbox.metier(&["artifact", "get", "sha256:12", "--out", "copy.txt"]);
    assert_eq!(got.code, 2, "{}", got.stderr);
}
