//! Agents as tools, and their runs as tasks.

use std::time::Duration;

use metier_agent::driver::Shift;
use metier_service::{Caller, agents::Source};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::NEW;
use crate::{scene::Scene, wire::PATIENCE};

/// Adds two numbers; `math.add` says nothing of its effect, so somebody has to agree unless the file says otherwise.
const SUM: &str = r#"
[chain]
name = "sum"
version = "1.0.0"
description = "Adds two numbers."

[input.schema]
type = "object"
required = ["a", "b"]

[input.schema.properties]
a = { type = "integer" }
b = { type = "integer" }

[output.schema]
type = "object"

[output.value]
total = "${steps.sum.output}"

[skills.math]
file = "math.wasm"
tools = ["add"]

[[step]]
name = "sum"
tool = "math.add"
args = { a = "${input.a}", b = "${input.b}" }
"#;

/// What a client says that has both.
const FORMS: &str = r#"{"elicitation": {}}"#;
const TASKS: &str =
    r#"{"elicitation": {"form": {}}, "extensions": {"io.modelcontextprotocol/tasks": {}}}"#;

/// A service at work, with `sum` and `free-sum`, which asks nobody.
async fn scene() -> Scene {
    let scene = Scene::with_math().await;
    let runs = scene.service.runs().clone();
    let shift = Shift::of("test".parse().unwrap(), "default".parse().unwrap());
    tokio::spawn(async move { runs.work(shift, std::future::pending()).await });
    let free = SUM.replace("\"sum\"\nversion", "\"free-sum\"\nversion")
        + "[approvals]\nfrom-effect = \"none\"\n";
    for text in [SUM.to_owned(), free] {
        let source = Source {
            text,
            files: Default::default(),
        };
        let operator = Caller::operator_of("local".parse().unwrap());
        scene.service.deploy(&operator, source).await.unwrap();
    }
    scene
}

fn call(name: &str, capabilities: &str) -> Value {
    let capabilities: Value = serde_json::from_str(capabilities).unwrap();
    json!({
        "name": name,
        "arguments": {"a": 2, "b": 3},
        "_meta": {"io.modelcontextprotocol/clientCapabilities": capabilities},
    })
}

async fn ask(scene: &Scene, key: &str, method: &str, params: Value) -> Value {
    let reply = scene.mcp(key, method, params).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json
}

/// The task once it is neither of these.
async fn task_after(scene: &Scene, key: &str, task: &str, statuses: &[&str]) -> Value {
    let began = Instant::now();
    loop {
        let got = ask(scene, key, "tasks/get", about(task)).await;
        if !statuses
            .iter()
            .any(|status| got["result"]["status"] == *status)
        {
            return got["result"].clone();
        }
        assert!(began.elapsed() < PATIENCE, "{got}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn about(task: &str) -> Value {
    let mut params = call("", TASKS);
    params.as_object_mut().unwrap().remove("name");
    params["taskId"] = json!(task);
    params
}

fn yes(requests: &Value, approve: bool) -> Value {
    let keys = requests.as_object().unwrap().keys();
    let answer = json!({"action": "accept", "content": {"approve": approve}});
    keys.map(|key| (key.clone(), answer.clone())).collect()
}

#[tokio::test]
async fn an_agent_is_a_tool_whose_call_lasts_as_long_as_its_run() {
    let scene = scene().await;
    let key = &scene.admin;
    let listed = ask(&scene, key, "tools/list", json!({})).await;
    let tools = listed["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools
        .iter()
        .filter_map(|tool| tool["name"].as_str())
        .collect();
    assert_eq!(
        names,
        ["agent__free-sum", "agent__sum", "math__add", "math__crash"]
    );
    assert_eq!(tools[0]["inputSchema"]["required"], json!(["a", "b"]));
    assert_eq!(tools[0]["outputSchema"]["type"], "object");
    let called = ask(&scene, key, "tools/call", call("agent__free-sum", "{}")).await;
    assert_eq!(
        called["result"]["structuredContent"],
        json!({"total": 5}),
        "{called}"
    );
    assert!(called["result"]["_meta"]["metier/run"].is_string());
    let before = json!({"name": "agent__free-sum", "arguments": {"a": 2, "b": 3}});
    let before = scene.mcp_before(key, "tools/call", before).await;
    assert_eq!(
        before.json["result"]["structuredContent"],
        json!({"total": 5}),
        "{}",
        before.body
    );
    let mut wrong = call("agent__free-sum", "{}");
    wrong["arguments"] = json!({"a": "two"});
    let wrong = ask(&scene, key, "tools/call", wrong).await;
    assert_eq!(
        wrong["result"]["_meta"]["metier/fault"]["code"], "invalid-arguments",
        "{wrong}"
    );
    let unknown = ask(&scene, key, "tools/call", call("agent__nobody", "{}")).await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
}

#[tokio::test]
async fn the_same_call_again_is_the_same_run() {
    let scene = scene().await;
    let mut params = call("agent__free-sum", "{}");
    params["_meta"]["metier/idempotency-key"] = json!("once");
    let one = ask(&scene, &scene.admin, "tools/call", params.clone()).await;
    let other = ask(&scene, &scene.admin, "tools/call", params.clone()).await;
    assert_eq!(
        one["result"]["_meta"]["metier/run"],
        other["result"]["_meta"]["metier/run"]
    );
    params["arguments"]["a"] = json!(7);
    let conflict = ask(&scene, &scene.admin, "tools/call", params).await;
    assert_eq!(
        conflict["result"]["_meta"]["metier/fault"]["code"], "conflict",
        "{conflict}"
    );
}

#[tokio::test]
async fn a_client_that_speaks_of_tasks_is_told_of_the_run_at_once() {
    let scene = scene().await;
    let key = &scene.admin;
    let made = ask(&scene, key, "tools/call", call("agent__free-sum", TASKS)).await;
    assert_eq!(made["result"]["resultType"], "task", "{made}");
    let task = made["result"]["taskId"].as_str().unwrap();
    assert!(made["result"]["pollIntervalMs"].is_u64() && made["result"]["createdAt"].is_string());
    let done = task_after(&scene, key, task, &["working"]).await;
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(done["result"]["structuredContent"], json!({"total": 5}));
    let untold = scene.mcp(key, "tasks/get", json!({"taskId": task})).await;
    assert_eq!(
        (untold.status, &untold.json["error"]["code"]),
        (400, &json!(-32021)),
        "{}",
        untold.body
    );
}

#[tokio::test]
async fn a_task_asks_a_person_and_goes_on_with_the_answer() {
    let scene = scene().await;
    let key = &scene.admin;
    for (approve, status) in [(true, "completed"), (false, "failed")] {
        let made = ask(&scene, key, "tools/call", call("agent__sum", TASKS)).await;
        let task = made["result"]["taskId"].as_str().unwrap();
        let asking = task_after(&scene, key, task, &["working"]).await;
        assert_eq!(asking["status"], "input_required", "{asking}");
        let requests = &asking["inputRequests"];
        let request = requests.as_object().unwrap().values().next().unwrap();
        assert_eq!(request["method"], "elicitation/create");
        let message = request["params"]["message"].as_str().unwrap();
        assert!(
            message.contains("math.add") && message.contains("\"a\": 2"),
            "{message}"
        );
        let mut params = about(task);
        params["inputResponses"] =
            json!({"7/00": {"action": "accept", "content": {"approve": true}}});
        ask(&scene, key, "tasks/update", params.clone()).await;
        assert_eq!(
            task_after(&scene, key, task, &["working"]).await["status"],
            "input_required"
        );
        params["inputResponses"] = yes(requests, approve);
        let told = ask(&scene, key, "tasks/update", params).await;
        assert_eq!(told["result"]["resultType"], "complete", "{told}");
        let done = task_after(&scene, key, task, &["working", "input_required"]).await;
        assert_eq!(done["status"], status, "{done}");
    }
}

#[tokio::test]
async fn a_call_asks_a_person_and_goes_on_when_it_comes_back() {
    let scene = scene().await;
    let key = &scene.admin;
    let asking = ask(&scene, key, "tools/call", call("agent__sum", FORMS)).await;
    let result = &asking["result"];
    assert_eq!(result["resultType"], "input_required", "{asking}");
    let mut again = call("agent__sum", FORMS);
    again["inputResponses"] = yes(&result["inputRequests"], true);
    again["requestState"] = result["requestState"].clone();
    let done = ask(&scene, key, "tools/call", again.clone()).await;
    assert_eq!(
        done["result"]["structuredContent"],
        json!({"total": 5}),
        "{done}"
    );
    let held = |until: u64| {
        let held = json!({
            "run": done["result"]["_meta"]["metier/run"],
            "principal": format!("key/{}", key.split('_').nth(1).unwrap()),
            "agent": "sum",
            "until": until,
        });
        let bytes = held.to_string().into_bytes();
        let seal = scene.service.seal();
        let tenant = "local".parse().unwrap();
        seal.close(&tenant, "mcp/request-state", bytes).unwrap()
    };
    again["requestState"] = json!(held(u64::MAX));
    let same = ask(&scene, key, "tools/call", again.clone()).await;
    assert_eq!(
        same["result"]["structuredContent"],
        json!({"total": 5}),
        "{same}"
    );
    let state = result["requestState"].as_str().unwrap();
    let operator = scene.key("local", "operator").await;
    for (key, tool, state) in [
        (key, "agent__sum", &state[..state.len() - 2]),
        (key, "agent__sum", "AAAA.AAAA"),
        (key, "agent__sum", &held(0)),
        (key, "agent__free-sum", state),
        (&operator, "agent__sum", state),
    ] {
        let mut forged = again.clone();
        forged["name"] = json!(tool);
        forged["requestState"] = json!(state);
        let refused = ask(&scene, key, "tools/call", forged).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }
}

/// A key that may not decide is not asked, whatever its client can show.
#[tokio::test]
async fn who_may_not_decide_is_neither_asked_nor_heard() {
    let scene = scene().await;
    let caller = scene.key("local", "caller").await;
    let made = ask(&scene, &caller, "tools/call", call("agent__sum", TASKS)).await;
    let task = made["result"]["taskId"].as_str().unwrap();
    let admin = task_after(&scene, &scene.admin, task, &["working"]).await;
    assert_eq!(admin["status"], "input_required");
    let got = ask(&scene, &caller, "tasks/get", about(task)).await;
    assert_eq!(got["result"]["status"], "working", "{got}");
    assert!(
        got["result"]["statusMessage"]
            .as_str()
            .unwrap()
            .contains("somebody decides")
    );
    let mut params = about(task);
    params["inputResponses"] = yes(&admin["inputRequests"], true);
    let refused = ask(&scene, &caller, "tasks/update", params).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    let still = ask(&scene, &scene.admin, "tasks/get", about(task)).await;
    assert_eq!(still["result"]["status"], "input_required", "{still}");
}

#[tokio::test]
async fn a_task_is_cancelled_and_is_nobody_elses() {
    let scene = scene().await;
    let key = &scene.admin;
    let made = ask(&scene, key, "tools/call", call("agent__sum", TASKS)).await;
    let task = made["result"]["taskId"].as_str().unwrap();
    let acme = scene.key("acme", "operator").await;
    let narrow = scene
        .ask(
            key,
            "POST /api/v1/keys",
            r#"{"name": "t", "role": "operator", "tools": ["math.*"]}"#,
        )
        .await;
    let narrow = narrow.json["key"].as_str().unwrap();
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        for (key, task) in [
            (acme.as_str(), task),
            (narrow, task),
            (key, "x"),
            (key, "00000000000000000000000000"),
        ] {
            let mut params = about(task);
            params["inputResponses"] = json!({});
            let refused = ask(&scene, key, method, params).await;
            assert_eq!(
                refused["error"]["code"], -32602,
                "{method} {task}: {refused}"
            );
        }
    }
    let called = ask(&scene, narrow, "tools/call", call("agent__sum", TASKS)).await;
    assert_eq!(called["error"]["code"], -32602, "{NEW}: {called}");
    task_after(&scene, key, task, &["working"]).await;
    ask(&scene, key, "tasks/cancel", about(task)).await;
    let done = task_after(&scene, key, task, &["working", "input_required"]).await;
    assert_eq!(done["status"], "cancelled", "{done}");
}

/// Without an idempotency key nobody could ever ask for the run again; with one its caller may come back.
#[tokio::test]
async fn a_client_that_leaves_ends_its_run_unless_it_can_come_back() {
    use metier_store::types::{Page, RunFilter};
    use tokio::{io::AsyncWriteExt, net::TcpStream};
    const PAGE: Page = Page {
        after: None,
        max: 100,
    };
    let scene = scene().await;
    for (key, is_over) in [(None, true), (Some("k"), false)] {
        let before = scene
            .service
            .store()
            .runs(&RunFilter::default(), PAGE)
            .await
            .unwrap()
            .len();
        let mut params = call("agent__sum", "{}");
        if let Some(key) = key {
            params["_meta"]["metier/idempotency-key"] = json!(key);
        }
        let head = super::headers(&scene.admin, NEW, "tools/call", &params);
        let body = super::message("tools/call", super::stamped(params)).to_string();
        let mut client = TcpStream::connect(scene.address).await.unwrap();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n{head}\r\n{body}",
            scene.address,
            body.len()
        );
        client.write_all(request.as_bytes()).await.unwrap();
        let run = loop {
            let runs = scene
                .service
                .store()
                .runs(&RunFilter::default(), PAGE)
                .await
                .unwrap();
            if runs.len() > before {
                break runs.iter().map(|row| row.run).max().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        task_after(&scene, &scene.admin, &run.to_string(), &["working"]).await;
        drop(client);
        let began = Instant::now();
        let ended = loop {
            let state = scene.service.runs().state(&run).await.unwrap();
            if state.ended.is_some() || began.elapsed() > Duration::from_secs(3) {
                break state.ended;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(ended.is_some(), is_over, "{key:?}: {ended:?}");
    }
}
