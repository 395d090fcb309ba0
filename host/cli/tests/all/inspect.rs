//! `metier inspect`.

use serde_json::Value;

use crate::sandbox::{Sandbox, with_section};

#[test]
fn a_skill_for_people() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(
        "skill",
        sandbox
            .metier(&["inspect", "teaching.wasm"])
            .shown(&sandbox)
    );
    insta::assert_snapshot!(
        "bare",
        sandbox.metier(&["inspect", "bare.wasm"]).shown(&sandbox)
    );
}

#[test]
fn a_skill_for_programs() {
    let sandbox = Sandbox::new();
    let ran = sandbox.metier(&["inspect", "teaching.wasm", "--output", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let mut value: Value = serde_json::from_str(&ran.stdout).unwrap();
    value["digest"] = "sha256:…".into();
    insta::assert_json_snapshot!(value);
}

#[test]
fn schemas_are_shown_when_asked_for() {
    let sandbox = Sandbox::new();
    let ran = sandbox.metier(&["inspect", "teaching.wasm", "--schemas"]);
    assert!(
        ran.stdout
            .contains("\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""),
        "{}",
        ran.stdout
    );
}

#[test]
fn the_grant_template_can_be_used_as_it_is() {
    let sandbox = Sandbox::new();
    let template = sandbox.metier(&["inspect", "teaching.wasm", "--grant-template"]);
    sandbox.write("grant.toml", &template.stdout);
    let ran = sandbox.metier(&[
        "call",
        "teaching.wasm",
        "add",
        "--a",
        "1",
        "--b",
        "2",
        "--grant",
        "grant.toml",
    ]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "3\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn hostile_words_in_a_manifest_never_reach_the_terminal() {
    let sandbox = Sandbox::new();
    let bare = std::fs::read(sandbox.path("bare.wasm")).unwrap();
    let manifest = include_str!("guests/skill.toml").replace("Apache-2.0", "\\u001b[2J\\u202eMIT");
    sandbox.write(
        "hostile.wasm",
        with_section(&bare, "metier:manifest", &manifest),
    );
    let ran = sandbox.metier(&["inspect", "hostile.wasm"]);
    let all = ran.stdout + &ran.stderr;
    assert!(!all.contains(['\u{1b}', '\u{202e}']), "{all:?}");
}
