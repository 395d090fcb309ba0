//! The emulator as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use metier_emulator_kit::client::ask;
use serde_json::{Value, json};

#[tokio::test]
async fn it_says_where_it_is_takes_answers_and_ends_with_its_standard_input() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_metier-emulator-models"))
        .args(["--key", "k"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["key"], "k");
    let addr = ready["address"].as_str().unwrap().parse().unwrap();
    let json_type = [
        ("content-type", "application/json"),
        ("x-api-key", "k"),
        ("anthropic-version", "2023-06-01"),
    ];
    let set = ask(
        addr,
        "PUT",
        "/__answers",
        &json_type,
        br#"[{"text": "Set."}]"#,
    )
    .await
    .unwrap();
    assert_eq!(set.status, 204);
    let rules = br#"[{"kind": "overloaded", "times": 1}]"#;
    assert_eq!(
        ask(addr, "PUT", "/__faults", &json_type, rules)
            .await
            .unwrap()
            .status,
        204
    );
    let body = json!({ "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "Hello" }] });
    let body = body.to_string().into_bytes();
    assert_eq!(
        ask(addr, "POST", "/v1/messages", &json_type, &body)
            .await
            .unwrap()
            .status,
        529
    );
    let said = ask(addr, "POST", "/v1/messages", &json_type, &body)
        .await
        .unwrap()
        .json();
    assert_eq!(said["content"][0]["text"], "Set.");
    let asked = ask(addr, "GET", "/__questions", &[], b"")
        .await
        .unwrap()
        .json();
    assert_eq!(asked.as_array().map(Vec::len), Some(2));
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}
