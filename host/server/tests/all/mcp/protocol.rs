//! What is the same for every method: keys, headers, revisions, sizes.

use serde_json::{Value, json};

use super::{NEW, OLD, headers, message, stamped};
use crate::{scene::Scene, wire};

#[tokio::test]
async fn a_client_without_a_key_learns_where_to_read_about_it() {
    let scene = Scene::with_math().await;
    let body = message("tools/list", stamped(json!({}))).to_string();
    for authorization in ["", "authorization: Bearer mtr_0000000000000000_AAAA\r\n"] {
        let all = headers("x", NEW, "tools/list", &Value::Null);
        let (_, rest) = all.split_once("\r\n").unwrap();
        let sent = format!("{authorization}{rest}");
        let refused = scene.send("POST /mcp", &sent, body.as_bytes()).await;
        assert_eq!((refused.status, refused.code()), (401, "unauthenticated"));
        let challenge = refused.header("www-authenticate").unwrap();
        let address = challenge.split('"').nth(3).unwrap();
        assert!(challenge.contains("resource_metadata=\""), "{challenge}");
        let (_, path) = address.split_once(&scene.address.to_string()).unwrap();
        let metadata = scene.send(&format!("GET {path}"), "", b"").await;
        let resource = format!("http://{}/mcp", scene.address);
        assert_eq!(
            (metadata.status, &metadata.json["resource"]),
            (200, &resource.into())
        );
    }
    let whole = scene
        .send("GET /.well-known/oauth-protected-resource", "", b"")
        .await;
    assert_eq!(whole.json["bearer_methods_supported"], json!(["header"]));
}

#[tokio::test]
async fn both_revisions_are_spoken_and_discovered() {
    let scene = Scene::with_math().await;
    let key = &scene.admin;
    let discovered = scene.mcp(key, "server/discover", json!({})).await;
    assert_eq!(discovered.status, 200, "{}", discovered.body);
    let result = &discovered.json["result"];
    assert_eq!(result["supportedVersions"], json!([OLD, NEW]));
    assert!(result["capabilities"]["extensions"]["io.modelcontextprotocol/skills"].is_object());
    let hello = json!({"protocolVersion": OLD, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let begun = scene.mcp_before(key, "initialize", hello).await;
    assert_eq!(
        begun.json["result"]["protocolVersion"], OLD,
        "{}",
        begun.body
    );
    assert_eq!(begun.header("mcp-session-id"), None);
    let body = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    let all = headers(key, OLD, "notifications/initialized", &Value::Null);
    let noted = scene.send("POST /mcp", &all, body.as_bytes()).await;
    assert_eq!(noted.status, 202);
    let listed = scene.mcp_before(key, "tools/list", json!({})).await;
    assert_eq!(
        listed.json["result"]["tools"][0]["name"], "math__add",
        "{}",
        listed.body
    );
    assert_eq!(listed.json["result"]["resultType"], Value::Null);
    assert_eq!(listed.json["result"]["ttlMs"], Value::Null);
}

#[tokio::test]
async fn an_older_client_is_offered_the_older_revision() {
    let scene = Scene::start().await;
    let hello = |version: &str| json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    for version in ["2024-11-05", "1999-01-01", NEW] {
        let body = message("initialize", hello(version)).to_string();
        let all = headers(&scene.admin, version, "initialize", &Value::Null);
        let begun = scene.send("POST /mcp", &all, body.as_bytes()).await;
        assert_eq!(
            begun.json["result"]["protocolVersion"], OLD,
            "{}",
            begun.body
        );
    }
}

#[tokio::test]
async fn an_unknown_revision_is_refused_by_name() {
    let scene = Scene::with_math().await;
    let mut params = stamped(json!({}));
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let body = message("tools/list", params).to_string();
    let all = headers(&scene.admin, "2099-01-01", "tools/list", &Value::Null);
    let refused = scene.send("POST /mcp", &all, body.as_bytes()).await;
    assert_eq!(
        (refused.status, &refused.json["error"]["code"]),
        (400, &json!(-32022)),
        "{}",
        refused.body
    );
    assert_eq!(
        refused.json["error"]["data"]["supported"],
        json!([OLD, NEW])
    );
    let body = message("tools/list", json!({})).to_string();
    let refused = scene.send("POST /mcp", &all, body.as_bytes()).await;
    assert_eq!(
        (refused.status, &refused.json["error"]["code"]),
        (400, &json!(-32600)),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn headers_that_contradict_the_body_are_refused() {
    let scene = Scene::with_math().await;
    let params = json!({"name": "math__add", "arguments": {"a": 1, "b": 2}});
    let right = headers(&scene.admin, NEW, "tools/call", &params);
    let body = message("tools/call", stamped(params)).to_string();
    let answered = scene.send("POST /mcp", &right, body.as_bytes()).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    for (is, should) in [
        ("mcp-method: tools/call", "mcp-method: tools/list"),
        ("mcp-name: math__add", "mcp-name: math__crash"),
        ("mcp-name: math__add\r\n", ""),
        (NEW, OLD),
    ] {
        let wrong = right.replace(is, should);
        let refused = scene.send("POST /mcp", &wrong, body.as_bytes()).await;
        let code = &refused.json["error"]["code"];
        assert_eq!(
            (refused.status, code),
            (400, &json!(-32020)),
            "{should}: {}",
            refused.body
        );
    }
}

#[tokio::test]
async fn bodies_that_are_no_messages_are_errors_of_json_rpc() {
    let scene = Scene::with_math().await;
    let all = headers(&scene.admin, NEW, "tools/list", &Value::Null);
    let send = async |headers: &str, body: &[u8]| {
        let refused = scene.send("POST /mcp", headers, body).await;
        (refused.status, refused.json["error"]["code"].as_i64())
    };
    assert_eq!(send(&all, b"{").await, (400, Some(-32700)));
    assert_eq!(send(&all, b"\xff\xfe").await, (400, Some(-32700)));
    let deep = "[".repeat(100_000);
    assert_eq!(send(&all, deep.as_bytes()).await.0, 400);
    for body in [
        "[]",
        "{}",
        "null",
        "7",
        r#"{"jsonrpc": "1.0", "id": 1, "method": "tools/list"}"#,
    ] {
        assert_eq!(
            send(&all, body.as_bytes()).await,
            (400, Some(-32600)),
            "{body}"
        );
    }
    let typed = all.replace("content-type: application/json", "content-type: text/plain");
    assert_eq!(send(&typed, b"{}").await, (415, Some(-32600)));
    let picky = all.replace(
        "accept: application/json, text/event-stream",
        "accept: text/html",
    );
    assert_eq!(send(&picky, b"{}").await, (406, Some(-32600)));
    let get = scene.send("GET /mcp", &all, b"").await;
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
    for params in [
        json!({}),
        json!({"name": 7}),
        json!({"name": "math__add", "arguments": []}),
    ] {
        let wrong = scene.mcp_before(&scene.admin, "tools/call", params).await;
        assert_eq!(wrong.json["error"]["code"], -32602, "{}", wrong.body);
    }
    let gone = scene.mcp(&scene.admin, "initialize", json!({})).await;
    assert_eq!(
        (gone.status, &gone.json["error"]["code"]),
        (404, &json!(-32601))
    );
    let unknown = scene.mcp(&scene.admin, "tools/destroy", json!({})).await;
    assert_eq!(
        (unknown.status, &unknown.json["error"]["code"]),
        (404, &json!(-32601))
    );
}

#[tokio::test]
async fn a_huge_body_is_refused() {
    let scene = Scene::with_math().await;
    let params = json!({"name": "math__add", "arguments": {"a": "x".repeat(5 << 20)}});
    let all = headers(&scene.admin, NEW, "tools/call", &params);
    let body = message("tools/call", stamped(params)).to_string();
    let refused = scene.send("POST /mcp", &all, body.as_bytes()).await;
    assert_eq!(
        (refused.status, &refused.json["error"]["code"]),
        (413, &json!(-32600)),
        "{}",
        refused.head
    );
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused() {
    let scene = Scene::with_math().await;
    let all = headers(&scene.admin, NEW, "tools/list", &Value::Null);
    let body = message("tools/list", stamped(json!({}))).to_string();
    let foreign = format!("{all}origin: https://evil.example\r\n");
    let refused = scene.send("POST /mcp", &foreign, body.as_bytes()).await;
    assert_eq!(refused.status, 403);
    let rebound = format!(
        "POST /mcp HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\ncontent-length: {}\r\n{all}\r\n{body}",
        body.len()
    );
    let rebound = wire::exchange(scene.address, rebound.as_bytes()).await;
    assert!(rebound.starts_with("HTTP/1.1 403"), "{rebound}");
}
