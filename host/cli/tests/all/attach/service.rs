//! An attached server behind `metier serve`: installed, granted, asked for by an MCP client, approved and written down.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{acme, attached, grant, made};
use crate::{sandbox::Sandbox, service::Serving};

/// How long is waited for a run to get somewhere.
const PATIENCE: Duration = Duration::from_secs(60);

/// A chain that has the server wipe something; it said nothing of what that does to the world, so somebody is asked.
const CHAIN: &str = r#"
[chain]
name = "clean"
version = "1.0.0"
description = "Wipes."

[input.schema]
type = "object"

[skills.acme]
file = "acme/dist/acme.wasm"
tools = ["wipe"]

[[step]]
name = "wipe"
tool = "acme.wipe"
args = { text = "old" }

[output]
value = "${steps.wipe.output}"
"#;

/// One request to the service; the JSON of its answer.
fn ask(serving: &Serving, method: &str, path: &str, body: &Value) -> Value {
    let address = serving.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let key = serving.key.as_ref().unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\nmcp-protocol-version: 2025-11-25\r\nidempotency-key: {}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        path.len(),
        body.len()
    )
    .unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        line.clear();
    }
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    let json = text
        .find('{')
        .map_or("null", |at| &text[at..=text.rfind('}').unwrap()]);
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn an_attached_server_is_granted_approved_and_written_down_like_any_skill() {
    let (sandbox, server) = (Sandbox::new(), acme::start());
    attached(&sandbox, &server, "/mcp");
    sandbox.write("grant.toml", grant(&server, "/mcp", ""));
    sandbox.write("clean.toml", CHAIN);
    let serving = Serving::start(&sandbox);
    let key = serving.key.clone().unwrap();
    let admin = |words: &[&str]| made(&serving.admin(&sandbox, &key, words));
    admin(&[
        "skill",
        "install",
        "--allow-unsigned",
        "acme/dist/acme.wasm",
        "--grant",
        "grant.toml",
    ]);
    admin(&["agent", "deploy", "clean.toml"]);
    server.asked();
    // As an MCP client sees it.
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "acme__add", "arguments": {"a": 2, "b": 3}}});
    let answer = ask(&serving, "POST", "/mcp", &call);
    assert_eq!(
        answer["result"]["structuredContent"],
        json!({"sum": 5}),
        "{answer}"
    );
    assert_eq!(server.asked().len(), 1);
    // A tool whose server did not say what it does waits for somebody.
    ask(
        &serving,
        "POST",
        "/api/v1/runs",
        &json!({"agent": "clean", "input": {}}),
    );
    let begun = Instant::now();
    let question = loop {
        let open = ask(&serving, "GET", "/api/v1/approvals", &Value::Null);
        if let Some(question) = open["items"].get(0).or(open["data"].get(0)) {
            break question.clone();
        }
        assert!(begun.elapsed() < PATIENCE, "nothing waits: {open}");
        thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(
        (&question["tool"], &question["effect"]),
        (&json!("acme.wipe"), &json!("destructive"))
    );
    assert!(
        server.asked().is_empty(),
        "nothing is sent before somebody agreed"
    );
    let path = format!(
        "/api/v1/runs/{}/approvals/{}",
        question["run"].as_str().unwrap(),
        question["number"]
    );
    ask(
        &serving,
        "POST",
        &path,
        &json!({"decision": "approve", "hash": question["hash"]}),
    );
    while server.asked().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "the call is not made");
        thread::sleep(Duration::from_millis(50));
    }
    serving.terminate();
    // Both requests are in the trail, as anybody's are.
    let found = sandbox.metier(&["audit", "search", "--kind", "egress", "--output", "json"]);
    made(&found);
    let url = server.url("/mcp");
    assert_eq!(found.stdout.matches(&url).count(), 2, "{}", found.stdout);
    assert!(found.stdout.contains("POST"), "{}", found.stdout);
    made(&sandbox.metier(&["audit", "verify"]));
}
