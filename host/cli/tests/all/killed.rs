//! A service killed while many start runs and call tools: what was accepted is there afterwards, and so is its record.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{sandbox::Sandbox, service::Serving};

/// Clients at once.
const CLIENTS: u64 = 8;

/// Answers of each sort the service has to have given before it is killed.
const ANSWERS: usize = 40;

/// The longest that may take.
const PATIENCE: Duration = Duration::from_secs(120);

const CHAIN: &str = r#"
[chain]
name = "sum"
version = "1.0.0"
description = "Adds two numbers."

[input.schema]
type = "object"
required = ["a", "b"]
properties = { a = { type = "integer" }, b = { type = "integer" } }

[skills.teaching]
file = "teaching.wasm"
tools = ["add"]

[[step]]
name = "add"
tool = "teaching.add"
args = { a = "${input.a}", b = "${input.b}" }

[output]
value = { total = "${steps.add.output}" }
schema = { type = "object", required = ["total"], properties = { total = { type = "integer" } } }
"#;

/// What one request was answered with: its id and its body. Nothing where the connection broke off.
fn asked(
    serving: &Serving,
    key: &str,
    method: &str,
    path: &str,
    body: &str,
) -> Option<(String, Value)> {
    let address = serving.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!(
        "{method} /api/v1{path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let value = serde_json::from_str(body).ok()?;
    assert!(head.starts_with("HTTP/1.1 20"), "{answer}");
    let id = head
        .lines()
        .find_map(|line| line.strip_prefix("x-request-id: "));
    Some((id.unwrap().to_owned(), value))
}

#[test]
fn what_was_accepted_under_load_outlives_a_kill() {
    let sandbox = Sandbox::new();
    sandbox.write("sum.toml", CHAIN);
    let serving = Serving::start(&sandbox);
    let key = serving.key.clone().unwrap();
    for words in [
        &[
            "skill",
            "install",
            "--allow-unsigned",
            "teaching.wasm",
            "--as",
            "teaching",
        ][..],
        &["agent", "deploy", "sum.toml"],
    ] {
        let done = serving.admin(&sandbox, &key, words);
        assert_eq!(done.code, 0, "{done:?}");
    }
    let (runs, calls) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let (number, ends) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                while !ends.load(Ordering::Relaxed) {
                    let n = number.fetch_add(1, Ordering::Relaxed);
                    let body = format!(r#"{{"agent":"sum","input":{{"a":{n},"b":1}}}}"#);
                    if let Some((_, run)) = asked(&serving, &key, "POST", "/runs", &body) {
                        runs.lock()
                            .unwrap()
                            .push((run["id"].as_str().unwrap().to_owned(), n));
                    }
                    let body = format!(r#"{{"a":{n},"b":2}}"#);
                    if let Some((id, _)) =
                        asked(&serving, &key, "POST", "/tools/teaching.add", &body)
                    {
                        calls.lock().unwrap().push(id);
                    }
                }
            });
        }
        let begun = Instant::now();
        let enough =
            || runs.lock().unwrap().len() >= ANSWERS && calls.lock().unwrap().len() >= ANSWERS;
        while !enough() && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
        // In the middle of the next requests.
        serving.signal("KILL");
        ends.store(true, Ordering::Relaxed);
    });
    serving.waited();
    let (runs, calls) = (runs.into_inner().unwrap(), calls.into_inner().unwrap());
    assert!(
        runs.len() >= ANSWERS && calls.len() >= ANSWERS,
        "{} runs, {} calls",
        runs.len(),
        calls.len()
    );
    let verified = sandbox.metier(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let told = sandbox
        .metier(&["audit", "export", "--kind", "call"])
        .stdout;
    for id in &calls {
        assert!(
            told.contains(id.as_str()),
            "the call {id} was answered and is not in the trail"
        );
    }
    let again = Serving::start(&sandbox);
    let begun = Instant::now();
    for (run, n) in runs {
        loop {
            let path = format!("/runs/{run}");
            let (_, shown) = asked(&again, &key, "GET", &path, "").unwrap();
            if shown["output"]["total"] == n + 1 {
                break;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "an accepted run does not end: {shown}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
    again.terminate();
}
