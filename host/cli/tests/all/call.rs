//! `metier call`, answers and what stands beside them.

use std::fs;

use serde_json::Value;

use crate::sandbox::{Sandbox, files_below};

#[test]
fn flags_and_json_say_the_same() {
    let sandbox = Sandbox::new();
    for words in [
        &["call", "teaching.wasm", "add", "--a", "40", "--b", "2"][..],
        &[
            "call",
            "teaching.wasm",
            "add",
            "--json",
            r#"{"a":40,"b":2}"#,
        ],
        &[
            "call",
            "teaching.wasm",
            "add",
            "--json",
            r#"{"a":1,"b":2}"#,
            "--a",
            "40",
        ],
        &[
            "call",
            "--output",
            "json",
            "teaching.wasm",
            "add",
            "--a=40",
            "--",
            "--b",
            "2",
        ],
        &["call", "bare.wasm", "add", "--a", "40", "--b", "2", "-q"],
    ] {
        let ran = sandbox.metier(words);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, "42\n"),
            "{words:?}: {}",
            ran.stderr
        );
    }
    sandbox.write("arguments.json", r#"{"a":40,"b":2}"#);
    assert_eq!(
        sandbox
            .metier(&["call", "teaching.wasm", "add", "--json", "@arguments.json"])
            .stdout,
        "42\n"
    );
    assert_eq!(
        sandbox
            .metier_with(
                &["call", "teaching.wasm", "add", "--json", "-"],
                b"{\"a\":40,\"b\":2}"
            )
            .stdout,
        "42\n"
    );
}

#[test]
fn json_output_is_the_tools_answer_and_nothing_else() {
    let sandbox = Sandbox::new();
    let largest = "18446744073709551615";
    let words = [
        "call",
        "teaching.wasm",
        "measure",
        "--level",
        "low",
        "--exact",
        "--ratio",
        "0.1",
        "--big",
        largest,
        "--tags",
        "a",
    ];
    let human = sandbox.metier(&words);
    assert_eq!(
        (human.code, human.stdout.trim_end()),
        (0, largest),
        "{}",
        human.stderr
    );
    let ran = sandbox.metier(&[&words[..], &["--output", "json"]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(
        ran.stdout.trim_end().trim_matches('"') == largest,
        "{}",
        ran.stdout
    );
    let nothing = sandbox.metier(&["call", "teaching.wasm", "forget", "--output", "json"]);
    assert_eq!(
        (nothing.stdout.as_str(), nothing.stderr.as_str()),
        ("null\n", "")
    );
}

#[test]
fn people_see_a_table_without_escape_sequences() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(
        "table",
        sandbox
            .metier(&["call", "teaching.wasm", "people"])
            .shown(&sandbox)
    );
    let json = sandbox
        .metier(&["call", "teaching.wasm", "people", "--output", "json"])
        .stdout;
    let people: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(people[0]["name"], "Zoë\u{1b}[2J");
    assert!(!json.contains('\u{1b}'));
}

#[test]
fn the_envelope_has_everything() {
    let sandbox = Sandbox::new();
    let ran = sandbox.metier(&[
        "call",
        "teaching.wasm",
        "people",
        "--output",
        "json",
        "--envelope",
    ]);
    let whole: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(whole["result"][1]["age"], 41);
    assert!(whole["usage"]["wall-us"].as_u64().unwrap() > 0);
    assert_eq!(
        (
            whole["artifacts"].as_array().unwrap().len(),
            whole["denials"].as_array().unwrap().len()
        ),
        (0, 0)
    );
    let ran = sandbox.metier(&[
        "call",
        "teaching.wasm",
        "crash",
        "--output",
        "json",
        "--envelope",
    ]);
    let whole: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (ran.code, whole["error"]["code"].as_str()),
        (11, Some("skill-trap"))
    );
    assert!(whole.get("result").is_none() && whole["usage"].is_object());
}

#[test]
fn the_audit_file_gets_one_line_per_call() {
    let sandbox = Sandbox::new();
    let audit = ["--audit", "audit.jsonl"];
    sandbox.metier(
        &[
            &["call", "teaching.wasm", "add", "--a", "1", "--b", "2"],
            &audit[..],
        ]
        .concat(),
    );
    sandbox.metier(
        &[
            &["call", "teaching.wasm", "crash", "--tenant", "acme"],
            &audit[..],
        ]
        .concat(),
    );
    let text = fs::read_to_string(sandbox.path("audit.jsonl")).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["kind"], &lines[0]["tool"], &lines[0]["tenant"]),
        (&"call".into(), &"add".into(), &"local".into())
    );
    assert_eq!(
        (&lines[1]["fault"]["code"], &lines[1]["tenant"]),
        (&"skill-trap".into(), &"acme".into())
    );
}

#[test]
fn a_call_leaves_compiled_code_and_nothing_else() {
    let sandbox = Sandbox::new();
    sandbox.metier(&["call", "teaching.wasm", "add", "--a", "1", "--b", "2"]);
    assert!(!files_below(&sandbox.path(".cache/metier/code")).is_empty());
    assert!(!sandbox.path(".local").exists());
}

#[test]
fn without_a_home_a_call_works_and_says_what_it_does_without() {
    let sandbox = Sandbox::new();
    let words = ["call", "teaching.wasm", "add", "--a", "40", "--b", "2"];
    let mut command = sandbox.command(&words);
    let output = command.env_remove("HOME").output().unwrap();
    assert_eq!(output.stdout, b"42\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("compiled code is not kept"));
    sandbox.write("file", "");
    let output = sandbox
        .command(&words)
        .env("HOME", sandbox.path("file"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        (output.stdout.as_slice(), said.contains("warning:")),
        (&b"42\n"[..], true),
        "{said}"
    );
}

#[test]
fn a_grant_is_for_its_tenant_and_its_skill_alone() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "grant.toml",
        "skill = \"com.acme/teaching\"\ntenant = \"acme\"\ntools = [\"forget\"]\n",
    );
    let words = ["call", "teaching.wasm", "forget", "--grant", "grant.toml"];
    assert_eq!(sandbox.metier(&words).code, 0);
    assert_eq!(
        sandbox
            .metier(&[&words[..], &["--tenant", "acme"]].concat())
            .code,
        0
    );
    let other = sandbox.metier(&[&words[..], &["--tenant", "globex"]].concat());
    assert_eq!(other.code, 12, "{}", other.stderr);
    let nameless = sandbox.metier(&["call", "bare.wasm", "forget", "--grant", "grant.toml"]);
    assert_eq!(nameless.code, 12, "{}", nameless.stderr);
    let crash = sandbox.metier(&["call", "teaching.wasm", "crash", "--grant", "grant.toml"]);
    assert!(
        crash.stderr.contains("tool-not-granted"),
        "{}",
        crash.stderr
    );
}

#[test]
fn a_secret_that_is_missing_is_said_before_anything_is_called() {
    let sandbox = Sandbox::new();
    let grant = "skill = \"com.acme/teaching\"\ntools = [\"*\"]\n[credentials.x]\nkind = \"bearer\"\n\
                 secret = { vault = \"x\" }\nhosts = [\"a.example\"]\n";
    sandbox.write("grant.toml", grant);
    sandbox.write("broken.vault", "no vault at all");
    let words = ["call", "teaching.wasm", "forget", "--grant", "grant.toml"];
    let ran = sandbox.metier(&[&words[..], &["--vault", "broken.vault"]].concat());
    assert!(
        ran.code == 13 && ran.stderr.contains("not a vault"),
        "{}",
        ran.stderr
    );
    let output = sandbox.command(&words).env_remove("HOME").output().unwrap();
    assert_eq!(output.status.code(), Some(13));
}

#[test]
fn time_runs_out_when_it_is_told_to() {
    let sandbox = Sandbox::new();
    let ran = sandbox.metier(&["call", "teaching.wasm", "spin", "--timeout", "20ms"]);
    assert!(
        ran.code == 10 && ran.stderr.contains("deadline-exceeded"),
        "{}",
        ran.stderr
    );
}
