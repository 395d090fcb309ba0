//! The catalogue's pages.

use serde_json::json;

use super::{AS_ACME, Stall};

#[tokio::test]
async fn a_skill_is_found_and_shown_with_what_it_asks_for() {
    let stall = Stall::open().await;
    stall.publish("com.acme/salesforce", "1.0.0").await;
    stall.publish("com.acme/salesforce", "1.1.0").await;
    stall.publish("com.acme/jira", "0.1.0").await;
    let page = stall.get("/?q=salesfroce").await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(
        text.contains("href=\"/skills/com.acme/salesforce\""),
        "{text}"
    );
    assert!(
        text.contains("Shown is what there is for <strong>salesforce</strong>"),
        "{text}"
    );
    let page = stall.get("/skills/com.acme/salesforce").await.text();
    assert!(
        page.contains("GET https://api.salesforce.example/v1/*"),
        "{page}"
    );
    assert!(
        page.contains(">1.1.0</span>") && page.contains("/skills/com.acme/salesforce/1.0.0"),
        "{page}"
    );
    let page = stall.get("/skills/com.acme/salesforce/1.0.0").await.text();
    assert!(page.contains(">1.0.0</span>"), "{page}");
    let page = stall.get("/publishers/com.acme").await.text();
    assert!(
        page.contains("2 results") && page.contains("com.acme/jira"),
        "{page}"
    );
}

#[tokio::test]
async fn what_publishers_write_is_text_and_pages_load_nothing_from_elsewhere() {
    let stall = Stall::open().await;
    stall.publish("com.acme/salesforce", "1.0.0").await;
    let page = stall.get("/skills/com.acme/salesforce").await;
    let text = page.text();
    assert!(
        !text.contains("<script") && text.contains("&lt;script&gt;alert(1)"),
        "{text}"
    );
    assert!(
        !text.contains("<b>") && text.contains("&lt;b&gt;accounts"),
        "{text}"
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("script-src"),
        "{policy}"
    );
    let page = stall
        .get("/?q=%22%3E%3Cscript%3E&publisher=%22%3E%3Cscript%3E")
        .await
        .text();
    assert!(!page.contains("<script"), "{page}");
    let style = stall.get("/style.css").await;
    assert_eq!(
        (style.status, style.header("content-type")),
        (200, Some("text/css; charset=utf-8"))
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_page_too() {
    let stall = Stall::open().await;
    for path in [
        "/skills/com.acme/none",
        "/skills/x/y",
        "/publishers/com.none",
        "/publishers/..%2f",
        "/skills/com.acme/a/..%2f",
    ] {
        let page = stall.get(path).await;
        assert!(
            page.status == 404 && page.text().contains("<h1>Nothing to show</h1>"),
            "{path}: {page:?}"
        );
    }
    let empty = stall.get("/").await;
    assert!(
        empty.status == 200 && empty.text().contains("Nothing fits."),
        "{empty:?}"
    );
}

#[tokio::test]
async fn a_page_says_who_stands_for_a_version_and_what_is_said_against_it() {
    let stall = Stall::open().await;
    let skill = "com.acme/salesforce";
    stall.publish(skill, "1.0.0").await;
    stall.publish(skill, "1.1.0").await;
    let newest = format!("/skills/{skill}");
    let page = stall.get(&newest).await.text();
    let hint = stall.key.verifying().hint().to_string();
    for said in [
        hint.as_str(),
        "href=\"/receipts/2\"",
        "a log of 3 leaves",
        "Reviewed by the rules of",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let yank = format!("POST /api/v1/market/skills/{skill}/1.1.0/yank");
    stall
        .tell(AS_ACME, &yank, &json!({"why": "It <b>lies."}))
        .await;
    let page = stall.get(&newest).await.text();
    assert!(
        page.contains(">1.0.0</span>") && page.contains(">yanked</span>"),
        "{page}"
    );
    let page = stall.get(&format!("/skills/{skill}/1.1.0")).await.text();
    assert!(
        page.contains("<strong>Yanked.") && page.contains("It &lt;b&gt;lies."),
        "{page}"
    );
    let target = json!({"what": "publisher", "namespace": "com.acme"});
    let revocation = json!({"target": target, "why": "It steals."});
    stall
        .tell(AS_ACME, "POST /api/v1/market/revocations", &revocation)
        .await;
    let page = stall.get(&newest).await.text();
    assert!(
        page.contains("<strong>Revoked.") && page.contains("It steals."),
        "{page}"
    );
    let page = stall.get("/publishers/com.acme").await.text();
    assert!(
        page.contains(&hint) && page.contains("nowhere: this market takes"),
        "{page}"
    );
    assert_eq!(stall.get("/publishers/org.nobody").await.status, 404);
}

#[tokio::test]
async fn a_page_says_what_a_version_changes_and_what_its_neighbours_do() {
    let stall = Stall::open().await;
    let skill = "com.acme/salesforce";
    stall.publish(skill, "1.0.0").await;
    let wider = super::skill_toml(skill, "1.1.0").replace("\"/v1/*\"", "\"/v1/*\", \"/v2/*\"");
    let said = "Ask <script>alert(2)</script>.";
    let digest = stall
        .pushed(skill, &super::component_saying(&wider, said))
        .await;
    let published = stall.submit(AS_ACME, skill, "1.1.0", &digest).await;
    assert_eq!(published.status, 201, "{published:?}");
    let page = stall.get(&format!("/skills/{skill}")).await.text();
    for said in [
        "RECONSENT</span>",
        "REVIEW-TEXT</span>",
        "GET https://api.salesforce.example/v2/*",
        "other authority, other words",
        "href=\"/log/checkpoint\"",
        "Its keys go back to",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(
        page.contains("alert(2)") && !page.contains("<script"),
        "{page}"
    );
    let first = stall.get(&format!("/skills/{skill}/1.0.0")).await.text();
    assert!(!first.contains("What it changes"), "{first}");
}
