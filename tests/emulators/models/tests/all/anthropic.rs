//! Messages, as a client writes and reads them.

use metier_emulator_kit::{Moment, Verdict, client::ask};
use metier_emulator_models::{Answer, Emulator, KEY, Options};
use serde_json::{Value, json};

pub(crate) async fn post(emulator: &Emulator, body: &Value) -> metier_emulator_kit::client::Answer {
    let headers = [
        ("x-api-key", KEY),
        ("anthropic-version", "2023-06-01"),
        ("content-type", "application/json"),
    ];
    let body = serde_json::to_vec(body).unwrap();
    ask(emulator.addr(), "POST", "/v1/messages", &headers, &body)
        .await
        .unwrap()
}

/// The data of server-sent events, out of a chunked body.
pub(crate) fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

pub(crate) fn hello(stream: bool) -> Value {
    json!({ "model": "m", "max_tokens": 100, "stream": stream, "messages": [{ "role": "user", "content": "Hello" }] })
}

#[tokio::test]
async fn a_question_is_answered_whole_and_in_pieces() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let whole = post(&emulator, &hello(false)).await.json();
    assert_eq!(
        whole["content"],
        json!([{ "type": "text", "text": "You said: Hello" }])
    );
    assert_eq!(
        (
            whole["stop_reason"].as_str(),
            whole["usage"]["output_tokens"].as_u64()
        ),
        (Some("end_turn"), Some(4))
    );
    assert_eq!(
        post(&emulator, &hello(false)).await.json(),
        whole,
        "the same question, the same answer"
    );
    let events = events(&post(&emulator, &hello(true)).await.text());
    let kinds: Vec<&str> = events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    let expected = [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(events[2]["delta"]["text"], "You said: Hello");
    assert_eq!(emulator.book().counts().requests, 3);
    assert_eq!(
        emulator.book().counts().seen,
        0,
        "a question changes nothing"
    );
}

#[tokio::test]
async fn tools_are_called_and_their_answers_belong_to_calls() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let mut body = json!({
        "model": "m", "max_tokens": 1000,
        "messages": [{ "role": "user", "content": "Review 2026-Q3." }],
        "tools": [{ "name": "salesforce__query", "input_schema": { "type": "object" } }],
    });
    let first = post(&emulator, &body).await.json();
    let call = &first["content"][1];
    assert_eq!(
        (call["type"].as_str(), call["name"].as_str()),
        (Some("tool_use"), Some("salesforce__query"))
    );
    let table = json!({ "columns": ["Name"], "rows": [["A"]] }).to_string();
    let result = json!({ "type": "tool_result", "tool_use_id": call["id"], "content": [{ "type": "text", "text": table }] });
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(json!({ "role": "assistant", "content": first["content"] }));
    messages.push(json!({ "role": "user", "content": [result] }));
    let last = post(&emulator, &body).await.json();
    assert_eq!(last["stop_reason"], "end_turn");
    assert!(
        last["content"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with("2026-Q3: 1 opportunities"),
        "{last}"
    );
    body["messages"][2]["content"][0]["tool_use_id"] = json!("another");
    assert_eq!(post(&emulator, &body).await.status, 400);
}

#[tokio::test]
async fn who_asks_wrongly_is_told_so_in_the_providers_words() {
    let emulator = Emulator::start(Options {
        key: Some("another".to_owned()),
        ..Options::default()
    })
    .unwrap();
    let refused = post(&emulator, &hello(false)).await;
    assert_eq!(
        (refused.status, refused.json()["error"]["type"].as_str()),
        (401, Some("authentication_error"))
    );
    assert_eq!(emulator.book().counts().requests, 0);
    let emulator = Emulator::start(Options::default()).unwrap();
    let body = hello(false).to_string().into_bytes();
    for version in [None, Some("2022-01-01")] {
        let mut headers = vec![("x-api-key", KEY)];
        headers.extend(version.map(|version| ("anthropic-version", version)));
        let refused = ask(emulator.addr(), "POST", "/v1/messages", &headers, &body)
            .await
            .unwrap();
        assert_eq!(refused.status, 400, "{version:?}");
    }
    for body in [
        json!({}),
        json!({ "max_tokens": 1, "messages": [] }),
        json!({ "max_tokens": 1, "messages": [{ "role": "x", "content": "" }] }),
    ] {
        let refused = post(&emulator, &body).await;
        assert_eq!(
            (refused.status, refused.json()["error"]["type"].as_str()),
            (400, Some("invalid_request_error")),
            "{body}"
        );
    }
}

#[tokio::test]
async fn answers_come_from_the_queue_first_and_are_cut_where_asked() {
    let emulator = Emulator::start(Options::default()).unwrap();
    emulator
        .script()
        .push(Answer::text("Twelve words are twelve"));
    let mut body = hello(false);
    body["max_tokens"] = json!(3);
    let cut = post(&emulator, &body).await.json();
    assert_eq!(
        (
            cut["content"][0]["text"].as_str(),
            cut["stop_reason"].as_str()
        ),
        (Some("Twelve words"), Some("max_tokens"))
    );
    let next = post(&emulator, &hello(false)).await.json();
    assert_eq!(next["content"][0]["text"], "You said: Hello");
    assert_eq!(emulator.script().asked().len(), 2);
}

#[tokio::test]
async fn a_question_is_held_where_a_test_says_so() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let mut watched = emulator.book().watch();
    let body = hello(true);
    let (answer, moments) = tokio::join!(post(&emulator, &body), async {
        let mut moments = Vec::new();
        for _ in 0..2 {
            let held = watched.recv().await.unwrap();
            moments.push((held.trace.moment, held.trace.at));
            held.release(Verdict::Go);
        }
        moments
    });
    assert_eq!(moments, [(1, Moment::Arrived), (2, Moment::Answered)]);
    assert!(answer.text().contains("message_stop"));
}
