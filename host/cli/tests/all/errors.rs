//! Everything that can go wrong: one sentence, a code, who mends it, a hint, an exit code.

use std::{fs, os::unix::fs::PermissionsExt};

use metier_core::code::Code;
use serde_json::Value;

use crate::sandbox::{Ran, Sandbox, with_section};

fn broken(sandbox: &Sandbox) {
    let bare = fs::read(sandbox.path("bare.wasm")).unwrap();
    sandbox.write("core.wasm", wat::parse_str("(module)").unwrap());
    sandbox.write(
        "world.wasm",
        wat::parse_str(
            r#"(component (import "acme:gpu/device@1.0.0" (instance (export "run" (func)))))"#,
        )
        .unwrap(),
    );
    sandbox.write("empty.wasm", wat::parse_str("(component)").unwrap());
    sandbox.write("text.wasm", "hello");
    sandbox.write("cut.wasm", &bare[..bare.len() / 2]);
    let lying = include_str!("guests/skill.toml").replace("[tools.add]", "[tools.addd]");
    sandbox.write("lying.wasm", with_section(&bare, "metier:manifest", &lying));
    let unknown = include_str!("guests/skill.toml").replace("license", "licence");
    sandbox.write(
        "unknown-key.wasm",
        with_section(&bare, "metier:manifest", &unknown),
    );
    sandbox.write(
        "other.toml",
        "skill = \"com.acme/other\"\ntools = [\"*\"]\n",
    );
    sandbox.write(
        "wrong.toml",
        "skill = \"com.acme/teaching\"\ntols = [\"*\"]\n",
    );
    sandbox.write("none.toml", "skill = \"com.acme/teaching\"\ntools = []\n");
}

/// What is typed, the exit code and the error code.
const MISTAKES: [(&str, &[&str], i32, &str); 22] = [
    ("missing", &["inspect", "missing.wasm"], 10, "not-found"),
    ("directory", &["inspect", "."], 10, "invalid-arguments"),
    (
        "core",
        &["inspect", "core.wasm"],
        11,
        "skill-not-a-component",
    ),
    ("world", &["inspect", "world.wasm"], 11, "skill-"),
    ("empty", &["inspect", "empty.wasm"], 11, "skill-no-tools"),
    (
        "text",
        &["call", "text.wasm", "add"],
        11,
        "skill-not-a-component",
    ),
    (
        "cut",
        &["call", "cut.wasm", "add"],
        11,
        "skill-not-a-component",
    ),
    (
        "lying",
        &["inspect", "lying.wasm"],
        11,
        "skill-manifest-mismatch",
    ),
    (
        "unknown-key",
        &["inspect", "unknown-key.wasm"],
        11,
        "skill-manifest-invalid",
    ),
    ("tool", &["call", "teaching.wasm", "ad"], 10, "unknown-tool"),
    (
        "no-tool",
        &["call", "teaching.wasm"],
        2,
        "invalid-arguments",
    ),
    (
        "not-json",
        &["call", "teaching.wasm", "add", "--json", "{"],
        10,
        "invalid-arguments",
    ),
    (
        "not-an-object",
        &["call", "teaching.wasm", "add", "--json", "[]"],
        10,
        "invalid-arguments",
    ),
    (
        "wrong-json",
        &[
            "call",
            "teaching.wasm",
            "add",
            "--json",
            r#"{"a":"x","b":1}"#,
        ],
        10,
        "invalid-arguments",
    ),
    (
        "flag",
        &["call", "teaching.wasm", "echo", "--txt", "x"],
        2,
        "invalid-arguments",
    ),
    (
        "required",
        &["call", "teaching.wasm", "add", "--a", "1"],
        2,
        "invalid-arguments",
    ),
    (
        "value",
        &["call", "teaching.wasm", "add", "--a", "one", "--b", "2"],
        2,
        "invalid-arguments",
    ),
    (
        "other-skill",
        &["call", "teaching.wasm", "forget", "--grant", "other.toml"],
        12,
        "grant-invalid",
    ),
    (
        "grant",
        &["call", "teaching.wasm", "forget", "--grant", "wrong.toml"],
        12,
        "grant-invalid",
    ),
    (
        "not-granted",
        &["call", "teaching.wasm", "forget", "--grant", "none.toml"],
        12,
        "tool-not-granted",
    ),
    (
        "trap",
        &["call", "teaching.wasm", "crash"],
        11,
        "skill-trap",
    ),
    (
        "cpu",
        &["call", "teaching.wasm", "spin"],
        11,
        "skill-cpu-exceeded",
    ),
];

fn check_shape(name: &str, ran: &Ran) {
    assert_eq!(ran.stdout, "", "{name}");
    let first = ran.stderr.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("error: ") && first.ends_with(['.', '?', '!', ':']),
        "{name}: {first}"
    );
    assert!(ran.stderr.contains(" hint: "), "{name}: {}", ran.stderr);
    for trace in ["panicked", "RUST_BACKTRACE", "0: ", "src/"] {
        assert!(!ran.stderr.contains(trace), "{name}: {}", ran.stderr);
    }
}

#[test]
fn every_mistake_is_told_to_people_and_to_programs() {
    let sandbox = Sandbox::new();
    broken(&sandbox);
    for (name, words, exit, code) in MISTAKES {
        let ran = sandbox.metier(words);
        assert_eq!(ran.code, exit, "{name}: {}", ran.stderr);
        check_shape(name, &ran);
        insta::assert_snapshot!(format!("error-{name}"), ran.shown(&sandbox));
        let ran = sandbox.metier(&[&["--output", "json"], words].concat());
        let error: Value = serde_json::from_str(&ran.stderr).unwrap();
        let told = error["error"]["code"].as_str().unwrap();
        assert!(told.starts_with(code), "{name}: {told}");
        assert!(
            told.parse::<Code>().is_ok() && error["error"]["hint"].is_string(),
            "{name}"
        );
        assert_eq!((ran.code, ran.stdout.as_str()), (exit, ""), "{name}");
    }
}

#[test]
fn the_command_line_itself_can_be_wrong() {
    let sandbox = Sandbox::new();
    for words in [
        &["inspct", "x"][..],
        &["inspect"],
        &["inspect", "a", "b"],
        &["call"],
        &["call", "--grant"],
        &["--output", "xml", "errors"],
        &["errors", "-q", "-v"],
    ] {
        let ran = sandbox.metier(words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
        check_shape(&words.join(" "), &ran);
    }
    let ran = sandbox.metier(&["inspct", "x"]);
    assert!(
        ran.stderr.contains("`inspect`") || ran.stderr.contains("'inspect'"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_file_that_may_not_be_read_is_said_to_be_one() {
    let sandbox = Sandbox::new();
    fs::set_permissions(
        sandbox.path("teaching.wasm"),
        fs::Permissions::from_mode(0o0),
    )
    .unwrap();
    let readable = fs::read(sandbox.path("teaching.wasm")).is_ok();
    let ran = sandbox.metier(&["inspect", "teaching.wasm"]);
    // Root reads everything.
    assert_eq!(ran.code, if readable { 0 } else { 10 }, "{}", ran.stderr);
}

#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
    let sandbox = Sandbox::new();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = sandbox
        .command(&["call", "teaching.wasm", "people"])
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(13), "{said}");
    assert!(said.contains("storage-full"), "{said}");
    let ran = sandbox.metier(&["call", "teaching.wasm", "forget", "--audit", "/dev/full"]);
    assert_eq!(ran.code, 13, "{}", ran.stderr);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = sandbox
        .command(&["call", "teaching.wasm", "people"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn codes_are_explained() {
    let sandbox = Sandbox::new();
    let page = sandbox.metier(&["errors", "http-not-granted"]);
    assert!(
        page.stdout.starts_with("# `http-not-granted`"),
        "{}",
        page.stdout
    );
    let list = sandbox.metier(&["errors"]);
    assert!(
        Code::ALL
            .iter()
            .all(|code| list.stdout.contains(code.as_str()))
    );
    let ran = sandbox.metier(&["errors", "http-not-grantd"]);
    assert_eq!(ran.code, 10);
    assert!(ran.stderr.contains("http-not-granted"));
}
