//! Other people's keys and settings.

use metier_core::Code;
use metier_e2e::{Guest, TestHost};
use serde_json::json;

use super::scene::Scene;

const CACHE: &str = "[kv]\nbuckets = [\"cache\"]\n";

/// The same skill with the same bucket for somebody else, who keeps a secret in it.
async fn with_a_secret_of(tenant: &str, guest: Guest) -> TestHost {
    let host = TestHost::start();
    let theirs = host.install_for(tenant, guest, CACHE).await;
    let arguments = json!({"bucket": "cache", "key": "password", "value": "hunter2"});
    host.call(&theirs, "storage.put", arguments).await.json();
    host
}

/// Ways to write somebody else's key.
const KEYS: &str = "cache\npassword\nacme/cache/password\n../acme/cache/password\n../../acme/password\n..\\acme\\password\nacme:cache:password\nacme\u{0}cache\u{0}password\n/acme/cache/password\n%2e%2e/acme/password";

#[tokio::test]
pub async fn keys_of_another_tenant() {
    let host = with_a_secret_of("acme", Guest::named("capabilities")).await;
    let mine = host.install(Guest::named("capabilities"), CACHE).await;
    let ended = host
        .call(&mine, "storage.keys", json!({"bucket": "cache"}))
        .await;
    assert_eq!(
        ended.json(),
        json!([]),
        "the very same skill, for another tenant"
    );
    let scene = Scene::on(host, CACHE).await;
    scene.run("kv-read", KEYS).await.kept_out();
    assert_eq!(scene.run("kv-keys", "cache").await.text(), "got in: []");
}

#[tokio::test]
pub async fn keys_of_another_skill() {
    let host = with_a_secret_of("local", Guest::named("capabilities")).await;
    let scene = Scene::on(host, CACHE).await;
    scene.run("kv-read", KEYS).await.kept_out();
    assert_eq!(scene.run("kv-keys", "cache").await.text(), "got in: []");
}

#[tokio::test]
pub async fn buckets_that_were_not_granted() {
    let scene = Scene::new(CACHE).await;
    let ended = scene
        .run(
            "kv-open",
            "secrets\nother\ncache/../secrets\nCACHE\ncache \n\u{0}",
        )
        .await;
    ended.kept_out();
    let denials = ended.denials();
    assert!(
        denials.contains(&Code::KvNotGranted) && denials.contains(&Code::KvNotDeclared),
        "{denials:?}"
    );
}

#[tokio::test]
pub async fn a_value_larger_than_allowed() {
    let scene = Scene::new(CACHE).await;
    assert!(
        scene
            .run("kv-value", "cache 1000")
            .await
            .text()
            .starts_with("got in")
    );
    scene.run("kv-value", "cache 33554432").await.kept_out();
}

#[tokio::test]
pub async fn a_flood_of_keys() {
    let scene = Scene::new(CACHE).await;
    scene.run("kv-flood", "cache 1000000").await.kept_out();
}

#[tokio::test]
pub async fn configuration_that_was_not_granted() {
    let scene = Scene::new("[config]\nregion = \"eu\"\nelsewhere = \"theirs\"\n").await;
    assert!(scene.run("setting", "region").await.text().contains("eu"));
    // Declared and not granted: it is as if it were not set, whatever the operator has elsewhere.
    assert!(
        scene
            .run("setting", "database-password")
            .await
            .kept_out()
            .contains("not set")
    );
    let undeclared = scene.run("setting", "elsewhere").await;
    undeclared.kept_out();
    assert_eq!(undeclared.denials(), [Code::ConfigNotDeclared]);
}
