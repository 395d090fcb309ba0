//! The numbers at `/metrics`, and the spans of requests.

use std::sync::Arc;

use metier_server::{App, Settings, listen, live::Live, numbers};
use tokio::net::TcpListener;

use crate::{
    runs::{deployed, started, until},
    scene::Scene,
    wire::exchange,
};

async fn numbers_of(scene: &Scene) -> String {
    let told = scene.ask(&scene.admin, "GET /metrics", "").await;
    assert_eq!(told.status, 200, "{}", told.body);
    told.body
}

/// The value of the line that begins so.
fn value(text: &str, line: &str) -> Option<f64> {
    let rest = text.lines().find_map(|told| told.strip_prefix(line))?;
    rest.trim().parse().ok()
}

#[tokio::test]
async fn numbers_are_for_administrators_and_for_keys_of_the_hosts_own_tenant() {
    let scene = Scene::start().await;
    let (scraper, theirs) = (
        scene.key("local", "viewer").await,
        scene.key("acme", "operator").await,
    );
    for (key, status) in [
        (scene.admin.as_str(), 200),
        (&scraper, 200),
        (&theirs, 403),
        ("mtr_0_0", 401),
    ] {
        let told = scene.ask(key, "GET /metrics", "").await;
        assert_eq!(told.status, status, "{key}: {}", told.body);
    }
    // Loopback is no exception: behind a proxy everybody comes from there.
    assert_eq!(scene.send("GET /metrics", "", b"").await.status, 401);
}

#[tokio::test]
async fn both_formats_are_told() {
    let scene = Scene::start().await;
    let plain = scene.ask(&scene.admin, "GET /metrics", "").await;
    let media = plain.header("content-type").unwrap();
    assert!(media.starts_with("text/plain; version=0.0.4"), "{media}");
    let headers = format!(
        "authorization: Bearer {}\r\naccept: application/openmetrics-text; version=1.0.0\r\n",
        scene.admin
    );
    let open = scene.send("GET /metrics", &headers, b"").await;
    let media = open.header("content-type").unwrap();
    assert!(media.starts_with("application/openmetrics-text"), "{media}");
    assert!(open.body.ends_with("# EOF\n"));
}

#[tokio::test]
async fn requests_are_counted_by_template_and_never_by_what_a_client_wrote() {
    let scene = Scene::start().await;
    for id in ["first-secret", "second-secret"] {
        let asked = format!("GET /api/v1/runs/{id}?token=third-secret");
        scene.ask(&scene.admin, &asked, "").await;
        scene.ask(&scene.admin, &format!("GET /{id}"), "").await;
        scene
            .ask(&scene.admin, &format!("{} /livez", id.to_uppercase()), "")
            .await;
    }
    let text = numbers_of(&scene).await;
    let count = |labels: &str| {
        value(
            &text,
            &format!("http_server_request_duration_seconds_count{{{labels}}}"),
        )
    };
    let runs = "http_request_method=\"GET\",http_route=\"/api/v1/runs/{id}\",http_response_status_code=\"404\"";
    assert_eq!(count(runs), Some(2.0), "{text}");
    let nowhere = "http_request_method=\"GET\",http_response_status_code=\"404\"";
    assert_eq!(count(nowhere), Some(2.0), "{text}");
    let odd =
        "http_request_method=\"_OTHER\",http_route=\"/livez\",http_response_status_code=\"405\"";
    assert_eq!(count(odd), Some(2.0), "{text}");
    assert!(!text.to_lowercase().contains("secret"), "{text}");
    assert!(!text.contains("mtr_"));
}

#[tokio::test]
async fn calls_are_counted_by_what_came_of_them() {
    let scene = Scene::with_math().await;
    let add = "POST /api/v1/tools/math.add";
    scene.ask(&scene.admin, add, r#"{"a": 1, "b": 2}"#).await;
    scene.ask(&scene.admin, add, r#"{"a": 1}"#).await;
    scene
        .ask(&scene.admin, "POST /api/v1/tools/math.crash", "{}")
        .await;
    scene
        .ask(&scene.admin, "POST /api/v1/tools/math.none", "{}")
        .await;
    let text = numbers_of(&scene).await;
    let counts: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("metier_tool_call_duration_seconds_count"))
        .collect();
    let has = |tool: &str, code: &str| {
        let labels = format!("tool=\"{tool}\",code=\"{code}\"}} 1");
        counts.iter().any(|line| line.contains(&labels))
    };
    assert!(has("add", "ok"), "{counts:?}");
    assert!(has("add", "invalid-arguments"), "{counts:?}");
    assert!(has("crash", "skill-trap"), "{counts:?}");
    let refused = "metier_tool_call_duration_seconds_count{code=\"unknown-tool\"} 1";
    assert!(counts.contains(&refused), "{counts:?}");
    assert_eq!(counts.len(), 4);
}

#[tokio::test]
async fn runs_are_counted_and_so_are_their_calls() {
    let scene = deployed(false).await;
    let id = started(&scene).await;
    until(&scene, &id, |run| run["status"] == "completed").await;
    let text = numbers_of(&scene).await;
    assert_eq!(
        value(&text, "metier_runs_started_total{kind=\"chain\"}"),
        Some(1.0),
        "{text}"
    );
    assert_eq!(
        value(&text, "metier_runs_ended_total{state=\"completed\"}"),
        Some(1.0),
        "{text}"
    );
    assert_eq!(value(&text, "metier_run_followers"), Some(0.0));
    assert!(text.contains("tool=\"add\",code=\"ok\"} 1"), "{text}");
    assert!(!text.contains(&id));
}

#[tokio::test]
async fn what_is_so_now_is_told() {
    let scene = Scene::start().await;
    let text = numbers_of(&scene).await;
    // This very request, and its connection.
    assert_eq!(value(&text, "http_server_active_requests"), Some(1.0));
    for name in [
        "metier_audit_undurable_records",
        "metier_audit_failures_total",
        "metier_audit_failing",
        "metier_connections",
        "metier_runs_active",
    ] {
        assert!(value(&text, name).is_some(), "{name}\n{text}");
    }
}

#[tokio::test]
async fn on_an_address_of_its_own_nothing_but_numbers_is_told_and_no_key_asked_for() {
    let scene = Scene::start().await;
    let app = Arc::new(App {
        service: scene.service.clone(),
        settings: Live::new(Settings::default()),
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let limits = listen::Limits::default();
        listen::serve(
            listener,
            numbers::router(app),
            &limits,
            std::future::pending(),
        )
        .await
    });
    let ask = |path: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: prometheus.acme.example\r\nconnection: close\r\n\r\n")
    };
    let told = exchange(address, ask("/metrics").as_bytes()).await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    assert!(told.contains("http_server_request_duration_seconds"));
    for path in ["/", "/api/v1/me", "/console", "/readyz"] {
        let told = exchange(address, ask(path).as_bytes()).await;
        assert!(told.starts_with("HTTP/1.1 404"), "{path}: {told}");
    }
    serving.abort();
}
