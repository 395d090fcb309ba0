//! The HTTP API.

use crate::scene::Scene;

#[tokio::test]
async fn a_tool_is_installed_listed_and_called() {
    let scene = Scene::start().await;
    let key = &scene.admin;
    let bytes = wat::parse_str(crate::wire::SKILL).unwrap();
    let headers = format!("authorization: Bearer {key}\r\ncontent-type: application/wasm\r\n");
    let put = scene
        .send(
            "PUT /api/v1/skills/math?allow_unsigned=true",
            &headers,
            &bytes,
        )
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
async fn a_secret_is_written_and_never_read_back() {
    let scene = Scene::start().await;
    let key = scene.admin.clone();
    let put = scene
        .ask(&key, "PUT /api/v1/secrets/crm-token", "hunter2")
        .await;
    assert_eq!(put.status, 204, "{}", put.body);
    let listed = scene.ask(&key, "GET /api/v1/secrets", "").await;
    assert_eq!(
        listed.json["items"],
        serde_json::json!([{"name": "crm-token"}])
    );
    let read = scene.ask(&key, "GET /api/v1/secrets/crm-token", "").await;
    assert_eq!(read.status, 405);
    let acme = scene.key("acme", "operator").await;
    let theirs = scene.ask(&acme, "GET /api/v1/secrets", "").await;
    assert_eq!(theirs.json["items"], serde_json::json!([]));
    let caller = scene.key("local", "caller").await;
    let forbidden = scene.ask(&caller, "GET /api/v1/secrets", "").await;
    assert_eq!((forbidden.status, forbidden.code()), (403, "forbidden"));
    let name = scene.ask(&key, "PUT /api/v1/secrets/a%2fb", "x").await;
    assert_eq!((name.status, name.code()), (400, "invalid-arguments"));
    let gone = scene
        .ask(&key, "DELETE /api/v1/secrets/crm-token", "")
        .await;
    let again = scene
        .ask(&key, "DELETE /api/v1/secrets/crm-token", "")
        .await;
    assert_eq!((gone.status, again.status), (204, 404));
}

#[tokio::test]
async fn keys_are_scoped_rotated_revoked_and_expire() {
    let scene = Scene::with_math().await;
    let key = scene.admin.clone();
    let limited = r#"{"name": "ci", "role": "caller", "tools": ["math.crash"]}"#;
    let made = scene.ask(&key, "POST /api/v1/keys", limited).await;
    let (id, text) = (
        made.json["id"].as_str().unwrap(),
        made.json["key"].as_str().unwrap(),
    );
    let other = scene
        .ask(text, "POST /api/v1/tools/math.add", r#"{"a": 1, "b": 2}"#)
        .await;
    assert_eq!(
        (other.status, other.code()),
        (403, "forbidden"),
        "{}",
        other.body
    );
    let tools = scene.ask(text, "GET /api/v1/tools", "").await;
    assert_eq!(tools.json["items"].as_array().unwrap().len(), 1);
    let listed = scene.ask(&key, "GET /api/v1/keys", "").await;
    assert!(!listed.body.contains(text.rsplit('_').next().unwrap()));
    let path = format!("POST /api/v1/keys/{id}/rotate");
    let rotated = scene.ask(&key, &path, r#"{"overlap": 3600}"#).await;
    let fresh = rotated.json["key"].as_str().unwrap();
    for text in [text, fresh] {
        assert_eq!(scene.ask(text, "GET /api/v1/me", "").await.status, 200);
    }
    let again = scene.ask(&key, &path, r#"{"overlap": 0}"#).await;
    let last = again.json["key"].as_str().unwrap();
    for (text, status) in [(text, 401), (fresh, 401), (last, 200)] {
        assert_eq!(scene.ask(text, "GET /api/v1/me", "").await.status, status);
    }
    let gone = scene
        .ask(&key, &format!("DELETE /api/v1/keys/{id}"), "")
        .await;
    assert_eq!(gone.status, 204);
    assert_eq!(scene.ask(last, "GET /api/v1/me", "").await.status, 401);
    let short = r#"{"name": "short", "role": "viewer", "expires_in": 0}"#;
    let made = scene.ask(&key, "POST /api/v1/keys", short).await;
    let text = made.json["key"].as_str().unwrap();
    assert_eq!(scene.ask(text, "GET /api/v1/me", "").await.status, 401);
}

#[tokio::test]
async fn nobody_makes_a_key_mightier_than_their_own() {
    let scene = Scene::start().await;
    let operator = scene.key("acme", "operator").await;
    let admin = r#"{"name": "x", "role": "admin"}"#;
    let refused = scene.ask(&operator, "POST /api/v1/keys", admin).await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    let caller = scene.key("acme", "caller").await;
    let refused = scene
        .ask(
            &caller,
            "POST /api/v1/keys",
            r#"{"name": "x", "role": "viewer"}"#,
        )
        .await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
}

#[tokio::test]
async fn a_suspended_tenants_keys_do_not_open() {
    let scene = Scene::start().await;
    let operator = scene.key("acme", "operator").await;
    let put = scene
        .ask(
            &scene.admin,
            "PUT /api/v1/tenants/acme",
            r#"{"suspended": true}"#,
        )
        .await;
    assert_eq!(put.status, 200, "{}", put.body);
    assert_eq!(scene.ask(&operator, "GET /api/v1/me", "").await.status, 401);
    // Making it again lifts nothing.
    let again = scene
        .ask(&scene.admin, "PUT /api/v1/tenants/acme", "{}")
        .await;
    assert_eq!(again.json["suspended"], true, "{}", again.body);
    assert_eq!(scene.ask(&operator, "GET /api/v1/me", "").await.status, 401);
    scene
        .ask(
            &scene.admin,
            "PUT /api/v1/tenants/acme",
            r#"{"suspended": false}"#,
        )
        .await;
    assert_eq!(scene.ask(&operator, "GET /api/v1/me", "").await.status, 200);
}

#[tokio::test]
async fn a_skill_is_switched_off_and_on_and_granted() {
    let scene = Scene::with_math().await;
    let key = scene.admin.clone();
    let add = || scene.ask(&key, "POST /api/v1/tools/math.add", r#"{"a": 1, "b": 2}"#);
    let off = scene
        .ask(&key, "PATCH /api/v1/skills/math", r#"{"enabled": false}"#)
        .await;
    assert_eq!(
        (off.status, &off.json["enabled"]),
        (200, &false.into()),
        "{}",
        off.body
    );
    assert_eq!(add().await.status, 404);
    scene
        .ask(&key, "PATCH /api/v1/skills/math", r#"{"enabled": true}"#)
        .await;
    assert_eq!(add().await.status, 200);
    let digest = off.json["digest"].as_str().unwrap();
    let grant = format!("digest = \"{digest}\"\ntools = [\"crash\"]\n");
    let put = scene
        .ask(&key, "PUT /api/v1/skills/math/grant", &grant)
        .await;
    assert_eq!(
        (put.status, &put.json["granted"]),
        (200, &true.into()),
        "{}",
        put.body
    );
    let denied = add().await;
    assert_eq!(
        (denied.status, denied.code()),
        (403, "tool-not-granted"),
        "{}",
        denied.body
    );
    let other = "skill = \"com.acme/other\"\ntools = [\"*\"]\n";
    let wrong = scene
        .ask(&key, "PUT /api/v1/skills/math/grant", other)
        .await;
    assert_eq!(
        (wrong.status, wrong.code()),
        (422, "grant-invalid"),
        "{}",
        wrong.body
    );
    let shown = scene.ask(&key, "GET /api/v1/skills/math/grant", "").await;
    assert_eq!(shown.body, grant);
    scene
        .ask(&key, "DELETE /api/v1/skills/math/grant", "")
        .await;
    assert_eq!(add().await.status, 200);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_is_searched_by_operators_only() {
    let scene = Scene::start().await;
    let found = scene
        .ask(
            &scene.admin,
            "GET /api/v1/audit?kind=call&from=2026-11-29T06:00:00Z&limit=9",
            "",
        )
        .await;
    assert_eq!(
        found.json,
        serde_json::json!({"items": []}),
        "{}",
        found.body
    );
    let caller = scene.key("local", "caller").await;
    let refused = scene.ask(&caller, "GET /api/v1/audit", "").await;
    assert_eq!((refused.status, refused.code()), (403, "forbidden"));
    for wrong in ["from=yesterday", "limit=many", "kid=call"] {
        let told = scene
            .ask(&scene.admin, &format!("GET /api/v1/audit?{wrong}"), "")
            .await;
        assert_eq!(told.status, 400, "{wrong}: {}", told.body);
    }
    scene.stop().await;
}
