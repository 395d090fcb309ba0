//! Where keys are looked for, and where not.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use metier_service::identity::token::Issuer;
use serde_json::{Value, json};

use super::{
    PATIENCE, claims, issuer, me,
    provider::{Key, Provider},
    trust,
};
use crate::scene::Scene;

/// Whether a good token opens when the provider says this of itself.
async fn opens(document: impl FnOnce(&str) -> Value, patience: Duration) -> (bool, usize) {
    let scene = Scene::start().await;
    let key = Key::new(Algorithm::ES256, "one");
    let provider = Provider::start(&[&key]).await;
    provider.discover(document(&provider.url));
    trust(&scene, issuer(&provider), patience);
    let token = key.sign(&claims(&provider, &json!({})));
    let opened = me(&scene, &token).await.status == 200;
    (opened, provider.keys_asked())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_discovery_document_leads_nowhere_else() {
    let good = |url: &str| json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
    assert_eq!(opens(good, PATIENCE).await, (true, 1));
    let localhost = |url: &str| url.replace("127.0.0.1", "localhost");
    let documents: [&dyn Fn(&str) -> Value; 8] = [
        // It is of another issuer, be it by one character.
        &|url| json!({"issuer": format!("{url}/"), "jwks_uri": format!("{url}/keys")}),
        &|url| json!({"issuer": "https://login.example", "jwks_uri": format!("{url}/keys")}),
        // The keys are elsewhere.
        &|url| json!({"issuer": url, "jwks_uri": format!("{}/keys", localhost(url))}),
        &|url| json!({"issuer": url, "jwks_uri": "http://169.254.169.254/latest/meta-data"}),
        &|url| json!({"issuer": url, "jwks_uri": "https://10.0.0.1/keys"}),
        &|url| json!({"issuer": url, "jwks_uri": "file:///etc/passwd"}),
        &|url| json!({"issuer": url}),
        // They were moved.
        &|url| json!({"issuer": url, "jwks_uri": format!("{url}/moved")}),
    ];
    for document in documents {
        let told = document("http://127.0.0.1:0").to_string();
        assert_eq!(opens(document, PATIENCE).await, (false, 0), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_neither_too_large_nor_too_slow() {
    let huge = |url: &str| json!({"issuer": url, "jwks_uri": format!("{url}/huge")});
    assert_eq!(opens(huge, PATIENCE).await, (false, 0));
    let silent = |url: &str| json!({"issuer": url, "jwks_uri": format!("{url}/silent")});
    assert_eq!(opens(silent, Duration::from_millis(300)).await, (false, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_may_name_keys_elsewhere() {
    let scene = Scene::start().await;
    let key = Key::new(Algorithm::ES256, "one");
    let (provider, keeper) = (Provider::start(&[]).await, Provider::start(&[&key]).await);
    provider.discover(Value::Null);
    let issuer = Issuer {
        keys: Some(format!("{}/keys", keeper.url)),
        ..issuer(&provider)
    };
    trust(&scene, issuer, PATIENCE);
    let token = key.sign(&claims(&provider, &json!({})));
    assert_eq!(me(&scene, &token).await.status, 200);
    assert_eq!((keeper.keys_asked(), provider.keys_asked()), (1, 0));
}
