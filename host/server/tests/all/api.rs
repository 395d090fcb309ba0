//! The HTTP API.

use crate::scene::Scene;

#[tokio::test]
async fn a_tool_is_installed_listed_and_called() {
    let scene = Scene::start().await;
    let key = &scene.admin;
    let bytes = wat::parse_str(crate::wire::SKILL).unwrap();
    let headers = format!("authorization: Bearer {key}\r\ncontent-type: application/wasm\r\n");
    let put = scene
        .send("PUT /api/v1/skills/math", &headers, &bytes)
        .await;
    assert_eq!(
        (put.status, &put.json["alias"]),
        (200, &"math".into()),
        "{}",
        put.body
    );
    let listed = scene.ask(key, "GET /api/v1/tools", "").await;
    assert_eq!(listed.json["items"][0]["name"], "math.add");
    assert_eq!(listed.json["items"][0]["input_schema"]["type"], "object");
    let called = scene
        .ask(key, "POST /api/v1/tools/math.add", r#"{"a": 2, "b": 3}"#)
        .await;
    assert_eq!(
        (called.status, &called.json["result"]),
        (200, &5.into()),
        "{}",
        called.body
    );
    assert!(called.json["usage"]["wall_us"].as_u64().unwrap() > 0);
    assert!(called.header("x-request-id").is_some());
    scene.stop().await;
}

#[tokio::test]
async fn what_fails_is_a_problem_with_a_code() {
    let scene = Scene::with_math().await;
    let key = scene.admin.clone();
    let unknown = scene.ask(&key, "POST /api/v1/tools/math.ad", "{}").await;
    assert_eq!((unknown.status, unknown.code()), (404, "unknown-tool"));
    assert_eq!(
        unknown.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(unknown.json["hint"], "Did you mean `math.add`?");
    let arguments = scene
        .ask(&key, "POST /api/v1/tools/math.add", r#"{"a": 2}"#)
        .await;
    assert_eq!(
        (arguments.status, arguments.code()),
        (400, "invalid-arguments")
    );
    let crash = scene.ask(&key, "POST /api/v1/tools/math.crash", "{}").await;
    assert_eq!((crash.status, crash.code()), (500, "skill-trap"));
    let nothing = scene.ask(&key, "GET /api/v1/nothing", "").await;
    assert_eq!((nothing.status, nothing.code()), (404, "request-refused"));
    let method = scene.ask(&key, "DELETE /api/v1/tools", "").await;
    assert_eq!((method.status, method.code()), (405, "request-refused"));
}

#[tokio::test]
async fn without_a_valid_key_nothing_is_told() {
    let scene = Scene::with_math().await;
    let none = scene.send("GET /api/v1/tools", "", b"").await;
    assert_eq!((none.status, none.code()), (401, "unauthenticated"));
    assert!(
        none.header("www-authenticate")
            .unwrap()
            .starts_with("Bearer")
    );
    for key in [
        "mtr_0000000000000000_AAAA",
        "",
        "x",
        &scene.admin[..scene.admin.len() - 1],
    ] {
        let refused = scene.ask(key, "GET /api/v1/tools", "").await;
        assert_eq!(refused.status, 401, "{key}");
    }
    let live = scene.send("GET /livez", "", b"").await;
    assert_eq!(live.status, 204);
    let ready = scene.send("GET /readyz", "", b"").await;
    assert_eq!(ready.status, 204);
}

#[tokio::test]
async fn tenants_are_apart() {
    let scene = Scene::with_math().await;
    let acme = scene.key("acme", "operator").await;
    let listed = scene.ask(&acme, "GET /api/v1/skills", "").await;
    assert_eq!(listed.json["items"], serde_json::json!([]));
    let call = scene
        .ask(&acme, "POST /api/v1/tools/math.add", r#"{"a": 2, "b": 3}"#)
        .await;
    assert_eq!(call.status, 404);
    let headers = format!("authorization: Bearer {acme}\r\nmetier-tenant: local\r\n");
    let other = scene.send("GET /api/v1/skills", &headers, b"").await;
    assert_eq!((other.status, other.code()), (403, "forbidden"));
    let tenants = scene.ask(&acme, "GET /api/v1/tenants", "").await;
    assert_eq!(tenants.status, 403);
}

#[tokio::test]
async fn a_page_of_another_origin_and_a_rebound_name_are_refused() {
    let scene = Scene::start().await;
    let key = &scene.admin;
    let origin = format!("authorization: Bearer {key}\r\norigin: https://evil.example\r\n");
    let refused = scene.send("GET /api/v1/me", &origin, b"").await;
    assert_eq!((refused.status, refused.code()), (403, "request-refused"));
    let text = format!(
        "GET /api/v1/me HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n"
    );
    let rebound = crate::wire::exchange(scene.address, text.as_bytes()).await;
    assert!(rebound.starts_with("HTTP/1.1 403"), "{rebound}");
}
