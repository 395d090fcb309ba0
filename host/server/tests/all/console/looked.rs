//! What pages tell beside what is decided on them: what changed since it was approved last, costs, files, journals.

use metier_core::{Code, TenantId};
use metier_store::types::{LedgerLine, NanoDollars, UsageFilter};

use super::*;

async fn started(scene: &Scene, input: Value) -> String {
    let request = json!({"agent": "sum", "input": input}).to_string();
    let started = scene.ask(&scene.admin, "POST /api/v1/runs", &request).await;
    let run = started.json["id"].as_str().unwrap().to_owned();
    until(scene, &run, |run| run["approvals"][0].is_object()).await;
    run
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_since_it_was_approved_last_is_told() {
    let scene = Scene::with_math().await;
    let first = waiting(&scene).await;
    let browser = Browser::enter(&scene, &scene.admin).await;
    let page = browser.get("/console/approvals").await.body;
    assert!(
        page.contains("Exact arguments</h3>") && !page.contains("class=\"difference\""),
        "{page}"
    );
    let shown = scene
        .ask(&scene.admin, &format!("GET /api/v1/runs/{first}"), "")
        .await;
    let open = &shown.json["approvals"][0];
    let word = json!({"decision": "approve", "hash": open["hash"]}).to_string();
    let path = format!("POST /api/v1/runs/{first}/approvals/{}", open["number"]);
    assert_eq!(scene.ask(&scene.admin, &path, &word).await.status, 204);
    until(&scene, &first, |run| run["status"] == "completed").await;
    let same = started(&scene, json!({"a": 2})).await;
    let other = started(&scene, json!({"a": 41})).await;
    for path in [
        "/console/approvals".to_owned(),
        format!("/console/runs/{other}"),
    ] {
        let page = browser.get(&path).await;
        is_fenced(&path, &page);
        for part in [
            "against those that were approved",
            &format!("/console/runs/{first}\">on"),
            "\"a\": 2",
            "\"a\": 41",
        ] {
            let escaped = part.replace("\"a\"", "&quot;a&quot;");
            assert!(
                page.body.contains(part) || page.body.contains(&escaped),
                "{path} {part}: {}",
                page.body
            );
        }
    }
    let page = browser.get(&format!("/console/runs/{same}")).await.body;
    assert!(
        page.contains("The same as was approved") && !page.contains("class=\"difference\""),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn costs_are_told_by_model_and_skill_and_of_all_tenants_to_administrators() {
    let scene = Scene::start().await;
    let viewer = scene.key("acme", "viewer").await;
    let lines = [
        ("local", "model/big", 2_000_000_000),
        ("local", "model/small/skill/web", 500_000_000),
        ("acme", "model/other", 7_000_000_000),
    ];
    for (number, (tenant, account, amount)) in lines.into_iter().enumerate() {
        let line = LedgerLine {
            account: account.parse().unwrap(),
            amount: NanoDollars(amount),
            memo: String::new(),
        };
        let tenant: TenantId = tenant.parse().unwrap();
        let key = format!("k/{number}").parse().unwrap();
        scene
            .service
            .store()
            .post(&tenant, &key, &line)
            .await
            .unwrap();
    }
    let admin = Browser::enter(&scene, &scene.admin).await;
    let told = async |browser: &Browser<'_>, query: &str| {
        let page = browser.get(&format!("/console/usage?{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.body);
        is_fenced(query, &page);
        page.body
    };
    let page = told(&admin, "").await;
    assert!(
        page.contains("big")
            && page.contains("$2.0000")
            && page.contains("80.0 %")
            && !page.contains("$7.0000"),
        "{page}"
    );
    assert!(
        page.contains("<rect class=\"part-1\"") && page.contains("<rect class=\"part-2\""),
        "{page}"
    );
    let page = told(&admin, "by=skill&days=1").await;
    assert!(
        page.contains("no skill") && page.contains("web") && page.contains("$0.5000"),
        "{page}"
    );
    let page = told(&admin, "by=agent&days=90").await;
    assert!(
        page.contains("outside of runs") && page.contains("$2.5000"),
        "{page}"
    );
    let page = told(&admin, "by=tenant&days=7").await;
    assert!(
        page.contains("acme") && page.contains("$7.0000") && page.contains("$2.5000"),
        "{page}"
    );
    let caller = scene.service.directory().identify(&viewer, None).unwrap();
    let (all, hour) = (UsageFilter::default(), Duration::from_secs(3_600));
    let refused = scene.service.spending(&caller, all, hour, true).await;
    assert_eq!(refused.unwrap_err().code, Code::Forbidden);
    let viewer = Browser::enter(&scene, &viewer).await;
    let page = told(&viewer, "by=tenant").await;
    assert!(
        page.contains("other") && !page.contains("$2.5000") && !page.contains("by=tenant"),
        "{page}"
    );
    let overview = admin.get("/console").await.body;
    assert!(
        overview.contains("$2.5000") && !overview.contains("$7.0000"),
        "{overview}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_shows_its_own_files_and_any_part_of_its_journal() {
    let scene = Scene::with_math().await;
    let run = waiting(&scene).await;
    let kept = scene
        .ask(&scene.admin, "POST /api/v1/artifacts", "<script>")
        .await;
    let digest = kept.json["digest"].as_str().unwrap();
    let browser = Browser::enter(&scene, &scene.admin).await;
    for path in [
        format!("/console/runs/{run}/files/{digest}"),
        format!("/console/runs/{run}/files/{digest}/picture"),
        format!("/console/runs/{run}/files/nothing"),
        format!("/console/runs/nothing/files/{digest}"),
    ] {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 404, "{path}: {}", page.body);
        is_fenced(&path, &page);
    }
    for events in ["0", "1", "18446744073709551615"] {
        let page = browser
            .get(&format!("/console/runs/{run}?events={events}"))
            .await;
        assert!(
            page.status == 200 && page.body.contains("<code>started</code>"),
            "{events}: {}",
            page.body
        );
    }
    assert_eq!(
        browser
            .get(&format!("/console/runs/{run}?events=x"))
            .await
            .status,
        400
    );
}
