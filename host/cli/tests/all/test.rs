//! `metier test`: what passes, what fails, and how it is told.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("fixtures")).unwrap();
    sandbox
}

fn fixture(sandbox: &Sandbox, name: &str, fixture: &Value) {
    sandbox.write(&format!("fixtures/{name}.json"), fixture.to_string());
}

const RUN: [&str; 4] = ["test", "teaching.wasm", "--fixtures", "fixtures"];

/// Times differ from run to run.
fn timeless(text: &str) -> String {
    let lines = text.lines().map(|line| match line.rsplit_once("  ") {
        Some((before, time)) if time.ends_with(" ms") => format!("{before}  [time]"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_call_that_goes_as_recorded_passes() {
    let sandbox = sandbox();
    fixture(
        &sandbox,
        "sum",
        &json!({"tool": "add", "arguments": {"a": 2, "b": 3}, "answer": 5}),
    );
    let ran = sandbox.metier(&RUN);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (0, "1 fixture passed.\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(timeless(&ran.stdout), "ok    sum  add  [time]");
}

#[test]
fn whatever_differs_is_told_and_is_an_exit_code() {
    let sandbox = sandbox();
    fixture(
        &sandbox,
        "answer",
        &json!({"tool": "add", "arguments": {"a": 2, "b": 3}, "answer": 6}),
    );
    fixture(&sandbox, "crash", &json!({"tool": "crash", "answer": null}));
    fixture(
        &sandbox,
        "draft",
        &json!({"tool": "add", "arguments": {"a": 2, "b": 3}}),
    );
    fixture(
        &sandbox,
        "failure",
        &json!({"tool": "add", "arguments": {"a": 2, "b": 3}, "error": {"code": "not-found"}}),
    );
    fixture(
        &sandbox,
        "refused",
        &json!({
            "tool": "add", "arguments": {"a": 2, "b": 3}, "answer": 5,
            "exchanges": [{"request": {"method": "GET", "url": "https://api.example/"}, "response": {"status": 200}}],
        }),
    );
    fixture(&sandbox, "wrong-key", &json!({"tool": "add", "anser": 5}));
    fixture(&sandbox, "wrong-tool", &json!({"tool": "ad", "answer": 5}));
    sandbox.write(
        "fixtures/twice.json",
        "{\"tool\": \"add\", \"tool\": \"crash\"}",
    );
    sandbox.write("fixtures/bytes.json", b"\xff\xfe");
    let ran = sandbox.metier(&RUN);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (11, "9 of 9 fixtures failed.\n")
    );
    insta::assert_snapshot!(timeless(&ran.stdout));
}

#[test]
fn a_program_gets_json() {
    let sandbox = sandbox();
    fixture(
        &sandbox,
        "sum",
        &json!({"tool": "add", "arguments": {"a": 2, "b": 3}, "answer": 6}),
    );
    let ran = sandbox.metier(&[&RUN[..], &["--output", "json"]].concat());
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, ran.stderr.as_str()), (11, ""));
    assert_eq!(report["passed"], false);
    let mismatch = &report["fixtures"][0]["mismatches"][0];
    assert_eq!(mismatch["kind"], "answer");
    assert_eq!(
        mismatch["differences"][0],
        json!({"at": "$", "expected": "6", "got": "5"})
    );
}

#[test]
fn names_choose_and_a_name_there_is_not_is_told() {
    let sandbox = sandbox();
    for name in ["sum", "other"] {
        fixture(
            &sandbox,
            name,
            &json!({"tool": "add", "arguments": {"a": 2, "b": 3}, "answer": 5}),
        );
    }
    let ran = sandbox.metier(&["test", "teaching.wasm", "sum", "--fixtures", "fixtures"]);
    assert_eq!(
        timeless(&ran.stdout),
        "ok    sum  add  [time]",
        "{}",
        ran.stderr
    );
    let ran = sandbox.metier(&["test", "teaching.wasm", "smu", "--fixtures", "fixtures"]);
    assert_eq!(ran.code, 10);
    assert!(ran.stderr.contains("Did you mean `sum`?"), "{}", ran.stderr);
}

/// A run of no tests is no success.
#[test]
fn no_fixtures_at_all_is_a_failure() {
    let ran = sandbox().metier(&RUN);
    assert_eq!(ran.code, 10, "{}", ran.stdout);
    assert!(ran.stderr.contains("has no fixtures"), "{}", ran.stderr);
}

/// A hundred megabytes are not read to learn that they are too many.
#[test]
fn a_huge_file_is_no_fixture() {
    let sandbox = sandbox();
    let file = std::fs::File::create(sandbox.path("fixtures/huge.json")).unwrap();
    file.set_len(100 << 20).unwrap();
    let ran = sandbox.metier(&RUN);
    assert_eq!(ran.code, 11);
    assert!(
        ran.stdout.contains("it is larger than 4194304 bytes"),
        "{}",
        ran.stdout
    );
}

#[test]
fn recording_needs_a_grant_a_folder_and_one_name() {
    let sandbox = sandbox();
    sandbox.write(
        "grant.toml",
        "skill = \"com.acme/teaching\"\ntools = [\"*\"]\n",
    );
    for (words, expected) in [
        (&["test", "teaching.wasm", "--record", "sum"][..], "--grant"),
        (
            &[
                "test",
                "teaching.wasm",
                "sum",
                "--record",
                "--grant",
                "grant.toml",
                "--",
                "add",
            ],
            "nowhere to write",
        ),
        (
            &[
                "test",
                "teaching.wasm",
                "--fixtures",
                "fixtures",
                "--record",
                "--grant",
                "grant.toml",
                "--",
                "add",
            ],
            "One call needs one name",
        ),
        (
            &[
                "test",
                "teaching.wasm",
                "--fixtures",
                "fixtures",
                "--",
                "add",
            ],
            "Add --record",
        ),
    ] {
        let ran = sandbox.metier(words);
        assert_eq!(ran.code, 2, "{words:?} {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{words:?} {}", ran.stderr);
    }
}

/// What a fixture hands over is in its own folder, and small enough to be packed.
#[test]
fn a_file_that_cannot_be_handed_over_is_told() {
    let sandbox = sandbox();
    let call = json!({"tool": "add", "files": ["orders.csv"], "arguments": {"a": 2, "b": "file:orders.csv"}, "answer": 5});
    fixture(&sandbox, "sum", &call);
    let ran = sandbox.metier(&RUN);
    assert_eq!(ran.code, 11, "{}", ran.stdout);
    let missing = "at $.files[0]: there is no file `fixtures/files/orders.csv`; put it there";
    assert!(ran.stdout.contains(missing), "{}", ran.stdout);

    let files = sandbox.path("fixtures/files");
    std::fs::create_dir(&files).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", files.join("orders.csv")).unwrap();
    let ran = sandbox.metier(&RUN);
    assert!(ran.code != 0, "{}", ran.stdout);
    assert!(ran.stderr.contains("symbolic link"), "{}", ran.stderr);

    std::fs::remove_file(files.join("orders.csv")).unwrap();
    let large = std::fs::File::create(files.join("orders.csv")).unwrap();
    large.set_len((16 << 20) + 1).unwrap();
    let ran = sandbox.metier(&RUN);
    assert!(ran.code != 0, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("larger than 16777216 bytes"),
        "{}",
        ran.stderr
    );
}
