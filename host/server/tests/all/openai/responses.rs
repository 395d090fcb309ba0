//! Responses to a route.

use metier_agent::models::{Delta, FailureKind, Part, Role, StopReason, ToolChoice};
use serde_json::{Value, json};

use super::{
    events, kinds, scene,
    script::{Script, Turn, call, thought},
};

fn ask() -> Value {
    json!({ "model": "quick", "input": "Hello" })
}

#[tokio::test]
async fn an_answer_in_one_piece() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    let mut body = ask();
    body["instructions"] = json!("Be brief.");
    body["metadata"] = json!({ "a": "b" });
    let reply = scene.respond(body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let answer = &reply.json;
    assert_eq!(
        (&answer["object"], &answer["status"]),
        (&"response".into(), &"completed".into())
    );
    let part =
        json!({ "type": "output_text", "text": "Hello there", "annotations": [], "logprobs": [] });
    assert_eq!(answer["output"][0]["content"], json!([part]));
    assert_eq!(
        (&answer["instructions"], &answer["store"]),
        (&"Be brief.".into(), &false.into())
    );
    assert_eq!(answer["metadata"], json!({ "a": "b" }));
    assert_eq!(
        answer["usage"]["output_tokens_details"]["reasoning_tokens"],
        1
    );
    let asked = script.asked();
    assert_eq!(
        (asked.messages[0].role, asked.messages[1].role),
        (Role::System, Role::User)
    );
    assert_eq!(scene.booked().await, [("model/one".to_owned(), 12_000)]);
}

#[tokio::test]
async fn a_stream_has_its_events_in_order() {
    let scene = scene(&Script::new([])).await;
    let mut body = ask();
    body["stream"] = json!(true);
    let reply = scene.respond(body).await;
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(kinds(&reply), expected, "{}", reply.body);
    let events = events(&reply);
    for (number, (event, kind)) in events.iter().zip(expected).enumerate() {
        assert_eq!(
            (&event["sequence_number"], &event["type"]),
            (&number.into(), &kind.into())
        );
    }
    assert_eq!(
        (&events[4]["delta"], &events[5]["delta"]),
        (&"Hello".into(), &" there".into())
    );
    assert_eq!(events[6]["text"], "Hello there");
    let last = &events[9]["response"];
    assert_eq!(last["output"][0], events[8]["item"]);
    assert_eq!(last["usage"]["total_tokens"], 12);
    assert_eq!(events[0]["response"]["status"], "in_progress");
    assert_eq!(last["id"], events[0]["response"]["id"]);
}

#[tokio::test]
async fn thoughts_and_calls_are_items_of_their_own() {
    let begun = Delta::ToolCallBegun {
        index: 0,
        id: "call_1".into(),
        name: "weather".into(),
    };
    let parts = || {
        vec![
            thought("abc"),
            Part::Text {
                text: "Let me look.".into(),
            },
            call("call_1", "weather", json!({ "city": "Ulm" })),
        ]
    };
    let turn = Turn::of(parts(), StopReason::ToolUse)
        .and(Delta::Reasoning {
            text: "Thinking.".into(),
        })
        .and(Delta::Text {
            text: "Let me look.".into(),
        })
        .and(begun);
    let script = Script::new([turn]);
    let scene = scene(&script).await;
    let mut body = ask();
    body["tools"] = json!([{ "type": "function", "name": "weather", "parameters": { "type": "object" }, "strict": false }]);
    body["tool_choice"] = json!("required");
    body["stream"] = json!(true);
    let reply = scene.respond(body.clone()).await;
    let events = events(&reply);
    let output = events.last().unwrap()["response"]["output"].clone();
    let types: Vec<_> = output
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        ["reasoning", "message", "function_call"],
        "{}",
        reply.body
    );
    for kind in [
        "response.reasoning_summary_text.delta",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
    ] {
        assert!(kinds(&reply).contains(&kind), "{kind}");
    }
    assert_eq!(
        (&output[2]["call_id"], &output[2]["arguments"]),
        (&"call_1".into(), &r#"{"city":"Ulm"}"#.into())
    );
    let added = events
        .iter()
        .filter(|event| event["type"] == "response.output_item.added");
    let placed: Vec<_> = added
        .map(|event| event["output_index"].as_u64().unwrap())
        .collect();
    assert_eq!(placed, [0, 1, 2]);
    assert_eq!(script.asked().tool_choice, ToolChoice::Any);
    assert!(!reply.body.contains("abc"));
    // All of it goes back, thoughts in their place wherever the client puts them.
    let mut input = vec![json!({ "role": "user", "content": "Hello" })];
    input.extend([&output[1], &output[2], &output[0]].map(Value::clone));
    input.push(json!({ "type": "function_call_output", "call_id": "call_1", "output": "rain" }));
    let mut next = ask();
    next["input"] = json!(input);
    let answered = scene.respond(next).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let back = script.asked().messages;
    assert_eq!((back.len(), &back[1].parts), (3, &parts()));
    assert_eq!(back[2].role, Role::Tool);
}

#[tokio::test]
async fn the_shape_of_an_answer_and_its_length() {
    let text = Part::Text {
        text: "{\"n\":".into(),
    };
    let script = Script::new([Turn::of(vec![text], StopReason::MaxTokens)]);
    let scene = scene(&script).await;
    let mut body = ask();
    body["text"] = json!({ "format": { "type": "json_schema", "name": "n", "strict": true, "schema": { "type": "object" } } });
    body["max_output_tokens"] = json!(20);
    let reply = scene.respond(body.clone()).await;
    assert_eq!(reply.json["status"], "incomplete", "{}", reply.body);
    assert_eq!(
        reply.json["incomplete_details"]["reason"],
        "max_output_tokens"
    );
    assert_eq!(reply.json["text"]["format"], body["text"]["format"]);
    let asked = script.asked();
    assert_eq!(
        (asked.response.unwrap().name, asked.max_tokens),
        ("n".to_owned(), Some(20))
    );
}

#[tokio::test]
async fn what_breaks_off_after_its_first_word_has_failed() {
    let scene = scene(&Script::new([Turn::fails(
        FailureKind::BrokenOff,
        &["Hel"],
    )]))
    .await;
    let mut body = ask();
    body["stream"] = json!(true);
    let reply = scene.respond(body).await;
    assert_eq!(reply.status, 200);
    let events = events(&reply);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.failed");
    assert_eq!(last["response"]["status"], "failed");
    assert_eq!(last["response"]["error"]["code"], "server_error");
}

#[tokio::test]
async fn nothing_is_stored() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    for (name, value) in [
        ("store", json!(true)),
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!("c")),
        ("background", json!(true)),
        ("prompt", json!({ "id": "p" })),
        ("input", json!([{ "type": "item_reference", "id": "i" }])),
        ("truncation", json!("auto")),
        ("tools", json!([{ "type": "web_search" }])),
        ("reasoning", json!({ "effort": "high" })),
        ("include", json!(["message.output_text.logprobs"])),
        (
            "input",
            json!([{ "role": "user", "content": [{ "type": "input_image", "file_id": "file-1" }] }]),
        ),
        (
            "input",
            json!([{ "role": "user", "content": [{ "type": "input_file", "file_url": "https://a.example" }] }]),
        ),
    ] {
        let mut body = ask();
        body[name] = value;
        let refused = scene.respond(body).await;
        assert_eq!(
            (refused.status, refused.code()),
            (400, "unsupported_parameter"),
            "{name}: {}",
            refused.body
        );
    }
    let kept = scene
        .ask(&scene.admin, "GET /v1/responses/resp_1", "")
        .await;
    assert_eq!(kept.status, 404);
    for (name, value) in [
        ("store", json!(false)),
        ("previous_response_id", Value::Null),
        ("truncation", json!("disabled")),
        ("reasoning", json!({ "effort": null, "summary": "auto" })),
        ("include", json!(["reasoning.encrypted_content"])),
        ("stream_options", json!({ "include_obfuscation": false })),
    ] {
        let mut body = ask();
        body[name] = value;
        let answered = scene.respond(body).await;
        assert_eq!(answered.status, 200, "{name}: {}", answered.body);
    }
    assert_eq!(script.count(), 6);
}

#[tokio::test]
async fn input_that_makes_no_sense_is_refused() {
    let script = Script::new([]);
    let scene = scene(&script).await;
    for input in [
        json!([]),
        json!(3),
        json!({}),
        json!(["x"]),
        json!([{ "role": "robot", "content": "x" }]),
        json!([{ "role": "user" }]),
        json!([{ "type": "function_call_output", "call_id": "none", "output": "x" }]),
        json!([{ "type": "function_call", "name": "x" }]),
        json!([{ "type": "reasoning", "encrypted_content": "not ours" }]),
        json!([{ "role": "user", "content": [{ "type": "input_image", "image_url": "file:///etc/passwd" }] }]),
    ] {
        let mut body = ask();
        body["input"] = input.clone();
        let refused = scene.respond(body).await;
        assert_eq!(refused.status, 400, "{input}");
        assert_eq!(
            refused.json["error"]["type"], "invalid_request_error",
            "{input}"
        );
    }
    assert_eq!(script.count(), 0);
}
