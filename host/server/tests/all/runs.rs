//! Agents, runs, approvals and files, over the HTTP API.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{scene::Scene, wire::Reply};

/// Adds two numbers by a tool; asks somebody first where `asks`.
fn chain(version: &str, asks: bool) -> String {
    let then = if asks { "ask" } else { "allow" };
    let text = format!(
        r#"
[chain]
name = "sum"
version = "{version}"
description = "Adds two numbers."

[input.schema]
type = "object"
required = ["a", "b"]

[input.schema.properties]
a = {{ type = "integer" }}
b = {{ type = "integer" }}

[skills.math]
file = "math.wasm"
tools = ["add"]

[[approvals.rule]]
tool = "math.add"
then = "{then}"

[[step]]
name = "add"
tool = "math.add"
args = {{ a = "${{input.a}}", b = "${{input.b}}" }}
"#
    );
    json!({"text": text}).to_string()
}

pub async fn deployed(asks: bool) -> Scene {
    let scene = Scene::with_math().await;
    let deployed = scene
        .ask(&scene.admin, "POST /api/v1/agents", &chain("1.0.0", asks))
        .await;
    assert_eq!(deployed.status, 201, "{}", deployed.body);
    scene
}

const REQUEST: &str = r#"{"agent": "sum", "input": {"a": 2, "b": 3}}"#;

pub async fn started(scene: &Scene) -> String {
    let started = scene.ask(&scene.admin, "POST /api/v1/runs", REQUEST).await;
    assert_eq!(started.status, 201, "{}", started.body);
    started.json["id"].as_str().unwrap().to_owned()
}

/// Waits until a run is as it is wanted.
pub async fn until(scene: &Scene, run: &str, is_so: impl Fn(&Value) -> bool) -> Reply {
    let begun = Instant::now();
    loop {
        let shown = scene
            .ask(&scene.admin, &format!("GET /api/v1/runs/{run}"), "")
            .await;
        if is_so(&shown.json) {
            return shown;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", shown.body);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_is_started_listed_shown_and_followed() {
    let scene = deployed(false).await;
    let run = started(&scene).await;
    let ended = until(&scene, &run, |run| run["status"] == "completed").await;
    assert_eq!(ended.json["output"], 5, "{}", ended.body);
    assert_eq!(ended.json["usage"]["calls"]["math.add"], 1);
    let listed = scene
        .ask(&scene.admin, "GET /api/v1/runs?agent=sum&state=done", "")
        .await;
    assert_eq!(listed.json["items"][0]["id"], run.as_str());
    let none = scene
        .ask(&scene.admin, "GET /api/v1/runs?agent=other", "")
        .await;
    assert_eq!(none.json["items"], json!([]));
    let events = scene
        .ask(&scene.admin, &format!("GET /api/v1/runs/{run}/events"), "")
        .await;
    let kinds: Vec<&str> = events.json["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!((kinds[0], *kinds.last().unwrap()), ("started", "ended"));
    let headers = format!(
        "authorization: Bearer {}\r\naccept: text/event-stream\r\nlast-event-id: 1\r\n",
        scene.admin
    );
    let stream = scene
        .send(&format!("GET /api/v1/runs/{run}/events"), &headers, b"")
        .await;
    assert_eq!(stream.header("content-type"), Some("text/event-stream"));
    assert!(
        stream.body.contains("id: 2\n") && !stream.body.contains("id: 1\n"),
        "{}",
        stream.body
    );
    assert!(stream.body.contains("event: ended\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_with_the_same_request_is_one_run() {
    let scene = deployed(false).await;
    let headers = format!(
        "authorization: Bearer {}\r\ncontent-type: application/json\r\nidempotency-key: k1\r\n",
        scene.admin
    );
    let first = scene
        .send("POST /api/v1/runs", &headers, REQUEST.as_bytes())
        .await;
    let again = scene
        .send("POST /api/v1/runs", &headers, REQUEST.as_bytes())
        .await;
    assert_eq!(
        (first.status, &first.json["id"]),
        (201, &again.json["id"]),
        "{}",
        again.body
    );
    let other = scene
        .send(
            "POST /api/v1/runs",
            &headers,
            REQUEST.replace('3', "4").as_bytes(),
        )
        .await;
    assert_eq!((other.status, other.code()), (409, "conflict"));
    let listed = scene.ask(&scene.admin, "GET /api/v1/runs", "").await;
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_decides_exactly_what_was_asked() {
    let scene = deployed(true).await;
    let run = started(&scene).await;
    let waits = until(&scene, &run, |run| run["approvals"][0].is_object()).await;
    let open = &waits.json["approvals"][0];
    assert_eq!(
        (&open["tool"], &open["arguments"]),
        (&json!("math.add"), &json!({"a": 2, "b": 3}))
    );
    let listed = scene.ask(&scene.admin, "GET /api/v1/approvals", "").await;
    assert_eq!(
        listed.json["items"][0]["run"],
        run.as_str(),
        "{}",
        listed.body
    );
    let path = format!("POST /api/v1/runs/{run}/approvals/{}", open["number"]);
    let other = json!({"decision": "approve", "hash": format!("sha256:{}", "0".repeat(64))});
    let refused = scene.ask(&scene.admin, &path, &other.to_string()).await;
    assert_eq!((refused.status, refused.code()), (409, "conflict"));
    let word = json!({"decision": "approve", "hash": open["hash"]}).to_string();
    let caller = scene.key("local", "caller").await;
    let forbidden = scene.ask(&caller, &path, &word).await;
    assert_eq!((forbidden.status, forbidden.code()), (403, "forbidden"));
    let approver = scene.key("local", "approver").await;
    let decided = scene.ask(&approver, &path, &word).await;
    assert_eq!(decided.status, 204, "{}", decided.body);
    until(&scene, &run, |run| run["output"] == 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_never_change_and_can_be_rolled_back() {
    let scene = deployed(false).await;
    let key = &scene.admin;
    let same = scene
        .ask(key, "POST /api/v1/agents", &chain("1.0.0", false))
        .await;
    assert_eq!(same.status, 201);
    let changed = scene
        .ask(key, "POST /api/v1/agents", &chain("1.0.0", true))
        .await;
    assert_eq!((changed.status, changed.code()), (409, "conflict"));
    let next = scene
        .ask(key, "POST /api/v1/agents", &chain("2.0.0", false))
        .await;
    assert_eq!(next.json["current"], "2.0.0");
    let back = scene
        .ask(
            key,
            "PUT /api/v1/agents/sum/current",
            r#"{"version": "1.0.0"}"#,
        )
        .await;
    assert_eq!(back.json["current"], "1.0.0", "{}", back.body);
    let run = started(&scene).await;
    let shown = scene.ask(key, &format!("GET /api/v1/runs/{run}"), "").await;
    assert_eq!(shown.json["version"], "1.0.0");
    let none = scene
        .ask(
            key,
            "PUT /api/v1/agents/sum/current",
            r#"{"version": "3.0.0"}"#,
        )
        .await;
    assert_eq!(
        (none.status, &none.json["hint"]),
        (404, &json!("There are: 1.0.0, 2.0.0."))
    );
    let source = scene
        .ask(key, "GET /api/v1/agents/sum/source?version=2.0.0", "")
        .await;
    assert!(source.json["text"].as_str().unwrap().contains("2.0.0"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_that_cannot_run_is_not_deployed() {
    let scene = Scene::with_math().await;
    let unsound = chain("1.0.0", false).replace("{input.b}", "{steps.nowhere.output}");
    let refused = scene
        .ask(&scene.admin, "POST /api/v1/agents", &unsound)
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (400, "invalid-arguments"),
        "{}",
        refused.body
    );
    let missing = chain("1.0.0", false)
        .replace("skills.math", "skills.other")
        .replace("math.add", "other.add");
    let refused = scene
        .ask(&scene.admin, "POST /api/v1/agents", &missing)
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (404, "not-found"),
        "{}",
        refused.body
    );
    let input = scene
        .ask(&scene.admin, "POST /api/v1/agents", &chain("1.0.0", false))
        .await;
    assert_eq!(input.status, 201);
    let unfit = scene
        .ask(
            &scene.admin,
            "POST /api/v1/runs",
            r#"{"agent": "sum", "input": {"a": 2}}"#,
        )
        .await;
    assert_eq!((unfit.status, unfit.code()), (400, "invalid-arguments"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_waits_is_cancelled_and_one_that_ended_is_not() {
    let scene = deployed(true).await;
    let run = started(&scene).await;
    until(&scene, &run, |run| run["approvals"][0].is_object()).await;
    let path = format!("POST /api/v1/runs/{run}/cancel");
    let cancelled = scene
        .ask(&scene.admin, &path, r#"{"why": "not today"}"#)
        .await;
    assert_eq!(cancelled.status, 202, "{}", cancelled.body);
    let ended = until(&scene, &run, |run| run["status"] == "cancelled").await;
    assert!(
        ended.json["error"]["message"]
            .as_str()
            .unwrap()
            .contains("not today")
    );
    let again = scene.ask(&scene.admin, &path, "{}").await;
    assert_eq!((again.status, again.code()), (409, "conflict"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_for_some_tools_starts_the_agents_it_names() {
    let scene = deployed(false).await;
    for (tools, status) in [("math.add", 403), ("agent.sum", 201), ("agent.*", 201)] {
        let new = json!({"name": "some", "role": "caller", "tools": [tools]});
        let made = scene
            .ask(&scene.admin, "POST /api/v1/keys", &new.to_string())
            .await;
        let key = made.json["key"].as_str().unwrap();
        let started = scene.ask(key, "POST /api/v1/runs", REQUEST).await;
        assert_eq!(started.status, status, "{tools}: {}", started.body);
    }
}

#[tokio::test]
async fn a_file_is_kept_and_read_whole_and_in_parts() {
    let scene = Scene::start().await;
    let key = scene.admin.clone();
    let kept = scene
        .ask(&key, "POST /api/v1/artifacts", "0123456789")
        .await;
    assert_eq!(
        (kept.status, &kept.json["size"]),
        (201, &10.into()),
        "{}",
        kept.body
    );
    let path = format!(
        "GET /api/v1/artifacts/{}",
        kept.json["digest"].as_str().unwrap()
    );
    let whole = scene.ask(&key, &path, "").await;
    assert_eq!((whole.status, whole.body.as_str()), (200, "0123456789"));
    assert_eq!(whole.header("content-disposition"), Some("attachment"));
    let part = |range: &str| {
        let headers = format!("authorization: Bearer {key}\r\nrange: {range}\r\n");
        let (scene, path) = (&scene, &path);
        async move { scene.send(path, &headers, b"").await }
    };
    let middle = part("bytes=2-4").await;
    assert_eq!((middle.status, middle.body.as_str()), (206, "234"));
    assert_eq!(middle.header("content-range"), Some("bytes 2-4/10"));
    let beyond = part("bytes=10-").await;
    assert_eq!(
        (beyond.status, beyond.header("content-range")),
        (416, Some("bytes */10"))
    );
    for path in ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "sha256:00"] {
        let none = scene
            .ask(&key, &format!("GET /api/v1/artifacts/{path}"), "")
            .await;
        assert_eq!(none.status, 404, "{path}");
    }
    let acme = scene.key("acme", "operator").await;
    assert_eq!(scene.ask(&acme, &path, "").await.status, 404);
}
