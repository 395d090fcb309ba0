//! What a skill needs is learnt from its calls: it is enough, and nothing in it can be left out.

use std::sync::Arc;

use metier_core::Manifest;
use metier_e2e::{Guest, TestHost};
use metier_market::fixtures::{self, Fixture};
use metier_market::learn::{Learned, learn};
use metier_runtime::skill::Skill;
use serde_json::{Value, json};

const HEAD: &str = "[skill]\nname = \"test.metier/capabilities\"\nversion = \"0.1.0\"\n";

fn call(fixture: &Value) -> Fixture {
    fixtures::parse(fixture.to_string().as_bytes(), &fixtures::Files::default()).unwrap()
}

/// Six calls that use something of everything.
fn calls() -> Vec<Fixture> {
    let get = |path: &str| {
        json!({
            "request": {"method": "GET", "url": format!("https://api.example/items/{path}")},
            "response": {"status": 200, "body": "an item"},
        })
    };
    let fetch = |path: &str| {
        let url = format!("https://api.example/items/{path}");
        let ask = json!({"method": "GET", "url": url, "headers": []});
        json!({"tool": "web.fetch", "arguments": {"ask": ask, "follow-redirects": 0},
            "exchanges": [get(path)]})
    };
    vec![
        call(&fetch("1")),
        call(&fetch("2")),
        call(
            &json!({"tool": "storage.put", "arguments": {"bucket": "cache", "key": "k", "value": "v"}}),
        ),
        call(
            &json!({"tool": "storage.setting", "arguments": {"key": "region"}, "config": {"region": "eu"}}),
        ),
        call(
            &json!({"tool": "output.put-artifact", "arguments": {"name": "a.txt", "media-type": "text/plain", "body": "x"}}),
        ),
        call(
            &json!({"tool": "output.log", "arguments": {"level": "info", "context": "c", "message": "m"}}),
        ),
    ]
}

/// The guest, asking for this.
async fn asking(host: &TestHost, capabilities: &str) -> Arc<Skill> {
    let guest = Guest::built("capabilities").into_bytes();
    let skill = host.host().load(guest).await.unwrap();
    let manifest = Manifest::parse(&format!("{HEAD}{capabilities}")).unwrap();
    Arc::new(skill.asking_for(manifest))
}

async fn learnt(host: &TestHost, capabilities: &str) -> Learned {
    learn(
        host.host(),
        &asking(host, capabilities).await,
        &calls(),
        None,
    )
    .await
    .unwrap()
}

/// Whether no call is refused anything and each is answered.
async fn suffices(host: &TestHost, capabilities: &str) -> bool {
    let skill = asking(host, capabilities).await;
    for call in calls() {
        let run = fixtures::run(host.host(), &skill, &call, None)
            .await
            .unwrap();
        if run.outcome.result.is_err()
            || !run.outcome.denials.is_empty()
            || !run.mismatches.is_empty()
        {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn a_skill_that_asks_for_nothing_learns_what_to_ask_for() {
    let host = TestHost::start();
    assert!(!suffices(&host, "").await);
    let learned = learnt(&host, "").await;
    assert!(
        learned.unused.is_empty() && learned.refused.is_empty(),
        "{learned:#?}"
    );
    assert_eq!(
        learned.manifest,
        "[[capabilities.http]]\nhost = \"api.example\"\nmethods = [\"GET\"]\npaths = [\"/items/*\"]\n\n\
         [capabilities.kv]\nbuckets = [\"cache\"]\n\n[capabilities.artifacts]\n\n\
         [capabilities.config]\nkeys = [\"region\"]\n\n[capabilities.log]\n"
    );
    assert!(
        learned.grant.contains("[config]\n\"region\" = \"eu\"\n"),
        "{}",
        learned.grant
    );
    assert!(suffices(&host, &learned.manifest).await);
}

/// Each section on its own: without it, some call is refused something.
#[tokio::test]
async fn nothing_that_is_proposed_can_be_left_out() {
    let host = TestHost::start();
    let learned = learnt(&host, "").await;
    let sections: Vec<&str> = learned.manifest.trim_end().split("\n\n").collect();
    assert_eq!(sections.len(), 5, "{}", learned.manifest);
    for left_out in 0..sections.len() {
        let mut fewer = sections.clone();
        fewer.remove(left_out);
        assert!(
            !suffices(&host, &fewer.join("\n\n")).await,
            "without {}",
            sections[left_out]
        );
    }
}

#[tokio::test]
async fn what_is_asked_for_and_never_used_is_named() {
    let host = TestHost::start();
    let wide = r#"
[[capabilities.http]]
host = "**.example"
methods = ["GET", "DELETE"]
paths = ["/items/*", "/admin/**"]
credential = "key"

[[capabilities.http]]
host = "elsewhere.test"
methods = ["GET"]
paths = ["/"]

[capabilities.kv]
buckets = ["cache", "notes"]

[capabilities.artifacts]

[capabilities.config]
keys = ["region", "unset"]

[capabilities.log]
"#;
    let learned = learnt(&host, wide).await;
    assert_eq!(
        learned.unused,
        [
            "http, line 5: the method DELETE",
            "http, line 5: the path /admin/**",
            "http, line 11: GET https://elsewhere.test/",
            "kv: the bucket notes",
            "config: the key unset",
        ]
    );
    assert!(
        learned.manifest.contains("credential = \"key\""),
        "{}",
        learned.manifest
    );
    assert!(
        learned.grant.contains("[credentials.\"key\"]"),
        "{}",
        learned.grant
    );
}
