//! Key-value storage and configuration.

use metier_core::{Blame, Code};
use metier_e2e::{Guest, Installed, TestHost};
use serde_json::{Value, json};

const GRANT: &str =
    "[kv]\nbuckets = [\"cache\"]\n[config]\nregion = \"eu\"\nelsewhere = \"not asked for\"\n";

async fn storage() -> (TestHost, Installed) {
    let host = TestHost::start();
    let skill = host.install(Guest::named("capabilities"), GRANT).await;
    (host, skill)
}

#[tokio::test]
async fn a_value_outlives_the_instance_that_wrote_it() {
    let (host, skill) = storage().await;
    let call = async |tool: &str, arguments: Value| {
        host.call(&skill, &format!("storage.{tool}"), arguments)
            .await
            .json()
    };
    assert_eq!(
        call("get", json!({"bucket": "cache", "key": "k"})).await,
        Value::Null
    );
    call("put", json!({"bucket": "cache", "key": "k", "value": "v"})).await;
    assert_eq!(
        call("get", json!({"bucket": "cache", "key": "k"})).await,
        "v"
    );
    assert_eq!(
        call("exists", json!({"bucket": "cache", "key": "k"})).await,
        true
    );
    assert_eq!(call("keys", json!({"bucket": "cache"})).await, json!(["k"]));
    call("remove", json!({"bucket": "cache", "key": "k"})).await;
    assert_eq!(
        call("exists", json!({"bucket": "cache", "key": "k"})).await,
        false
    );
}

#[tokio::test]
async fn counting_and_batches() {
    let (host, skill) = storage().await;
    let call = async |tool: &str, arguments: Value| {
        host.call(&skill, &format!("storage.{tool}"), arguments)
            .await
            .json()
    };
    assert_eq!(
        call("add", json!({"bucket": "cache", "key": "n", "delta": 2})).await,
        2
    );
    assert_eq!(
        call("add", json!({"bucket": "cache", "key": "n", "delta": 3})).await,
        5
    );
    call(
        "put-many",
        json!({"bucket": "cache", "entries": [["a", "1"], ["b", "2"]]}),
    )
    .await;
    let many = json!({"bucket": "cache", "keys": ["a", "x", "b"]});
    assert_eq!(call("get-many", many).await, json!(["1", null, "2"]));
    call(
        "remove-many",
        json!({"bucket": "cache", "keys": ["a", "b", "n"]}),
    )
    .await;
    assert_eq!(call("keys", json!({"bucket": "cache"})).await, json!([]));
}

#[tokio::test]
async fn a_bucket_that_was_not_granted_stays_shut() {
    let (host, skill) = storage().await;
    let arguments = json!({"bucket": "notes", "key": "k", "value": "v"});
    let ended = host.call(&skill, "storage.put", arguments).await;
    ended.failed(Code::UpstreamDenied, Blame::Operator);
    assert_eq!(ended.denials(), [Code::KvNotGranted]);
}

#[tokio::test]
async fn configuration_that_was_granted_can_be_read_and_nothing_else() {
    let (host, skill) = storage().await;
    let setting = async |key: &str| {
        host.call(&skill, "storage.setting", json!({"key": key}))
            .await
    };
    assert_eq!(setting("region").await.json(), "eu");
    assert_eq!(setting("unset").await.json(), Value::Null);
    assert_eq!(
        setting("elsewhere").await.denials(),
        [Code::ConfigNotDeclared]
    );
    let all = host.call(&skill, "storage.settings", json!({})).await;
    assert_eq!(all.json(), json!([["region", "eu"]]));
}
