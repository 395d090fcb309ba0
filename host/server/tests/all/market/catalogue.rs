//! What is told of skills: search, versions, the MCP Registry's API, and where agents look.

use std::time::Duration;

use metier_core::Digest;
use serde_json::json;

use super::{AS_ACME, Stall, component};

#[tokio::test]
async fn skills_are_found_with_their_facets() {
    let stall = Stall::open().await;
    stall.publish("com.acme/salesforce", "1.0.0").await;
    stall.publish("com.acme/salesforce", "2.0.0").await;
    stall.publish("com.acme/salesforce", "3.0.0-rc.1").await;
    stall.publish("com.acme/jira", "0.1.0").await;
    let found = stall.get("/api/v1/market/search?q=crm%20quer").await.json();
    assert_eq!(found["total"], 2);
    assert_eq!(
        found["facets"]["effect"],
        json!([{"value": "read", "count": 2}])
    );
    let found = stall.get("/api/v1/market/search?q=salesfroce").await.json();
    assert_eq!(found["corrected"], "salesforce");
    assert_eq!(
        found["skills"][0]["version"], "2.0.0",
        "the newest that is no pre-release"
    );
    let found = stall
        .get("/api/v1/market/search?service=api.jira.example&publisher=com.acme")
        .await
        .json();
    assert_eq!(found["skills"][0]["name"], "com.acme/jira");
    assert_eq!(found["total"], 1);
    let page = stall.get("/api/v1/market/search?skip=1&max=1").await.json();
    assert_eq!(page["skills"].as_array().unwrap().len(), 1);
    let wrong = stall.get("/api/v1/market/search?skip=-1").await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_skill_tells_its_versions_and_a_version_everything() {
    let stall = Stall::open().await;
    for version in ["1.0.0", "1.10.0", "1.2.0"] {
        stall.publish("com.acme/salesforce", version).await;
    }
    let told = stall.get("/api/v1/market/skills/com.acme/salesforce").await;
    let versions: Vec<_> = told.json()["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| told["version"].clone())
        .collect();
    assert_eq!(versions, [json!("1.10.0"), json!("1.2.0"), json!("1.0.0")]);
    let tag = told.header("etag").unwrap().to_owned();
    let line = "GET /api/v1/market/skills/com.acme/salesforce";
    assert_eq!(
        stall
            .ask(line, &[("if-none-match", &tag)], b"")
            .await
            .status,
        304
    );
    stall.publish("com.acme/salesforce", "1.11.0").await;
    assert_eq!(
        stall
            .ask(line, &[("if-none-match", &tag)], b"")
            .await
            .status,
        200
    );
    let version = stall
        .get("/api/v1/market/skills/com.acme/salesforce/1.2.0")
        .await
        .json();
    assert_eq!(
        version["tools"][0]["inputSchema"]["properties"]["soql"]["type"],
        "string"
    );
    let file = stall.get(version["download"].as_str().unwrap()).await;
    assert_eq!(file.body, component("com.acme/salesforce", "1.2.0"));
    for missing in [
        "com.acme/none",
        "com.acme/salesforce/9.9.9",
        "com.acme/salesforce/latest",
        "..%2f/x",
        "x/y",
    ] {
        let none = stall.get(&format!("/api/v1/market/skills/{missing}")).await;
        assert_eq!(
            (none.status, none.json()["code"].as_str()),
            (404, Some("not-found")),
            "{missing}"
        );
    }
}

#[tokio::test]
async fn the_mcp_registry_api_pages_through_every_version() {
    let stall = Stall::open().await;
    for (skill, version) in [
        ("com.acme/a", "1.0.0"),
        ("com.acme/a", "1.1.0"),
        ("com.acme/b", "0.1.0"),
        ("com.acme/b", "0.2.0"),
        ("com.acme/c", "1.0.0-rc.1"),
    ] {
        stall.publish(skill, version).await;
        stall.clock.advance(Duration::from_secs(60));
    }
    let mut told = Vec::new();
    let mut cursor = String::new();
    for _ in 0..10 {
        let page = stall
            .get(&format!("/v0.1/servers?limit=2&cursor={cursor}"))
            .await
            .json();
        assert_eq!(
            page["metadata"]["count"],
            page["servers"].as_array().unwrap().len()
        );
        for server in page["servers"].as_array().unwrap() {
            told.push(format!(
                "{} {}",
                server["server"]["name"].as_str().unwrap(),
                server["server"]["version"].as_str().unwrap()
            ));
        }
        match page["metadata"]["nextCursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(
        told,
        [
            "com.acme/a 1.1.0",
            "com.acme/a 1.0.0",
            "com.acme/b 0.2.0",
            "com.acme/b 0.1.0",
            "com.acme/c 1.0.0-rc.1"
        ]
    );
    let latest = stall.get("/v0.1/servers?version=latest").await.json();
    assert_eq!(latest["servers"].as_array().unwrap().len(), 3);
    let since = stall
        .get("/v0.1/servers?updated_since=2023-11-14T22:17:00Z")
        .await
        .json();
    assert_eq!(since["servers"].as_array().unwrap().len(), 1, "{since}");
    let found = stall.get("/v0.1/servers?search=b").await.json();
    assert_eq!(found["servers"][0]["server"]["name"], "com.acme/b");
    for wrong in [
        "limit=0",
        "limit=x",
        "cursor=x",
        "cursor=com.acme/a:x",
        "updated_since=yesterday",
    ] {
        let refused = stall.get(&format!("/v0.1/servers?{wrong}")).await;
        assert!(
            refused.status == 400 && refused.json()["error"].is_string(),
            "{wrong}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn the_mcp_registry_api_tells_one_server() {
    let stall = Stall::open().await;
    stall.publish("com.acme/a", "1.0.0").await;
    stall.publish("com.acme/a", "1.1.0").await;
    let versions = stall
        .get("/v0.1/servers/com.acme%2Fa/versions")
        .await
        .json();
    assert_eq!(versions["servers"].as_array().unwrap().len(), 2);
    let latest = stall
        .get("/v0.1/servers/com.acme%2Fa/versions/latest")
        .await
        .json();
    assert_eq!(latest["server"]["version"], "1.1.0");
    let official = &latest["_meta"]["io.modelcontextprotocol.registry/official"];
    assert_eq!(
        (&official["isLatest"], &official["status"]),
        (&json!(true), &json!("active"))
    );
    assert_eq!(official["publishedAt"], "2023-11-14T22:13:20Z");
    let package = &latest["server"]["packages"][0];
    assert_eq!(
        package["identifier"],
        format!("{}/com.acme/a:1.1.0", stall.address)
    );
    let file = Digest::of(&component("com.acme/a", "1.1.0"));
    assert_eq!(package["fileSha256"], file.to_hex());
    for missing in [
        "com.acme%2Fnone/versions",
        "com.acme%2Fa/versions/9.9.9",
        "x/versions",
        "com.acme%2Fa%2Fb/versions",
    ] {
        let none = stall.get(&format!("/v0.1/servers/{missing}")).await;
        assert_eq!(
            (none.status, none.json()["error"].as_str()),
            (404, Some("Server not found")),
            "{missing}"
        );
    }
}

#[tokio::test]
async fn agents_and_wasm_tools_find_their_way() {
    let stall = Stall::open().await;
    stall.publish("com.acme/salesforce", "1.0.0").await;
    stall.publish("com.acme/salesforce", "1.1.0").await;
    let index = stall
        .get("/.well-known/agent-skills/index.json")
        .await
        .json();
    assert_eq!(
        index["$schema"],
        "https://schemas.agentskills.io/discovery/0.2.0/schema.json"
    );
    let [entry] = index["skills"].as_array().unwrap().as_slice() else {
        panic!("{index}");
    };
    assert_eq!(
        (&entry["name"], &entry["type"]),
        (&json!("salesforce"), &json!("skill-md"))
    );
    assert_eq!(entry["description"], "Use it to query accounts.");
    let words = stall.get(entry["url"].as_str().unwrap()).await;
    assert_eq!(entry["digest"], json!(Digest::of(&words.body)));
    let told = stall
        .get("/.well-known/wasm-pkg/registry.json")
        .await
        .json();
    assert_eq!(
        told["oci"],
        json!({"registry": stall.address.to_string(), "namespacePrefix": "com."})
    );
}

/// Whoever comes later with the same short name takes nothing over.
#[tokio::test]
async fn of_two_skills_of_a_short_name_agents_see_the_first() {
    let stall = Stall::open().await;
    // The later one comes first in the order of names.
    stall.publish("com.acme/salesforce", "1.0.0").await;
    stall.clock.advance(Duration::from_secs(1));
    stall.publish("com.aaa/salesforce", "1.0.0").await;
    stall.publish("com.acme/salesforce", "1.1.0").await;
    let index = stall
        .get("/.well-known/agent-skills/index.json")
        .await
        .json();
    let [entry] = index["skills"].as_array().unwrap().as_slice() else {
        panic!("{index}");
    };
    let url = entry["url"].as_str().unwrap();
    assert!(url.contains("/com.acme/salesforce/1.1.0/"), "{url}");
}

/// What a version says to a model is not told to agents once nobody should use it.
#[tokio::test]
async fn agents_see_the_newest_that_is_good() {
    let stall = Stall::open().await;
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        stall.publish("com.acme/salesforce", version).await;
    }
    let shown = async || {
        let index = stall.get("/.well-known/agent-skills/index.json").await;
        let skills = index.json()["skills"].clone();
        let skills = skills.as_array().unwrap().iter();
        let urls = skills.map(|skill| skill["url"].as_str().unwrap().to_owned());
        let latest = stall
            .get("/v0.1/servers/com.acme%2Fsalesforce/versions/latest")
            .await;
        let all = stall.get("/v0.1/servers?version=latest").await;
        let api = stall.get("/api/v1/market/skills/com.acme/salesforce").await;
        let newest = api.json()["newest"]["version"].clone();
        for told in [
            &latest.json()["server"]["version"],
            &all.json()["servers"][0]["server"]["version"],
        ] {
            assert_eq!(*told, newest);
        }
        urls.collect::<String>()
    };
    assert!(shown().await.contains("/1.2.0/"));
    let yank = "POST /api/v1/market/skills/com.acme/salesforce/1.2.0/yank";
    let why = json!({"why": "it is slow"});
    assert_eq!(stall.tell(AS_ACME, yank, &why).await.status, 201);
    assert!(shown().await.contains("/1.1.0/"));
    let target = json!({"what": "versions", "name": "com.acme/salesforce", "versions": ">=1.1"});
    let body = json!({"target": target, "why": "it steals"});
    let revoke = "POST /api/v1/market/revocations";
    assert_eq!(stall.tell(AS_ACME, revoke, &body).await.status, 201);
    assert!(shown().await.contains("/1.0.0/"));
    let target = json!({"what": "versions", "name": "com.acme/salesforce", "versions": "*"});
    let body = json!({"target": target, "why": "it steals"});
    assert_eq!(stall.tell(AS_ACME, revoke, &body).await.status, 201);
    assert_eq!(shown().await, "");
}
