//! A WASI 0.3 skill is loaded and called beside WASI 0.2 ones.

use metier_e2e::{Guest, TestHost};
use metier_runtime::engine::Flavour;
use serde_json::json;

#[tokio::test]
async fn an_asynchronous_export_waits_for_an_asynchronous_import() {
    let host = TestHost::start();
    let later = host.install(Guest::named("concurrent"), "").await;
    let arguments = json!({"name": "Ada", "milliseconds": 10});
    assert_eq!(
        host.call(&later, "greet-later", arguments).await.text(),
        "Hello at last, Ada!"
    );
}

#[tokio::test]
async fn one_instance_waits_for_several_things_at_once() {
    let host = TestHost::start();
    let later = host.install(Guest::named("concurrent"), "").await;
    let arguments = json!({"clocks": 50, "milliseconds": 100});
    assert_eq!(
        host.call(&later, "wait-together", arguments).await.json(),
        50
    );
}

#[tokio::test]
async fn only_it_pays_for_concurrency() {
    let host = TestHost::start();
    let flavour = async |name| {
        host.host()
            .load(Guest::named(name).into_bytes())
            .await
            .unwrap()
            .flavour()
    };
    assert_eq!(flavour("concurrent").await, Flavour::Async);
    assert_eq!(flavour("echo").await, Flavour::Sync);
    assert_eq!(flavour("capabilities").await, Flavour::Sync);
}
