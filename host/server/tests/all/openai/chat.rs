//! Chat Completions to a route.

use metier_agent::models::{MediaSource, Part, ResultPart, Role, StopReason, ToolChoice};
use serde_json::{Value, json};

use super::{
    events, hello, scene,
    script::{Script, Turn, call, thought},
};
use crate::scene::Scene;

#[tokio::test]
async fn models_are_the_routes() {
    let scene = scene(&Script::new([])).await;
    let key = scene.admin.clone();
    let listed = scene.ask(&key, "GET /v1/models", "").await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    let route = json!({ "id": "quick", "object": "model", "created": 0, "owned_by": "metier" });
    assert_eq!(listed.json["data"][0], route);
    assert_eq!(listed.json["data"][1]["id"], "thorough");
    let one = scene.ask(&key, "GET /v1/models/quick", "").await;
    assert_eq!((one.status, &one.json), (200, &route));
    let none = scene.ask(&key, "GET /v1/models/qick", "").await;
    assert_eq!((none.status, none.code()), (404, "model_not_found"));
    let viewer = scene.key("local", "viewer").await;
    let seen = scene.ask(&viewer, "GET /v1/models", "").await;
    assert_eq!(seen.status, 200);
    let question = hello("quick").to_string();
    let asked = scene.ask(&viewer, "POST /v1/chat/completions", &question);
    assert_eq!(asked.await.status, 403);
}

#[tokio::test]
async fn an_answer_in_one_piece() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let reply = scene.chat(hello("quick")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let answer = &reply.json;
    assert_eq!(
        (&answer["object"], &answer["model"]),
        (&"chat.completion".into(), &"quick".into())
    );
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello there");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["prompt_tokens"], 7);
    assert_eq!(answer["usage"]["total_tokens"], 12);
    assert_eq!(answer["usage"]["prompt_tokens_details"]["cached_tokens"], 2);
    let id = reply.header("x-request-id").unwrap();
    assert_eq!(answer["id"], format!("chatcmpl-{id}"));
    assert_eq!(script.asked().messages[0].words(), "Hello");
    assert_eq!(scene.booked().await, [("model/one".to_owned(), 12_000)]);
}

#[tokio::test]
async fn an_answer_as_it_comes() {
    let scene = scene(&Script::new([])).await;
    let mut body = hello("quick");
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let reply = scene.chat(body).await;
    let kind = reply.header("content-type").unwrap();
    assert!(kind.starts_with("text/event-stream"), "{}", reply.body);
    let events = events(&reply);
    let delta = |at: usize| &events[at]["choices"][0]["delta"];
    assert_eq!(
        *delta(0),
        json!({ "role": "assistant", "content": "", "refusal": null })
    );
    assert_eq!(*delta(1), json!({ "content": "Hello" }));
    assert_eq!(*delta(2), json!({ "content": " there" }));
    assert_eq!(events[3]["choices"][0]["finish_reason"], "stop");
    assert_eq!(events[3]["usage"], Value::Null);
    assert_eq!(
        (&events[4]["choices"], &events[4]["usage"]["total_tokens"]),
        (&json!([]), &12.into())
    );
    assert_eq!(events[5], "[DONE]");
    assert_eq!(events.len(), 6);
    let same = |event: &Value| {
        event["id"] == events[0]["id"] && event["object"] == "chat.completion.chunk"
    };
    assert!(events[..5].iter().all(same));
    assert_eq!(scene.booked().await, [("model/one".to_owned(), 12_000)]);
}

#[tokio::test]
async fn a_stream_without_usage_says_nothing_of_it() {
    let scene = scene(&Script::new([])).await;
    let mut body = hello("quick");
    body["stream"] = json!(true);
    let reply = scene.chat(body).await;
    assert!(!reply.body.contains("usage"), "{}", reply.body);
}

#[tokio::test]
async fn what_was_not_told_as_it_came_is_told_at_the_end() {
    let text = |text: &str| Part::Text { text: text.into() };
    let turn = Turn::of(vec![text("All at "), text("once")], StopReason::MaxTokens);
    let scene = scene(&Script::new([turn.first(super::script::word("All"))])).await;
    let mut body = hello("quick");
    body["stream"] = json!(true);
    let events = events(&scene.chat(body).await);
    let words = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
    assert_eq!(words.collect::<String>(), "All at once");
    assert_eq!(
        events[events.len() - 2]["choices"][0]["finish_reason"],
        "length"
    );
}

fn tools() -> Value {
    json!([{ "type": "function", "function": {
        "name": "weather", "description": "Tells it.", "strict": true,
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } } },
    } }])
}

#[tokio::test]
async fn tools_go_to_the_client_and_their_results_come_back() {
    let call = Turn::calls("call_1", "weather", json!({ "city": "Ulm" }));
    let script = Script::new([call]);
    let scene = scene(&script).await;
    let mut body = hello("quick");
    body["tools"] = tools();
    body["tool_choice"] = json!({ "type": "function", "function": { "name": "weather" } });
    body["parallel_tool_calls"] = json!(false);
    let called = scene.chat(body.clone()).await;
    let choice = &called.json["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls", "{}", called.body);
    assert_eq!(choice["message"]["content"], Value::Null);
    let function = &choice["message"]["tool_calls"][0]["function"];
    assert_eq!(function["arguments"], r#"{"city":"Ulm"}"#);
    let asked = script.asked();
    assert_eq!(asked.tools[0].description, "Tells it.");
    assert_eq!(asked.tool_choice, ToolChoice::Tool("weather".into()));
    assert!(asked.one_call_at_a_time);
    // The message goes back as it came.
    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(choice["message"].clone());
    messages.push(json!({ "role": "tool", "tool_call_id": "call_1", "content": "rain" }));
    let answered = scene.chat(body).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let back = script.asked().messages;
    assert_eq!(back[1].tool_calls().next().unwrap().name, "weather");
    let Part::ToolResult(result) = &back[2].parts[0] else {
        unreachable!("{back:?}")
    };
    assert_eq!(
        (result.name.as_str(), back[2].role),
        ("weather", Role::Tool)
    );
    assert_eq!(
        result.content,
        [ResultPart::Text {
            text: "rain".into()
        }]
    );
}

#[tokio::test]
async fn a_call_in_a_stream_begins_and_then_has_its_arguments() {
    let call = Turn::calls("call_1", "weather", json!({ "city": "Ulm" }));
    let scene = scene(&Script::new([call])).await;
    let mut body = hello("quick");
    body["tools"] = tools();
    body["stream"] = json!(true);
    let events = events(&scene.chat(body).await);
    let delta = |at: usize| &events[at]["choices"][0]["delta"];
    assert_eq!(delta(0)["content"], Value::Null);
    let begun = json!([{ "index": 0, "id": "call_1", "type": "function", "function": { "name": "weather", "arguments": "" } }]);
    assert_eq!(delta(1)["tool_calls"], begun);
    let rest = json!([{ "index": 0, "function": { "arguments": r#"{"city":"Ulm"}"# } }]);
    assert_eq!(delta(2)["tool_calls"], rest);
    assert_eq!(events[3]["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(events.len(), 5);
}

#[tokio::test]
async fn what_a_question_says_reaches_the_model() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let body = json!({
        "model": "quick",
        "messages": [
            { "role": "developer", "content": [{ "type": "text", "text": "Be brief." }] },
            { "role": "user", "content": [
                { "type": "text", "text": "What is it?" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA", "detail": "low" } },
                { "type": "image_url", "image_url": { "url": "https://a.example/b.png" } },
            ] },
        ],
        "response_format": { "type": "json_schema", "json_schema": { "name": "n", "strict": true, "schema": { "type": "object" } } },
        "max_completion_tokens": 50, "temperature": 0.5, "seed": 3, "stop": "END",
        "user": "u", "metadata": { "a": "b" }, "store": false, "service_tier": "auto", "n": 1, "top_p": 1.0, "logit_bias": {},
        "presence_penalty": 0, "modalities": ["text"], "prompt_cache_key": "k", "audio": null,
    });
    let reply = scene.chat(body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let asked = script.asked();
    assert_eq!(
        (asked.messages[0].role, asked.messages[0].words()),
        (Role::System, "Be brief.".into())
    );
    let sources = asked.messages[1].parts[1..].iter().map(|part| match part {
        Part::Image(media) => (media.media_type.as_str(), media.source.clone()),
        other => unreachable!("{other:?}"),
    });
    let sources: Vec<_> = sources.collect();
    assert_eq!(
        sources[0],
        ("image/png", MediaSource::Base64("AAAA".into()))
    );
    assert_eq!(
        sources[1],
        (
            "image/png",
            MediaSource::Url("https://a.example/b.png".into())
        )
    );
    assert_eq!(asked.response.unwrap().name, "n");
    assert_eq!(
        (asked.max_tokens, asked.temperature, asked.seed),
        (Some(50), Some(0.5), Some(3))
    );
    assert_eq!(asked.stop, ["END"]);
}

#[tokio::test]
async fn thoughts_go_to_the_client_sealed_and_back_to_their_place() {
    let parts = || vec![thought("abc"), call("call_1", "weather", json!({}))];
    let turn = || Turn::of(parts(), StopReason::ToolUse);
    let script = Script::new([turn(), turn()]);
    let scene = scene(&script).await;
    let mut body = hello("quick");
    body["tools"] = tools();
    let called = scene.chat(body.clone()).await;
    let message = called.json["choices"][0]["message"].clone();
    assert!(!called.body.contains("abc"), "{}", called.body);
    let result = json!({ "role": "tool", "tool_call_id": "call_1", "content": "rain" });
    let messages = body["messages"].as_array_mut().unwrap();
    messages.extend([message, result]);
    assert_eq!(scene.chat(body.clone()).await.status, 200);
    assert_eq!(script.asked().messages[1].parts, parts());
    // Another tenant has no use for them, and nobody can change them.
    let acme = scene.key("acme", "caller").await;
    let path = "POST /v1/chat/completions";
    let other = scene.ask(&acme, path, &body.to_string()).await;
    assert_eq!(
        (other.status, other.code()),
        (400, "invalid_encrypted_content")
    );
    body["messages"][1]["reasoning_details"][0]["data"] =
        json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let forged = scene.chat(body).await;
    assert_eq!(
        (forged.status, forged.code()),
        (400, "invalid_encrypted_content")
    );
}

#[tokio::test]
async fn every_tenant_is_billed_for_its_own_questions() {
    let scene = scene(&Script::new([])).await;
    let acme = scene.key("acme", "caller").await;
    let question = hello("quick").to_string();
    let asked = scene.ask(&acme, "POST /v1/chat/completions", &question);
    assert_eq!(asked.await.status, 200);
    scene.service.booked().await;
    let total = async |scene: &Scene, tenant: &str| {
        let tenant = tenant.parse().unwrap();
        scene.service.store().total(&tenant).await.unwrap().0
    };
    assert_eq!(total(&scene, "acme").await, 12_000);
    assert_eq!(total(&scene, "local").await, 0);
}
