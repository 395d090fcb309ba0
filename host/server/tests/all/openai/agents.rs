//! Agents as models.

use std::time::Duration;

use metier_agent::{driver::Shift, journal::Ending, models::FailureKind};
use metier_service::{Caller, agents::Source};
use metier_store::types::RunId;
use serde_json::json;

use super::{
    events, hello, scene,
    script::{Script, Turn},
    words,
};
use crate::{
    scene::Scene,
    wire::{PATIENCE, Reply},
};

pub const PLAIN: &str = r#"
[agent]
name = "plain"
version = "1.0.0"
description = "Answers."
model = "quick"
instructions = "Answer."

[memory]
session = true
"#;

/// May add without asking anybody, and has an input and an output of its own.
const ADDER: &str = r#"
[agent]
name = "adder"
version = "1.0.0"
description = "Adds."
model = "quick"
instructions = "Add."
prompt = "Add ${input.a} and two."

[input.schema]
type = "object"
required = ["a"]
properties = { a = { type = "integer" } }

[output.schema]
type = "object"
required = ["sum"]
properties = { sum = { type = "integer" } }

[skills.math]
file = "math.wasm"
tools = ["add"]

[[approvals.rule]]
tool = "math.add"
then = "allow"
"#;

/// Somebody has to allow its calls.
const CAREFUL: &str = r#"
[agent]
name = "careful"
version = "1.0.0"
description = "Adds when it may."
model = "quick"
instructions = "Add."

[skills.math]
file = "math.wasm"
tools = ["add"]

[[approvals.rule]]
tool = "math.add"
then = "ask"
"#;

/// A service with these agents of the tenant `local`, and somebody who drives their runs.
pub async fn with_agents(script: &std::sync::Arc<Script>, agents: &[&str]) -> Scene {
    let scene = scene(script).await;
    scene.install_math("local").await;
    let caller = Caller::operator_of("local".parse().unwrap());
    for text in agents {
        let source = Source {
            text: (*text).to_owned(),
            files: Default::default(),
        };
        scene.service.deploy(&caller, source).await.unwrap();
    }
    let runs = scene.service.runs().clone();
    let shift = Shift::of("test".parse().unwrap(), "default".parse().unwrap());
    tokio::spawn(async move { runs.work(shift, std::future::pending()).await });
    scene
}

pub fn run_of(reply: &Reply) -> RunId {
    let run = reply.header("x-metier-run");
    assert!(run.is_some(), "{}", reply.body);
    run.unwrap().parse().unwrap()
}

pub async fn ending(scene: &Scene, run: &RunId) -> Ending {
    let ended = tokio::time::timeout(PATIENCE, async {
        loop {
            match scene.service.runs().state(run).await.unwrap().ended {
                Some(ending) => return ending,
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    });
    ended.await.unwrap()
}

#[tokio::test]
async fn agents_are_models_of_their_tenant_alone() {
    let scene = with_agents(&Script::new([]), &[PLAIN]).await;
    let key = scene.admin.clone();
    let listed = scene.ask(&key, "GET /v1/models", "").await;
    assert_eq!(
        listed.json["data"][2]["id"], "agent:plain",
        "{}",
        listed.body
    );
    assert!(listed.json["data"][2]["created"].as_u64().unwrap() > 1_700_000_000);
    let one = scene.ask(&key, "GET /v1/models/agent:plain", "").await;
    assert_eq!(one.json, listed.json["data"][2]);
    let acme = scene.key("acme", "operator").await;
    let theirs = scene.ask(&acme, "GET /v1/models", "").await;
    assert_eq!(theirs.json["data"].as_array().unwrap().len(), 2);
    let shown = scene.ask(&acme, "GET /v1/models/agent:plain", "").await;
    assert_eq!((shown.status, shown.code()), (404, "model_not_found"));
    for (path, body) in [
        ("POST /v1/chat/completions", hello("agent:plain")),
        (
            "POST /v1/responses",
            json!({ "model": "agent:plain", "input": "Hello" }),
        ),
    ] {
        let asked = scene.ask(&acme, path, &body.to_string()).await;
        assert_eq!(
            (asked.status, asked.code()),
            (404, "model_not_found"),
            "{path}"
        );
        assert_eq!(asked.header("x-metier-run"), None);
    }
}

#[tokio::test]
async fn an_agent_answers_in_one_piece_and_as_it_comes() {
    let script = Script::new([]);
    let scene = with_agents(&script, &[PLAIN]).await;
    let whole = scene.chat(hello("agent:plain")).await;
    assert_eq!(whole.status, 200, "{}", whole.body);
    let run = run_of(&whole);
    assert_eq!(
        whole.json["choices"][0]["message"]["content"],
        "Hello there"
    );
    assert_eq!(whole.json["metadata"]["run"], run.to_string());
    assert_eq!(whole.json["usage"]["total_tokens"], 12);
    assert_eq!(script.asked().messages.last().unwrap().words(), "Hello");
    let mut body = hello("agent:plain");
    body["stream"] = json!(true);
    let reply = scene.chat(body).await;
    assert_ne!(run_of(&reply), run);
    assert_eq!(words(&reply), "Hello there");
    assert_eq!(events(&reply).last().unwrap(), "[DONE]");
    let answer = scene
        .respond(json!({ "model": "agent:plain", "input": "Hello" }))
        .await;
    assert_eq!(
        answer.json["output"][0]["content"][0]["text"], "Hello there",
        "{}",
        answer.body
    );
    assert_eq!(answer.json["metadata"]["run"], run_of(&answer).to_string());
    // The runs booked them, and nobody else.
    assert_eq!(scene.booked().await, [("model/one".to_owned(), 36_000)]);
}

#[tokio::test]
async fn tools_of_an_agent_are_called_on_the_host() {
    let add = || {
        Turn::calls("c", "math__add", json!({ "a": 1, "b": 2 }))
            .first(super::script::word("Let me see."))
    };
    let sum = || Turn::says(&["{\"sum\": 3}"]);
    let script = Script::new([add(), sum(), add(), sum()]);
    let scene = with_agents(&script, &[ADDER]).await;
    let mut body = hello("agent:adder");
    body["messages"][0]["content"] = json!("{\"a\": 1}");
    let whole = scene.chat(body.clone()).await;
    assert_eq!(
        whole.json["choices"][0]["message"]["content"], "{\"sum\":3}",
        "{}",
        whole.body
    );
    assert_eq!(script.count(), 2);
    // What has a shape is told when it is there, and nothing else is.
    body["stream"] = json!(true);
    let reply = scene.chat(body).await;
    assert_eq!(words(&reply), "{\"sum\":3}", "{}", reply.body);
}

/// Allows its calls and answers in words.
fn talker() -> String {
    let text = CAREFUL.replace("then = \"ask\"", "then = \"allow\"");
    text.replace("\"careful\"", "\"talker\"")
}

#[tokio::test]
async fn what_an_agent_says_before_it_calls_a_tool_is_heard_as_it_comes() {
    let add = || {
        let call = Turn::calls("c", "math__add", json!({ "a": 1, "b": 2 }));
        call.saying("Let me see.")
    };
    let sum = || Turn::says(&["It ", "is 3."]);
    let script = Script::new([add(), sum(), add(), sum()]);
    let scene = with_agents(&script, &[&talker()]).await;
    let mut body = hello("agent:talker");
    body["stream"] = json!(true);
    let reply = scene.chat(body.clone()).await;
    assert_eq!(words(&reply), "Let me see.\n\nIt is 3.", "{}", reply.body);
    body["stream"] = json!(false);
    let whole = scene.chat(body).await;
    let said = &whole.json["choices"][0]["message"]["content"];
    assert_eq!(said, "It is 3.", "{}", whole.body);
}

#[tokio::test]
async fn input_has_to_fit_the_agent() {
    let script = Script::new([]);
    let scene = with_agents(&script, &[ADDER, PLAIN]).await;
    let text = scene.chat(hello("agent:adder")).await;
    assert_eq!(
        (text.status, text.code()),
        (400, "invalid-arguments"),
        "{}",
        text.body
    );
    for (name, value) in [
        ("temperature", json!(0.5)),
        ("max_tokens", json!(5)),
        ("seed", json!(5)),
        ("stop", json!("x")),
        (
            "tools",
            json!([{ "type": "function", "function": { "name": "x" } }]),
        ),
        ("response_format", json!({ "type": "json_object" })),
        (
            "messages",
            json!([{ "role": "system", "content": "x" }, { "role": "user", "content": "x" }]),
        ),
        (
            "messages",
            json!([{ "role": "user", "content": "x" }, { "role": "assistant", "content": "x" }]),
        ),
        (
            "messages",
            json!([{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "https://a.example/x.png" } }] }]),
        ),
        ("metadata", json!({ "session": "Not A Name" })),
    ] {
        let mut body = hello("agent:plain");
        body[name] = value;
        let refused = scene.chat(body).await;
        assert_eq!(refused.status, 400, "{name}: {}", refused.body);
        assert_eq!(refused.header("x-metier-run"), None, "{name}");
    }
    assert_eq!(script.count(), 0);
}

#[tokio::test]
async fn a_session_goes_on_where_it_was() {
    let script = Script::new([]);
    let scene = with_agents(&script, &[PLAIN]).await;
    let mut body = hello("agent:plain");
    body["metadata"] = json!({ "session": "monday" });
    for _ in 0..2 {
        assert_eq!(scene.chat(body.clone()).await.status, 200);
    }
    let said: Vec<String> = script
        .asked()
        .messages
        .iter()
        .map(|message| message.words())
        .collect();
    assert_eq!(said, ["Answer.", "Hello", "Hello there", "Hello"]);
}

#[tokio::test]
async fn a_run_that_waits_for_somebody_says_so() {
    let add = || Turn::calls("c", "math__add", json!({ "a": 1, "b": 2 }));
    let scene = with_agents(&Script::new([add(), add()]), &[CAREFUL]).await;
    for stream in [false, true] {
        let mut body = hello("agent:careful");
        body["stream"] = json!(stream);
        let reply = scene.chat(body).await;
        let run = run_of(&reply);
        assert!(
            reply
                .body
                .contains(&format!("The run {run} waits for a decision")),
            "{}",
            reply.body
        );
        assert!(
            reply.body.contains("math.add") && reply.body.contains("metier approvals approve"),
            "{}",
            reply.body
        );
        assert!(
            reply.body.contains("\"finish_reason\":\"stop\""),
            "{}",
            reply.body
        );
        let state = scene.service.runs().state(&run).await.unwrap();
        assert!(state.ended.is_none() && state.cancel.is_none() && state.questions.len() == 1);
    }
}

#[tokio::test]
async fn a_run_that_fails_is_an_error_with_its_run() {
    let fails = || Turn::fails(FailureKind::ContentFilter, &[]);
    let scene = with_agents(&Script::new([fails(), fails()]), &[PLAIN]).await;
    for stream in [false, true] {
        let mut body = hello("agent:plain");
        body["stream"] = json!(stream);
        let reply = scene.chat(body).await;
        assert_eq!(
            (reply.status, reply.code()),
            (400, "content_filter"),
            "{}",
            reply.body
        );
        let ended = ending(&scene, &run_of(&reply)).await;
        assert!(matches!(ended, Ending::Failed { .. }), "{ended:?}");
    }
}
