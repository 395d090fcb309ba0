//! The console, as a browser that runs no script sees it.

mod accounts;
mod decided;
mod ended;
mod looked;

use std::time::{Duration, Instant};

use metier_server::{Settings, listen};
use metier_service::agents::Models;
use serde_json::{Value, json};

use crate::{
    scene::{NoModel, Scene},
    wire::Reply,
};

/// Text that would be a page's own if it were not escaped.
const HOSTILE: &str = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\"'\u{202e}";

/// Somebody's browser: what they have of cookies and tokens.
struct Browser<'s> {
    scene: &'s Scene,
    cookie: String,
    csrf: String,
}

impl<'s> Browser<'s> {
    async fn enter(scene: &'s Scene, key: &str) -> Browser<'s> {
        let form = scene.send("GET /console/login", "", b"").await;
        let (token, cookie) = (field(&form.body, "csrf"), cookie(&form));
        let entered = posted(
            scene,
            "/console/login",
            &cookie,
            &[("csrf", &token), ("key", key)],
        )
        .await;
        assert_eq!(
            (entered.status, entered.header("location")),
            (303, Some("/console")),
            "{}",
            entered.body
        );
        let mut browser = Browser {
            scene,
            cookie: self::cookie(&entered),
            csrf: String::new(),
        };
        browser.csrf = field(&browser.get("/console").await.body, "csrf");
        browser
    }

    async fn get(&self, path: &str) -> Reply {
        let headers = format!("cookie: {}\r\n", self.cookie);
        self.scene.send(&format!("GET {path}"), &headers, b"").await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let fields: Vec<_> = fields
            .iter()
            .copied()
            .chain([("csrf", self.csrf.as_str())])
            .collect();
        posted(self.scene, path, &self.cookie, &fields).await
    }
}

async fn posted(scene: &Scene, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Reply {
    let encoded =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let pairs = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)));
    let body = pairs.collect::<Vec<_>>().join("&");
    let headers =
        format!("cookie: {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
    scene
        .send(&format!("POST {path}"), &headers, body.as_bytes())
        .await
}

fn cookie(reply: &Reply) -> String {
    let set = reply
        .header("set-cookie")
        .unwrap_or_else(|| panic!("{}", reply.head));
    set.split(';').next().unwrap().to_owned()
}

/// What a form's hidden field holds.
fn field(page: &str, name: &str) -> String {
    let found = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    found
        .unwrap_or_else(|| panic!("no {name}: {page}"))
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

fn chain(version: &str) -> String {
    // A definition with hidden characters is not taken.
    let description = json!(HOSTILE.trim_end_matches('\u{202e}'));
    let text = format!(
        r#"
[chain]
name = "sum"
version = "{version}"
description = {description}

[skills.math]
file = "math.wasm"
tools = ["add"]

[[approvals.rule]]
tool = "math.add"
then = "ask"

[[step]]
name = "add"
tool = "math.add"
args = {{ a = "${{input.a}}", b = 3 }}
"#
    );
    json!({"text": text}).to_string()
}

/// A run that waits for a person.
async fn waiting(scene: &Scene) -> String {
    let deployed = scene
        .ask(&scene.admin, "POST /api/v1/agents", &chain("1.0.0"))
        .await;
    assert_eq!(deployed.status, 201, "{}", deployed.body);
    let request = json!({"agent": "sum", "input": {"a": 2, "note": HOSTILE}}).to_string();
    let started = scene.ask(&scene.admin, "POST /api/v1/runs", &request).await;
    assert_eq!(started.status, 201, "{}", started.body);
    let run = started.json["id"].as_str().unwrap().to_owned();
    until(scene, &run, |run| run["approvals"][0].is_object()).await;
    run
}

async fn until(scene: &Scene, run: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let shown = scene
            .ask(&scene.admin, &format!("GET /api/v1/runs/{run}"), "")
            .await;
        if is_so(&shown.json) {
            return shown.json;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{}", shown.body);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What holds of every page, whoever wrote what stands on it.
fn is_fenced(what: &str, page: &Reply) {
    let policy = page.header("content-security-policy").unwrap_or_default();
    for part in [
        "default-src 'none'",
        "script-src 'self';",
        "style-src 'self';",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"), "{what}");
    let scripts = page.body.matches("<script").count();
    assert_eq!(
        scripts,
        page.body
            .matches("<script src=\"/console/script.js\" defer></script>")
            .count(),
        "{what}"
    );
    for forbidden in [
        "style=",
        "<style",
        "<img",
        " onerror=",
        " onclick=",
        "javascript:",
        "\u{202e}",
    ] {
        let found = page.body.find(forbidden);
        // What was escaped has its text still: only what a browser would obey is looked for.
        let is_text = found.is_none_or(|at| {
            page.body[..at]
                .rfind("&lt;")
                .is_some_and(|open| !page.body[open..at].contains("&gt;"))
        });
        assert!(is_text, "{what}: {forbidden}\n{}", page.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_fenced_and_what_others_wrote_is_text() {
    let scene = Scene::with_math().await;
    let run = waiting(&scene).await;
    let browser = Browser::enter(&scene, &scene.admin).await;
    let paths = [
        "/console",
        "/console/runs",
        "/console/runs?agent=%3Cscript%3E%22&state=live",
        &format!("/console/runs/{run}"),
        "/console/approvals",
        "/console/agents",
        "/console/agents/sum/1.0.0",
        "/console/skills",
        "/console/skills/math",
        "/console/usage?days=%3Cscript%3E&by=%3Cscript%3E",
        "/console/audit?text=%22%3E%3Cscript%3E%E2%80%AE",
    ];
    for path in paths {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        is_fenced(path, &page);
    }
    for path in [
        "/console/login",
        "/console/nowhere",
        "/console/runs/%3Cscript%3E",
        "/console/runs?cursor=%3Cscript%3E",
    ] {
        is_fenced(path, &browser.get(path).await);
    }
    let shown = browser.get(&format!("/console/runs/{run}")).await.body;
    assert!(
        shown.contains("&lt;script&gt;alert(1)") && shown.contains("[U+202E]"),
        "{shown}"
    );
    let denied = browser
        .post(&format!("/console/runs/{run}/cancel"), &[("why", HOSTILE)])
        .await;
    assert_eq!(denied.status, 303, "{}", denied.body);
    until(&scene, &run, |run| run["status"] == "cancelled").await;
    let page = browser
        .get(&format!("/console/runs/{run}?done=cancelled"))
        .await;
    is_fenced("cancelled", &page);
    assert!(
        page.body.contains("The run was asked to end.") && page.body.contains("Cancelled by"),
        "{}",
        page.body
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_not_logged_in_comes_to_the_login_and_back() {
    let scene = Scene::start().await;
    for path in [
        "/console",
        "/console/runs",
        "/console/audit",
        "/console/artifacts/sha256:00",
    ] {
        let page = scene.send(&format!("GET {path}"), "", b"").await;
        let to = page.header("location").unwrap_or_default();
        assert!(
            page.status == 303 && to.starts_with("/console/login"),
            "{path}: {}",
            page.head
        );
    }
    let root = scene.send("GET /", "", b"").await;
    assert_eq!(root.header("location"), Some("/console"));
    let form = scene
        .send("GET /console/login?next=/console/runs", "", b"")
        .await;
    assert_eq!(field(&form.body, "next"), "/console/runs");
    let elsewhere = scene
        .send("GET /console/login?next=//evil.example", "", b"")
        .await;
    assert!(!elsewhere.body.contains("evil"), "{}", elsewhere.body);
    let token = field(&form.body, "csrf");
    let enter = |cookie: String, key: String, next: &'static str| {
        let (scene, token) = (&scene, &token);
        async move {
            posted(
                scene,
                "/console/login",
                &cookie,
                &[("csrf", token), ("key", &key), ("next", next)],
            )
            .await
        }
    };
    let wrong = enter(cookie(&form), "mtr_nothing".into(), "").await;
    assert_eq!(
        (
            wrong.status,
            wrong
                .header("set-cookie")
                .unwrap()
                .contains("metier_session")
        ),
        (401, false)
    );
    assert_eq!(
        enter("metier_login=x".into(), scene.admin.clone(), "")
            .await
            .status,
        403
    );
    let away = enter(cookie(&form), scene.admin.clone(), "https://evil.example/").await;
    assert_eq!(away.header("location"), Some("/console"));
    let back = enter(cookie(&form), scene.admin.clone(), "/console/runs").await;
    assert_eq!(back.header("location"), Some("/console/runs"));
    let set = back.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(
        !set.contains("Secure") && !set.contains(&scene.admin),
        "{set}"
    );
}

#[tokio::test]
async fn behind_tls_the_cookie_is_for_tls_only() {
    let settings = Settings {
        hosts: vec!["metier.example".into()],
        ..Settings::default()
    };
    let scene = Scene::seen(
        Models::default(),
        std::sync::Arc::new(NoModel),
        settings,
        listen::Limits::default(),
    )
    .await;
    let headers = "x-forwarded-proto: https\r\n";
    let form = scene.send("GET /console/login", headers, b"").await;
    assert!(
        form.header("set-cookie").unwrap().contains("; Secure"),
        "{}",
        form.head
    );
    let foreign = scene
        .send(
            "POST /console/login",
            "origin: https://evil.example\r\n",
            b"",
        )
        .await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_without_its_token_does_nothing() {
    let scene = Scene::with_math().await;
    let run = waiting(&scene).await;
    let browser = Browser::enter(&scene, &scene.admin).await;
    let other = Browser::enter(&scene, &scene.admin).await;
    assert_ne!(browser.csrf, other.csrf);
    for path in [
        format!("/console/runs/{run}/cancel"),
        format!("/console/approvals/{run}/1"),
        "/console/skills/math/enabled".into(),
        "/console/skills/math/preview".into(),
        "/console/skills/math/grant".into(),
        "/console/agents/sum/current".into(),
        "/console/tenant".into(),
        "/console/logout".into(),
    ] {
        for token in [None, Some(""), Some("x"), Some(other.csrf.as_str())] {
            let fields: Vec<_> = token
                .map(|token| ("csrf", token))
                .into_iter()
                .chain([("enabled", "false")])
                .collect();
            let refused = posted(&scene, &path, &browser.cookie, &fields).await;
            assert_eq!(refused.status, 403, "{path} {token:?}: {}", refused.body);
            is_fenced(&path, &refused);
        }
        let nobody = posted(&scene, &path, "", &[("csrf", &browser.csrf)]).await;
        assert_eq!(nobody.header("location"), Some("/console/login"), "{path}");
    }
    let skill = scene.ask(&scene.admin, "GET /api/v1/skills/math", "").await;
    assert_eq!(skill.json["enabled"], true, "{}", skill.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_ends_the_session_and_a_changed_cookie_is_none() {
    let scene = Scene::start().await;
    let key = scene.key("local", "operator").await;
    let browser = Browser::enter(&scene, &key).await;
    assert_eq!(browser.get("/console/runs").await.status, 200);
    // Sealed for a tenant: for another it does not open.
    let moved = browser.cookie.replace("local.", "acme.");
    let page = scene
        .send("GET /console/runs", &format!("cookie: {moved}\r\n"), b"")
        .await;
    assert_eq!(page.status, 303);
    let id = key.split('_').nth(1).unwrap();
    let revoked = scene
        .ask(&scene.admin, &format!("DELETE /api/v1/keys/{id}"), "")
        .await;
    assert!(revoked.status < 300, "{}", revoked.body);
    assert_eq!(browser.get("/console/runs").await.status, 303);
    let out = Browser::enter(&scene, &scene.admin)
        .await
        .post("/console/logout", &[])
        .await;
    assert!(
        out.header("set-cookie")
            .unwrap()
            .contains("metier_session=; Path=/; Max-Age=0"),
        "{}",
        out.head
    );
}
