//! Every provider's path, key and form. `tests/interop/models_sdk.py` drives them with the providers' own libraries.

use metier_emulator_kit::client::{Answer, ask};
use metier_emulator_models::{Emulator, Fault, KEY, Options, Rule};
use serde_json::{Value, json};

struct Provider {
    whole: &'static str,
    stream: &'static str,
    key: (&'static str, String),
    question: fn(bool) -> Value,
    /// The status for a wrong key.
    refused: u16,
}

fn chat(stream: bool) -> Value {
    json!({ "model": "m", "stream": stream, "messages": [{ "role": "user", "content": "Hello" }] })
}

fn responses(stream: bool) -> Value {
    json!({ "model": "m", "stream": stream, "input": "Hello" })
}

fn gemini(_: bool) -> Value {
    json!({ "contents": [{ "role": "user", "parts": [{ "text": "Hello" }] }] })
}

fn bedrock(_: bool) -> Value {
    json!({ "messages": [{ "role": "user", "content": [{ "text": "Hello" }] }] })
}

fn providers() -> Vec<Provider> {
    let bearer = || ("authorization", format!("Bearer {KEY}"));
    let named = |name| (name, KEY.to_owned());
    let same = |path, key, question| Provider {
        whole: path,
        stream: path,
        key,
        question,
        refused: 401,
    };
    vec![
        same("/v1/chat/completions", bearer(), chat),
        same("/openai/v1/chat/completions", named("api-key"), chat),
        same(
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
            named("api-key"),
            chat,
        ),
        same("/v1/responses", bearer(), responses),
        Provider {
            whole: "/v1beta/models/m:generateContent",
            stream: "/v1beta/models/m:streamGenerateContent?alt=sse",
            key: named("x-goog-api-key"),
            question: gemini,
            refused: 400,
        },
        Provider {
            whole: "/v1/projects/p/locations/l/publishers/google/models/m:generateContent",
            stream: "/v1/projects/p/locations/l/publishers/google/models/m:streamGenerateContent?alt=sse",
            key: bearer(),
            question: gemini,
            refused: 400,
        },
        Provider {
            whole: "/model/a.b%3A0/converse",
            stream: "/model/a.b%3A0/converse-stream",
            key: bearer(),
            question: bedrock,
            refused: 403,
        },
    ]
}

impl Provider {
    async fn ask(&self, emulator: &Emulator, stream: bool, key: &str) -> Answer {
        let path = if stream { self.stream } else { self.whole };
        let body = (self.question)(stream).to_string().into_bytes();
        ask(emulator.addr(), "POST", path, &[(self.key.0, key)], &body)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn every_provider_answers_whole_and_in_pieces() {
    let emulator = Emulator::start(Options::default()).unwrap();
    for provider in providers() {
        for stream in [false, true] {
            let answer = provider.ask(&emulator, stream, &provider.key.1).await;
            assert_eq!(answer.status, 200, "{} {}", provider.whole, answer.text());
            assert!(
                answer.text().contains("You said: Hello"),
                "{} {}",
                provider.stream,
                answer.text()
            );
        }
    }
    assert!(
        emulator
            .script()
            .asked()
            .iter()
            .any(|question| question.model == "a.b:0")
    );
}

#[tokio::test]
async fn every_provider_refuses_a_wrong_key_in_its_own_way() {
    let emulator = Emulator::start(Options::default()).unwrap();
    for provider in providers() {
        let refused = provider.ask(&emulator, false, "another").await;
        assert_eq!(refused.status, provider.refused, "{}", provider.whole);
        assert!(
            refused.text().contains("The key is not right."),
            "{}",
            provider.whole
        );
    }
    let nobodys = ask(emulator.addr(), "POST", "/v2/messages", &[], b"{}")
        .await
        .unwrap();
    assert_eq!(
        (nobodys.status, emulator.book().counts().requests),
        (404, 0)
    );
}

#[tokio::test]
async fn every_provider_says_how_long_to_wait_where_it_does() {
    let emulator = Emulator::start(Options::default()).unwrap();
    for provider in providers() {
        emulator.faults().push(Rule::once(Fault::RateLimited {
            retry_after_s: Some(7),
        }));
        let refused = provider.ask(&emulator, true, &provider.key.1).await;
        let told = format!("{}{}", refused.head, refused.text());
        assert_eq!(refused.status, 429, "{}", provider.whole);
        assert!(
            told.contains("retry-after: 7") || told.contains("\"retryDelay\":\"7s\""),
            "{told}"
        );
    }
}

#[tokio::test]
async fn what_answers_no_call_is_refused_as_is_a_question_without_words() {
    let emulator = Emulator::start(Options::default()).unwrap();
    for (provider, body) in [
        (
            0,
            json!({ "messages": [{ "role": "tool", "tool_call_id": "x", "content": "y" }] }),
        ),
        (
            3,
            json!({ "input": [{ "type": "function_call_output", "call_id": "x", "output": "y" }] }),
        ),
        (
            4,
            json!({ "contents": [{ "role": "user", "parts": [{ "functionResponse": { "name": "x", "response": {} } }] }] }),
        ),
        (
            6,
            json!({ "messages": [{ "role": "user", "content": [{ "toolResult": { "toolUseId": "x", "content": [] } }] }] }),
        ),
        (0, json!({})),
        (3, json!({})),
        (4, json!({})),
        (6, json!({})),
    ] {
        let provider = &providers()[provider];
        let headers = [(provider.key.0, provider.key.1.as_str())];
        let body = body.to_string().into_bytes();
        let refused = ask(emulator.addr(), "POST", provider.whole, &headers, &body)
            .await
            .unwrap();
        assert_eq!(refused.status, 400, "{} {}", provider.whole, refused.text());
    }
}
