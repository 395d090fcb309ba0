//! What needs no grant: clocks, randomness, waiting.

use std::time::{Duration, SystemTime};

use metier_e2e::{Guest, TestHost};
use serde_json::json;

#[tokio::test]
async fn the_clocks_run() {
    let host = TestHost::start();
    let skill = host.install(Guest::named("capabilities"), "").await;
    let before = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let moment = host.call(&skill, "system.now", json!({})).await.json();
    let seconds: u64 = match &moment["unix-seconds"] {
        serde_json::Value::String(text) => text.parse().unwrap(),
        number => number.as_u64().unwrap(),
    };
    assert!(
        seconds >= before && seconds < before + 3600,
        "{seconds} is not now"
    );
    assert_eq!(moment["monotonic"], true);
}

#[tokio::test]
async fn two_instances_draw_different_numbers() {
    let host = TestHost::start();
    let skill = host.install(Guest::named("capabilities"), "").await;
    let draw = async || host.call(&skill, "system.random", json!({})).await.json();
    assert_ne!(draw().await, draw().await);
}

#[tokio::test]
async fn waiting_costs_time_on_the_wall_and_none_on_the_processor() {
    let host = TestHost::start();
    let skill = host.install(Guest::named("capabilities"), "").await;
    let ended = host
        .call(&skill, "system.sleep", json!({"milliseconds": 300}))
        .await;
    let usage = &ended.outcome.usage;
    assert!(usage.wall >= Duration::from_millis(300), "{usage:?}");
    assert!(usage.cpu < usage.wall, "{usage:?}");
    assert_eq!(&ended.record.usage, usage, "the audit has the same numbers");
}
