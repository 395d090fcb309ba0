//! The emulator as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use metier_emulator_kit::client::ask;
use serde_json::Value;

#[tokio::test]
async fn it_says_where_it_is_writes_its_log_and_ends_with_its_standard_input() {
    let log = std::env::temp_dir().join(format!("metier-calendar-{}.log", std::process::id()));
    let mut child = Command::new(env!("CARGO_BIN_EXE_metier-emulator-calendar"))
        .arg("--log")
        .arg(&log)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let addr = ready["address"].as_str().unwrap().parse().unwrap();
    let refused = ask(addr, "GET", "/nowhere", &[], b"").await.unwrap();
    assert_eq!(refused.status, 401);
    let writes = ask(addr, "GET", "/__writes", &[], b"").await.unwrap();
    assert_eq!(writes.json()["counts"]["requests"], 0);
    assert!(log.exists());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    std::fs::remove_file(&log).unwrap();
}
