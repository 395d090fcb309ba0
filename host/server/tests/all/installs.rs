//! What an install carries: a component, or a form with what vouches for it.

use crate::scene::Scene;

const BOUNDARY: &str = "----metier";

const GRANT: &str = "digest = \"DIGEST\"\ntools = [\"add\"]\n";

fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let head =
            format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn headers(scene: &Scene) -> String {
    let key = &scene.admin;
    format!(
        "authorization: Bearer {key}\r\ncontent-type: multipart/form-data; boundary={BOUNDARY}\r\n"
    )
}

#[tokio::test]
async fn a_form_brings_the_component_and_its_grant() {
    let scene = Scene::start().await;
    let bytes = wat::parse_str(crate::wire::SKILL).unwrap();
    let digest = metier_core::Digest::of(&bytes).to_string();
    let grant = GRANT.replace("DIGEST", &digest);
    let body = form(&[("component", &bytes), ("grant", grant.as_bytes())]);
    let path = "PUT /api/v1/skills/math";
    let refused = scene.send(path, &headers(&scene), &body).await;
    assert_eq!(refused.json["code"], "unsigned-skill", "{}", refused.body);
    assert!(
        refused.body.contains("--allow-unsigned"),
        "{}",
        refused.body
    );
    let path = "PUT /api/v1/skills/math?allow_unsigned=true";
    let put = scene.send(path, &headers(&scene), &body).await;
    assert_eq!(
        (put.status, &put.json["granted"]),
        (200, &true.into()),
        "{}",
        put.body
    );
    assert!(put.json.get("vouched_by").is_none(), "{}", put.body);
    let key = scene.admin.clone();
    let called = scene
        .ask(&key, "POST /api/v1/tools/math.add", r#"{"a": 2, "b": 3}"#)
        .await;
    assert_eq!(called.json["result"], 5, "{}", called.body);
    scene.stop().await;
}

#[tokio::test]
async fn a_form_that_is_none_installs_nothing() {
    let scene = Scene::start().await;
    let bytes = wat::parse_str(crate::wire::SKILL).unwrap();
    let whole = form(&[("component", &bytes)]);
    let large = vec![b'x'; 9 << 20];
    for (what, status, body) in [
        ("no component", 400, form(&[("grant", b"tools = []")])),
        (
            "an unknown part",
            400,
            form(&[("component", &bytes), ("more", b"x")]),
        ),
        (
            "a grant that is no text",
            400,
            form(&[("component", &bytes), ("grant", &[0xff])]),
        ),
        ("cut off", 400, whole[..whole.len() / 2].to_vec()),
        (
            "a receipt that is too large",
            413,
            form(&[("receipt", &large), ("component", &bytes)]),
        ),
        (
            "a receipt that is none",
            422,
            form(&[("receipt", b"<html>"), ("component", &bytes)]),
        ),
    ] {
        let path = "PUT /api/v1/skills/math?allow_unsigned=true";
        let reply = scene.send(path, &headers(&scene), &body).await;
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
        assert!(reply.json["code"].is_string(), "{what}: {}", reply.body);
    }
    let key = scene.admin.clone();
    let listed = scene.ask(&key, "GET /api/v1/skills", "").await;
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 0);
    let path = "PUT /api/v1/skills/math?unsigned=1";
    let reply = scene.send(path, &headers(&scene), &whole).await;
    assert_eq!(reply.status, 400, "{}", reply.body);
    scene.stop().await;
}

#[tokio::test]
async fn what_was_revoked_is_told_and_taken_by_whoever_may() {
    let scene = Scene::with_math().await;
    let key = scene.admin.clone();
    let told = scene.ask(&key, "GET /api/v1/revocations", "").await;
    assert_eq!(
        (told.status, told.json["affected"].as_array().unwrap().len()),
        (200, 0)
    );
    let refused = scene.ask(&key, "PUT /api/v1/revocations", "{}").await;
    assert_eq!(refused.json["code"], "skill-unverified", "{}", refused.body);
    scene.stop().await;
}
