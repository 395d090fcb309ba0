//! Triggers and webhooks over HTTP.

use base64::{Engine, engine::general_purpose::STANDARD};
use metier_service::{directory::now, triggers::signature::tag};
use serde_json::{Value, json};

use crate::{scene::Scene, wire::Reply};

const CHAIN: &str = r#"[chain]
name = "sum"
version = "1.0.0"
description = "Adds."

[skills.math]
file = "math.wasm"
tools = ["add"]

[[step]]
name = "add"
tool = "math.add"
args = { a = 1, b = 2 }
"#;

async fn scene() -> Scene {
    let scene = Scene::with_math().await;
    let body = json!({"text": CHAIN}).to_string();
    let deployed = scene.ask(&scene.admin, "POST /api/v1/agents", &body).await;
    assert_eq!(deployed.status, 201, "{}", deployed.body);
    scene
}

impl Scene {
    async fn as_admin(&self, what: &str, body: &Value) -> Reply {
        self.ask(&self.admin, what, &body.to_string()).await
    }
}

fn webhook(name: &str) -> Value {
    json!({"name": name, "agent": "sum", "webhook": {"scheme": "standard"}})
}

/// Signed as Standard Webhooks say.
fn signed(secret: &str, id: &str, body: &[u8]) -> String {
    let key = STANDARD
        .decode(secret.trim_start_matches("whsec_"))
        .unwrap();
    let time = (now() / 1000).to_string();
    let tag = tag(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body]);
    let signature = STANDARD.encode(tag);
    format!(
        "webhook-id: {id}\r\nwebhook-timestamp: {time}\r\nwebhook-signature: v1,{signature}\r\n"
    )
}

const JSON: &str = "content-type: application/json\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_is_made_shown_changed_and_taken_away() {
    let scene = scene().await;
    let cron = json!({"name": "nightly", "agent": "sum", "input": {"team": "a"}, "cron": {"schedule": "30 6 * * MON-FRI", "zone": "Europe/Berlin"}});
    let made = scene.as_admin("POST /api/v1/triggers", &cron).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let told = json!({"schedule": "30 6 * * MON-FRI", "zone": "Europe/Berlin", "missed": "last", "missed_limit": 10, "overlap": "skip"});
    assert_eq!(made.json["cron"], told);
    assert_eq!(made.json["next"].as_array().unwrap().len(), 5);
    assert_eq!(
        scene.as_admin("POST /api/v1/triggers", &cron).await.status,
        409
    );
    let change = json!({"enabled": false, "cron": {"schedule": "@daily", "missed": "all"}});
    let changed = scene
        .as_admin("PATCH /api/v1/triggers/nightly", &change)
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(changed.json["cron"]["zone"], "UTC");
    assert!(changed.json["next"].is_null(), "it is off");
    assert_eq!(changed.json["start"]["input"], json!({"team": "a"}));
    let listed = scene.ask(&scene.admin, "GET /api/v1/triggers", "").await;
    assert_eq!(listed.json["items"][0]["name"], "nightly");
    let wrong = [
        json!({"name": "x", "agent": "sum"}),
        json!({"name": "x", "agent": "sum", "cron": {"schedule": "@daily"}, "webhook": {"scheme": "standard"}}),
        json!({"name": "x", "agent": "sum", "cron": {"schedule": "0 0 31 2 *"}}),
        json!({"name": "x", "agent": "sum", "cron": {"schedule": "@daily", "zone": "Nowhere"}}),
        json!({"name": "x", "agent": "sum", "cron": {"schedule": "@daily", "missed": "some"}}),
        json!({"name": "X Y", "agent": "sum", "cron": {"schedule": "@daily"}}),
        json!({"name": "x", "agent": "sum", "input": [], "cron": {"schedule": "@daily"}}),
    ];
    for body in wrong {
        let reply = scene.as_admin("POST /api/v1/triggers", &body).await;
        assert_eq!(
            (reply.status, reply.code()),
            (400, "invalid-arguments"),
            "{body}"
        );
    }
    let unknown = json!({"name": "x", "agent": "other", "cron": {"schedule": "@daily"}});
    assert_eq!(
        scene
            .as_admin("POST /api/v1/triggers", &unknown)
            .await
            .status,
        404
    );
    let no_secret = scene
        .as_admin("POST /api/v1/triggers/nightly/rotate", &json!({}))
        .await;
    assert_eq!(no_secret.status, 400);
    let viewer = scene.key("local", "viewer").await;
    let what = "DELETE /api/v1/triggers/nightly";
    assert_eq!(scene.ask(&viewer, what, "").await.status, 403);
    assert_eq!(scene.ask(&scene.admin, what, "").await.status, 204);
    assert_eq!(scene.ask(&scene.admin, what, "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_message_is_accepted_and_nobody_else_learns_anything() {
    let scene = scene().await;
    let made = scene
        .as_admin("POST /api/v1/triggers", &webhook("in"))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(made.json["webhook"]["path"], "/hooks/in/local/in");
    let secret = made.json["secret"].as_str().unwrap().to_owned();
    let shown = scene.ask(&scene.admin, "GET /api/v1/triggers/in", "").await;
    assert!(!shown.body.contains(&secret) && shown.json["secret"].is_null());
    let (path, body) = ("POST /hooks/in/local/in", br#"{"order": 7}"#);
    let headers = format!("{JSON}{}", signed(&secret, "msg_1", body));
    let taken = scene.send(path, &headers, body).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    let run = taken.json["run"].as_str().unwrap();
    assert_eq!(
        taken.json.as_object().unwrap().len(),
        1,
        "nothing but the run"
    );
    let input = scene
        .ask(&scene.admin, &format!("GET /api/v1/runs/{run}"), "")
        .await;
    assert_eq!(input.json["input"], json!({"event": {"order": 7}}));
    let again = scene.send(path, &headers, body).await;
    assert_eq!((again.status, &again.json), (202, &taken.json));
    let forged = format!(
        "{JSON}{}",
        signed("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "msg_2", body)
    );
    let twice = format!("{headers}webhook-id: msg_1\r\n");
    let strangers = [
        (path, forged.as_str()),
        (path, JSON),
        (path, ""),
        (path, &twice),
        ("POST /hooks/in/local/nothing", &headers),
        ("POST /hooks/in/acme/in", &headers),
        ("POST /hooks/in/..%2flocal/in", &headers),
    ];
    let mut told = Vec::new();
    for (path, headers) in strangers {
        let reply = scene.send(path, headers, body).await;
        assert!(reply.header("www-authenticate").is_none());
        told.push((reply.status, reply.body));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, 404);
    let plain = format!(
        "content-type: text/plain\r\n{}",
        signed(&secret, "msg_3", body)
    );
    assert_eq!(scene.send(path, &plain, body).await.status, 415);
    let broken = format!("{JSON}{}", signed(&secret, "msg_4", b"{"));
    assert_eq!(scene.send(path, &broken, b"{").await.status, 400);
    assert_eq!(
        scene
            .ask(&scene.admin, "GET /hooks/in/local/in", "")
            .await
            .status,
        405
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_too_large_is_not_read() {
    let scene = scene().await;
    let body = vec![b' '; (512 << 10) + 1];
    for path in ["POST /hooks/in/local/in", "POST /hooks/in/local/nothing"] {
        let reply = scene.send(path, JSON, &body).await;
        assert_eq!(reply.status, 413, "{}", reply.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_made_shown_tried_and_taken_away() {
    let scene = scene().await;
    let new = json!({"name": "out", "url": "https://hooks.acme.example/x?token=y", "events": ["run.completed", "run.failed"]});
    let made = scene.as_admin("POST /api/v1/webhooks", &new).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let secret = made.json["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_"));
    let tried = scene
        .as_admin("POST /api/v1/webhooks/out/test", &json!({}))
        .await;
    let event = tried.json["event"].as_str().unwrap();
    assert_eq!(tried.status, 202, "{}", tried.body);
    let shown = scene
        .ask(&scene.admin, "GET /api/v1/webhooks/out", "")
        .await;
    assert_eq!(
        (&shown.json["pending"], &shown.json["dead"]),
        (&json!(1), &json!(0))
    );
    assert!(!shown.body.contains(secret));
    let list = |query: &str| format!("GET /api/v1/webhooks/out/deliveries{query}");
    let all = scene.ask(&scene.admin, &list(""), "").await;
    assert_eq!(all.json["items"][0]["event"], event);
    let dead = scene.ask(&scene.admin, &list("?dead=true"), "").await;
    assert_eq!(dead.json["items"], json!([]));
    let again = format!("POST /api/v1/webhooks/out/deliveries/{event}/redeliver");
    assert_eq!(scene.ask(&scene.admin, &again, "").await.status, 202);
    let rotated = scene
        .as_admin("POST /api/v1/webhooks/out/rotate", &json!({"overlap": 60}))
        .await;
    assert_ne!(rotated.json["secret"], made.json["secret"]);
    let off = scene
        .as_admin(
            "PATCH /api/v1/webhooks/out",
            &json!({"enabled": false, "events": []}),
        )
        .await;
    assert_eq!(
        (&off.json["enabled"], &off.json["events"]),
        (&json!(false), &json!([]))
    );
    for url in [
        "http://hooks.acme.example/",
        "https://169.254.169.254/",
        "https://localhost/",
        "x",
    ] {
        let inward = json!({"name": "inward", "url": url});
        let reply = scene.as_admin("POST /api/v1/webhooks", &inward).await;
        assert_eq!(
            (reply.status, reply.code()),
            (400, "invalid-arguments"),
            "{url}"
        );
    }
    let unknown =
        json!({"name": "other", "url": "https://hooks.acme.example/", "events": ["run.began"]});
    assert_eq!(
        scene
            .as_admin("POST /api/v1/webhooks", &unknown)
            .await
            .status,
        400
    );
    let viewer = scene.key("local", "viewer").await;
    let seen = scene.ask(&viewer, "GET /api/v1/webhooks", "").await;
    assert_eq!(seen.status, 403, "a URL may hold a token");
    assert_eq!(
        scene
            .ask(&scene.admin, "DELETE /api/v1/webhooks/out", "")
            .await
            .status,
        204
    );
    assert_eq!(scene.ask(&scene.admin, &list(""), "").await.status, 404);
}
