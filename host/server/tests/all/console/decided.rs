//! What a person decides, grants and makes current on the pages, and what is not theirs.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_decides_what_they_saw() {
    let scene = Scene::with_math().await;
    let run = waiting(&scene).await;
    let approver = scene.key("local", "approver").await;
    let viewer = scene.key("local", "viewer").await;
    let looks = Browser::enter(&scene, &viewer).await;
    let page = looks.get("/console/approvals").await.body;
    assert!(
        page.contains("math.add")
            && page.contains("may look and not decide")
            && !page.contains("name=\"hash\""),
        "{page}"
    );
    let browser = Browser::enter(&scene, &approver).await;
    let page = browser.get("/console/approvals").await.body;
    let (hash, action) = (
        field(&page, "hash"),
        page.split("action=\"/console/approvals/").nth(1).unwrap(),
    );
    let action = format!("/console/approvals/{}", action.split('"').next().unwrap());
    assert!(action.contains(&run), "{action}");
    let decision = [("hash", hash.as_str()), ("decision", "approve")];
    assert_eq!(looks.post(&action, &decision).await.status, 403);
    let other = format!("sha256:{}", "0".repeat(64));
    assert_eq!(
        browser
            .post(&action, &[("hash", &other), ("decision", "approve")])
            .await
            .status,
        409
    );
    let decided = browser.post(&action, &decision).await;
    assert_eq!(
        decided.header("location"),
        Some("/console/approvals?done=approved"),
        "{}",
        decided.body
    );
    until(&scene, &run, |run| run["status"] == "completed").await;
    let page = browser.get(&format!("/console/runs/{run}")).await.body;
    assert!(
        page.contains("Approved by key/")
            && page.contains("<svg class=\"lane\"")
            && page.contains(">5</pre>"),
        "{page}"
    );
    assert!(!page.contains("data-follow"), "{page}");
    let events = browser.get(&format!("/console/runs/{run}/events")).await;
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    assert!(events.body.contains("event: ended"), "{}", events.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_tenants_things_are_not_there() {
    let scene = Scene::with_math().await;
    let run = waiting(&scene).await;
    let file = scene
        .ask(&scene.admin, "POST /api/v1/artifacts", "<script>")
        .await;
    let file = format!(
        "/console/artifacts/{}",
        file.json["digest"].as_str().unwrap()
    );
    let acme = scene.key("acme", "operator").await;
    let browser = Browser::enter(&scene, &acme).await;
    for path in [
        format!("/console/runs/{run}"),
        format!("/console/runs/{run}/events"),
        file.clone(),
        "/console/skills/math".into(),
        "/console/agents/sum/1.0.0".into(),
    ] {
        assert_eq!(browser.get(&path).await.status, 404, "{path}");
    }
    assert_eq!(
        browser
            .post(&format!("/console/runs/{run}/cancel"), &[])
            .await
            .status,
        404
    );
    assert_eq!(
        browser
            .post("/console/tenant", &[("tenant", "local")])
            .await
            .status,
        403
    );
    let list = browser.get("/console/runs").await;
    assert!(list.body.contains("There are no runs yet.") && !list.body.contains(&run));
    let admin = Browser::enter(&scene, &scene.admin).await;
    let own = admin.get(&file).await;
    assert_eq!(
        (own.status, own.header("content-disposition")),
        (200, Some("attachment"))
    );
    let moved = admin.post("/console/tenant", &[("tenant", "acme")]).await;
    let acting = Browser {
        cookie: cookie(&moved),
        csrf: admin.csrf.clone(),
        scene: &scene,
    };
    assert_eq!(
        acting.get(&format!("/console/runs/{run}")).await.status,
        404
    );
}

const GRANT: &str = "digest = \"*\"\ntools = [\"*\"]\n\n[[http]]\nhost = \"api.acme.com\"\nmethods = [\"GET\"]\npaths = [\"/v1/*\"]\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_looked_at_before_it_is_saved() {
    let scene = Scene::with_math().await;
    let browser = Browser::enter(&scene, &scene.admin).await;
    let page = browser.get("/console/skills/math").await.body;
    assert!(page.contains("May compute, and reach nothing."), "{page}");
    let digest = {
        let skill = scene.ask(&scene.admin, "GET /api/v1/skills/math", "").await;
        skill.json["digest"].as_str().unwrap().to_owned()
    };
    let grant = GRANT.replace("\"*\"\ntools", &format!("\"{digest}\"\ntools"));
    let wrong = browser
        .post(
            "/console/skills/math/preview",
            &[("text", "skill = <script>")],
        )
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    is_fenced("wrong", &wrong);
    let preview = browser
        .post(
            "/console/skills/math/preview",
            &[("text", &grant.replace('\n', "\r\n"))],
        )
        .await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    is_fenced("preview", &preview);
    assert!(
        preview
            .body
            .contains("may from now on GET api.acme.com/v1/*"),
        "{}",
        preview.body
    );
    assert!(
        preview.body.contains("<li class=\"new\">"),
        "{}",
        preview.body
    );
    let untouched = browser.get("/console/skills/math").await.body;
    assert!(untouched.contains("reach nothing"), "{untouched}");
    let before = field(&preview.body, "before");
    let save = [("before", before.as_str()), ("text", grant.as_str())];
    let saved = browser.post("/console/skills/math/grant", &save).await;
    assert_eq!(
        saved.header("location"),
        Some("/console/skills/math?done=granted"),
        "{}",
        saved.body
    );
    let page = browser.get("/console/skills/math").await.body;
    assert!(
        page.contains("may GET api.acme.com/v1/*") && page.contains("and nothing else"),
        "{page}"
    );
    // It is another grant now than the one that was looked at.
    assert_eq!(
        browser
            .post("/console/skills/math/grant", &save)
            .await
            .status,
        409
    );
    let viewer = scene.key("local", "viewer").await;
    let viewer = Browser::enter(&scene, &viewer).await;
    let page = viewer.get("/console/skills/math").await.body;
    assert!(
        !page.contains("<textarea")
            && !page.contains("Switch off")
            && !page.contains("/console/audit"),
        "{page}"
    );
    let off = [("enabled", "false")];
    assert_eq!(
        viewer
            .post("/console/skills/math/enabled", &off)
            .await
            .status,
        403
    );
    assert_eq!(viewer.get("/console/audit").await.status, 403);
    assert_eq!(
        browser
            .post("/console/skills/math/enabled", &off)
            .await
            .status,
        303
    );
    assert!(
        browser
            .get("/console/skills")
            .await
            .body
            .contains("Switch on")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_is_made_current() {
    let scene = Scene::with_math().await;
    for version in ["1.0.0", "2.0.0"] {
        let deployed = scene
            .ask(&scene.admin, "POST /api/v1/agents", &chain(version))
            .await;
        assert_eq!(deployed.status, 201, "{}", deployed.body);
    }
    let browser = Browser::enter(&scene, &scene.admin).await;
    let made = browser
        .post("/console/agents/sum/current", &[("version", "1.0.0")])
        .await;
    assert_eq!(made.status, 303, "{}", made.body);
    let agent = scene.ask(&scene.admin, "GET /api/v1/agents/sum", "").await;
    assert_eq!(agent.json["current"], "1.0.0");
    assert_eq!(
        browser
            .post("/console/agents/sum/current", &[("version", "9")])
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn style_and_script_are_asked_for_once() {
    let scene = Scene::start().await;
    for (path, media_type) in [
        ("style.css", "text/css; charset=utf-8"),
        ("script.js", "text/javascript; charset=utf-8"),
    ] {
        let what = format!("GET /console/{path}");
        let file = scene.send(&what, "", b"").await;
        assert_eq!(
            (file.status, file.header("content-type")),
            (200, Some(media_type))
        );
        let headers = format!("if-none-match: {}\r\n", file.header("etag").unwrap());
        assert_eq!(scene.send(&what, &headers, b"").await.status, 304);
    }
}
