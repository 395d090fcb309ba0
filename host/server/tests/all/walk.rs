//! All routes there are, found in the description, with another tenant's key.

use metier_server::api;
use serde_json::Value;

use crate::scene::Scene;

/// What stands in a path for each of its names: things that are there, of the tenant `local`.
fn filled(path: &str, key: &str, run: &str, digest: &str, event: &str) -> String {
    path.replace("{alias}", "math")
        .replace("{tenant}", "local")
        .replace("{event}", event)
        .replace("{skill}", "math")
        .replace("{credential}", "login")
        .replace("{tool}", "math.add")
        .replace("{name}", "sum")
        .replace("{run}", run)
        .replace("{number}", "1")
        .replace("{digest}", digest)
        .replace(
            "{id}",
            match path.split('/').nth(3) {
                Some("keys") => key,
                Some("tenants") => "acme",
                _ => run,
            },
        )
}

/// Routes whose answer is about whoever asks, or about nothing that can be named.
const OWN: [&str; 13] = [
    "/api/v1/me",
    "/api/v1/keys",
    "/api/v1/skills",
    "/api/v1/tools",
    "/api/v1/secrets",
    "/api/v1/agents",
    "/api/v1/runs",
    "/api/v1/triggers",
    "/api/v1/webhooks",
    "/api/v1/approvals",
    "/api/v1/accounts",
    "/api/v1/audit",
    "/api/v1/usage",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_tenants_things_are_not_there_on_any_route() {
    let scene = Scene::with_math().await;
    let definition = r#"[chain]
name = "sum"
version = "1.0.0"
description = "Adds."

[skills.math]
file = "math.wasm"
tools = ["add"]

[[approvals.rule]]
tool = "math.add"
then = "ask"

[[step]]
name = "add"
tool = "math.add"
args = { a = 1, b = 2 }
"#;
    let body = serde_json::json!({"text": definition}).to_string();
    let deployed = scene.ask(&scene.admin, "POST /api/v1/agents", &body).await;
    assert_eq!(deployed.status, 201, "{}", deployed.body);
    let run = scene
        .ask(&scene.admin, "POST /api/v1/runs", r#"{"agent": "sum"}"#)
        .await;
    let run = run.json["id"].as_str().unwrap().to_owned();
    let file = scene
        .ask(&scene.admin, "POST /api/v1/artifacts", "secret")
        .await;
    let digest = file.json["digest"].as_str().unwrap().to_owned();
    let keys = scene.ask(&scene.admin, "GET /api/v1/keys", "").await;
    let key = keys.json["items"][0]["id"].as_str().unwrap().to_owned();
    let event = hooks_of(&scene).await;
    let acme = scene.key("acme", "operator").await;
    let document = serde_json::to_value(api::description()).unwrap();
    let mut walked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let names_something = path.contains('{');
            let what = format!(
                "{} {}",
                method.to_uppercase(),
                filled(path, &key, &run, &digest, &event)
            );
            let reply = scene
                .ask(&acme, &what, &body_of(&document, operation))
                .await;
            walked += 1;
            if path.starts_with("/api/v1/tenants") {
                assert_eq!(reply.status, 403, "{what}: {}", reply.body);
            } else if !names_something {
                assert!(reply.status < 500, "{what}: {}", reply.body);
                assert!(
                    !reply.body.contains(&run) && !reply.body.contains(&key),
                    "{what}: {}",
                    reply.body
                );
            } else if path.contains("/secrets/")
                || (method == "put" && path == "/api/v1/skills/{alias}")
            {
                // Makes something of the asker's own.
                assert!(reply.status < 500, "{what}: {}", reply.body);
            } else {
                assert_eq!(reply.status, 404, "{what}: {}", reply.body);
            }
        }
    }
    assert!(walked > 30, "{walked}");
    for path in OWN {
        assert!(document["paths"][path].is_object(), "{path}");
    }
    // And nothing of it was touched.
    for what in [
        "GET /api/v1/skills/math",
        "GET /api/v1/agents/sum",
        "GET /api/v1/triggers/sum",
        "GET /api/v1/webhooks/sum",
        &format!("GET /api/v1/runs/{run}"),
    ] {
        let there = scene.ask(&scene.admin, what, "").await;
        assert_eq!(there.status, 200, "{what}");
    }
}

/// A webhook each way called `sum`, and an event that is on its way.
async fn hooks_of(scene: &Scene) -> String {
    let trigger = r#"{"name": "sum", "agent": "sum", "webhook": {"scheme": "standard"}}"#;
    let endpoint = r#"{"name": "sum", "url": "https://hooks.acme.example/"}"#;
    for (what, body) in [("triggers", trigger), ("webhooks", endpoint)] {
        let what = format!("POST /api/v1/{what}");
        let made = scene.ask(&scene.admin, &what, body).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let what = "POST /api/v1/webhooks/sum/test";
    let sent = scene.ask(&scene.admin, what, "{}").await;
    sent.json["event"].as_str().unwrap().to_owned()
}

/// A body that is read, so that the answer is about the name and not about the body.
fn body_of(document: &Value, operation: &Value) -> String {
    let json = &operation["requestBody"]["content"]["application/json"]["schema"];
    let Some(reference) = json["$ref"].as_str() else {
        return "{}".to_owned();
    };
    let name = reference.rsplit('/').next().unwrap();
    let schema = &document["components"]["schemas"][name];
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut body = serde_json::Map::new();
    for key in required {
        let key = key.as_str().unwrap();
        let value = match (name, key) {
            ("Word", "decision") => "approve".into(),
            ("Word", "hash") => format!("sha256:{}", "0".repeat(64)).into(),
            ("KeyRequest", "role") => "viewer".into(),
            ("SkillChange", "enabled") => false.into(),
            _ => "x".into(),
        };
        body.insert(key.to_owned(), value);
    }
    Value::Object(body).to_string()
}
