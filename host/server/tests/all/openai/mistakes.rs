//! Requests that are wrong, and what they are told.

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::{hello, scene, script::Script};

const CHAT: &str = "POST /v1/chat/completions";

#[tokio::test]
async fn without_a_valid_key_nothing_is_asked() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let body = hello("quick").to_string();
    let json = "content-type: application/json\r\n";
    let none = scene.send(CHAT, json, body.as_bytes()).await;
    assert_eq!((none.status, none.code()), (401, "invalid_api_key"));
    assert_eq!(none.json["error"]["type"], "invalid_request_error");
    let wrong = scene.ask("sk-another", CHAT, &body).await;
    assert_eq!((wrong.status, wrong.code()), (401, "invalid_api_key"));
    for path in [
        "GET /v1/models",
        "GET /v1/models/quick",
        "POST /v1/responses",
    ] {
        let refused = scene.send(path, json, b"{}").await;
        assert_eq!(
            (refused.status, refused.code()),
            (401, "invalid_api_key"),
            "{path}"
        );
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn what_would_change_the_meaning_is_refused_by_name() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    for (name, value) in [
        ("n", json!(2)),
        ("store", json!(true)),
        ("logprobs", json!(true)),
        ("top_p", json!(0.5)),
        ("presence_penalty", json!(1)),
        ("logit_bias", json!({ "50256": -100 })),
        ("functions", json!([{ "name": "x" }])),
        ("function_call", json!("auto")),
        ("audio", json!({ "voice": "alloy" })),
        ("modalities", json!(["text", "audio"])),
        ("reasoning_effort", json!("high")),
        ("verbosity", json!("low")),
        ("web_search_options", json!({})),
        ("made_up", json!(1)),
    ] {
        let mut body = hello("quick");
        body[name] = value;
        let refused = scene.chat(body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (400, "unsupported_parameter"),
            "{name}: {}",
            refused.body
        );
        assert_eq!(refused.json["error"]["param"], name);
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn wrong_types_and_values_are_told_with_their_place() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let message = |message: Value| ("messages", json!([message]));
    let long = "x".repeat(65);
    let cases = [
        ("model", json!(3), "model"),
        ("model", Value::Null, "model"),
        ("messages", json!("Hello"), "messages"),
        ("messages", json!([]), "messages"),
        ("messages", json!({}), "messages"),
        ("temperature", json!("hot"), "temperature"),
        ("temperature", json!(3), "temperature"),
        ("max_tokens", json!(0), "max_tokens"),
        ("max_tokens", json!(-1), "max_tokens"),
        (
            "max_completion_tokens",
            json!(1e12),
            "max_completion_tokens",
        ),
        ("seed", json!(0.5), "seed"),
        ("stop", json!(["a", "b", "c", "d", "e"]), "stop"),
        ("stop", json!(""), "stop"),
        ("stream", json!("yes"), "stream"),
        (
            "stream_options",
            json!({ "other": true }),
            "stream_options.other",
        ),
        ("metadata", json!({ "a": 1 }), "metadata"),
        ("tools", json!([{ "type": "custom" }]), "tools[0].type"),
        (
            "tools",
            json!([{ "type": "function" }]),
            "tools[0].function",
        ),
        (
            "tools",
            json!([{ "type": "function", "function": { "name": "a b" } }]),
            "tools[0].function.name",
        ),
        (
            "tools",
            json!([{ "type": "function", "function": { "name": long } }]),
            "tools[0].function.name",
        ),
        (
            "tools",
            json!([{ "type": "function", "function": { "name": "a", "parameters": [] } }]),
            "tools[0].function.parameters",
        ),
        ("tool_choice", json!("maybe"), "tool_choice"),
        (
            "response_format",
            json!({ "type": "xml" }),
            "response_format.type",
        ),
        (
            "response_format",
            json!({ "type": "json_schema" }),
            "response_format.json_schema",
        ),
    ];
    let function = json!({ "type": "function", "function": { "name": "a" } });
    let many = [("tools", json!(vec![function; 129]), "tools")];
    let messages = [
        (message(json!({ "content": "x" })), "messages[0].role"),
        (
            message(json!({ "role": "robot", "content": "x" })),
            "messages[0].role",
        ),
        (
            message(json!({ "role": "user", "content": 3 })),
            "messages[0].content",
        ),
        (
            message(json!({ "role": "user", "content": [{ "type": "input_audio" }] })),
            "messages[0].content[0].type",
        ),
        (
            message(
                json!({ "role": "user", "content": [{ "type": "file", "file": { "file_id": "f" } }] }),
            ),
            "messages[0].content[0].file.file_id",
        ),
        (
            message(json!({ "role": "tool", "tool_call_id": "none", "content": "x" })),
            "messages[0].tool_call_id",
        ),
        (
            message(json!({ "role": "assistant", "function_call": { "name": "x" } })),
            "messages[0].function_call",
        ),
    ];
    let messages = messages.map(|((name, value), param)| (name, value, param));
    for (name, value, param) in cases.into_iter().chain(many).chain(messages) {
        let mut body = hello("quick");
        body[name] = value.clone();
        let refused = scene.chat(body).await;
        assert_eq!(refused.status, 400, "{name} {value}: {}", refused.body);
        assert_eq!(
            refused.json["error"]["param"], param,
            "{value}: {}",
            refused.body
        );
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn bytes_that_are_no_question_are_refused() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let key = scene.admin.clone();
    let deep = format!("{{\"model\": \"quick\", \"tools\": {}", "[".repeat(100_000));
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"model\": \"quick\", \"model\": \"thorough\", \"messages\": []}",
        &deep,
    ] {
        let refused = scene.ask(&key, CHAT, body).await;
        let start = &body[..body.len().min(40)];
        assert_eq!(refused.status, 400, "{start}");
        assert_eq!(
            refused.json["error"]["type"], "invalid_request_error",
            "{start}"
        );
    }
    let headers = format!("authorization: Bearer {key}\r\ncontent-type: application/json\r\n");
    let invalid = scene.send(CHAT, &headers, b"{\"model\": \"\xff\"}").await;
    assert_eq!(invalid.status, 400);
    let form = format!("authorization: Bearer {key}\r\ncontent-type: text/plain\r\n");
    let form = scene
        .send(CHAT, &form, hello("quick").to_string().as_bytes())
        .await;
    assert_eq!((form.status, script.count()), (415, 0));
}

#[tokio::test]
async fn a_body_may_be_large_and_not_huge() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let mut body = hello("quick");
    body["messages"][0]["content"] = json!("x".repeat(8 << 20));
    let large = scene.chat(body).await;
    assert_eq!((large.status, script.count()), (200, 1), "{}", large.body);
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        scene.address,
        scene.admin,
        33 << 20
    );
    let huge = crate::wire::exchange(scene.address, head.as_bytes()).await;
    assert!(huge.starts_with("HTTP/1.1 413"), "{huge}");
    assert!(huge.contains("invalid_request_error"), "{huge}");
    assert_eq!(script.count(), 1);
}

#[tokio::test]
async fn what_is_not_there_is_told_in_openais_words() {
    let scene = scene(&Script::new([])).await;
    let key = scene.admin.clone();
    let model = scene.chat(hello("qick")).await;
    assert_eq!((model.status, model.code()), (404, "model_not_found"));
    let message = model.json["error"]["message"].as_str().unwrap();
    assert!(message.contains("Did you mean `quick`?"), "{message}");
    let agent = scene.chat(hello("agent:No Name")).await;
    assert_eq!((agent.status, agent.code()), (404, "model_not_found"));
    for what in [
        "POST /v1/embeddings",
        "GET /v1/responses/resp_1",
        "GET /v1/files",
    ] {
        let nothing = scene.ask(&key, what, "{}").await;
        assert_eq!(nothing.status, 404, "{what}");
        assert_eq!(
            nothing.json["error"]["type"], "invalid_request_error",
            "{what}"
        );
    }
    let method = scene.ask(&key, "GET /v1/chat/completions", "").await;
    assert_eq!(method.status, 405);
    assert_eq!(method.json["error"]["type"], "invalid_request_error");
}

/// What does not say how long it is is read up to there.
#[tokio::test]
async fn a_body_without_a_length_is_not_read_for_ever() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let mut stream = tokio::net::TcpStream::connect(scene.address).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
        scene.address, scene.admin
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut chunk = b"100000\r\n".to_vec();
    chunk.resize(chunk.len() + (1 << 20), b' ');
    chunk.extend_from_slice(b"\r\n");
    let mut sent = 0;
    // Once it has had enough, it closes.
    while sent < 64 && stream.write_all(&chunk).await.is_ok() {
        sent += 1;
    }
    assert!((32..64).contains(&sent), "{sent}");
    assert_eq!(script.count(), 0);
}
