//! Tokens of an OpenID provider, which is a server on loopback, on every surface.

mod found;
pub mod provider;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use metier_core::EgressRecord;
use metier_runtime::egress::EgressAudit;
use metier_service::{
    Role,
    identity::{
        keys::HttpKeys,
        token::{ALGORITHMS, FETCH_PACE, Issuer, Tokens},
    },
};
use serde_json::{Value, json};

use crate::{scene::Scene, wire::Reply};
use provider::{Key, Provider};

/// Longer than anything of these tests takes that is not meant to take for ever.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

struct Unheard;

impl EgressAudit for Unheard {
    fn record(&self, _: EgressRecord) {}
}

/// An issuer as an operator would write it: the tenant and the role are in claims.
fn issuer(provider: &Provider) -> Issuer {
    Issuer {
        url: provider.url.clone(),
        audiences: vec!["metier".into()],
        algorithms: ALGORITHMS.to_vec(),
        keys: None,
        addresses: Vec::new(),
        ca_file: None,
        tenant_claim: Some("org".into()),
        tenant: None,
        role_claim: Some("roles".into()),
        roles: [("ops".to_owned(), Role::Operator)].into(),
        role: None,
        principal_claim: "sub".into(),
    }
}

/// Has a service take the issuer's tokens. The clock that paces fetches.
fn trust(scene: &Scene, issuer: Issuer, patience: std::time::Duration) -> Arc<AtomicU64> {
    let clock = Arc::new(std::time::SystemTime::now);
    let keys = HttpKeys::new("/".into(), clock, Arc::new(Unheard)).with_patience(patience);
    let now = Arc::new(AtomicU64::new(1_000_000));
    let held = now.clone();
    let told = Arc::new(move || held.load(Ordering::Relaxed));
    let tokens = Tokens::new(vec![issuer], Arc::new(keys), told);
    scene.service.trust(Arc::new(tokens));
    now
}

fn seconds() -> i64 {
    i64::try_from(metier_service::directory::now() / 1000).unwrap()
}

/// Good claims, with some replaced.
fn claims(provider: &Provider, changes: &Value) -> Value {
    let mut claims = json!({
        "iss": provider.url, "aud": "metier", "sub": "ada", "org": "local", "roles": ["ops"],
        "exp": seconds() + 300, "iat": seconds(),
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

async fn me(scene: &Scene, token: &str) -> Reply {
    scene.ask(token, "GET /api/v1/me", "").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_opens_every_surface() {
    let scene = Scene::with_math().await;
    let key = Key::new(Algorithm::RS256, "one");
    let provider = Provider::start(&[&key]).await;
    trust(&scene, issuer(&provider), PATIENCE);
    let token = key.sign(&claims(&provider, &json!({})));
    let me = me(&scene, &token).await;
    assert_eq!(me.status, 200, "{}", me.body);
    let host = provider.url.strip_prefix("http://").unwrap();
    assert_eq!(me.json["principal"], format!("user/ada@{host}"));
    assert_eq!(
        (&me.json["role"], &me.json["tenant"]),
        (&json!("operator"), &json!("local"))
    );
    let called = scene
        .ask(&token, "POST /api/v1/tools/math.add", r#"{"a": 2, "b": 3}"#)
        .await;
    assert_eq!(called.json["result"], 5, "{}", called.body);
    let listed = scene.mcp(&token, "tools/list", json!({})).await;
    let name = &listed.json["result"]["tools"][0]["name"];
    assert_eq!(name, "math__add", "{}", listed.body);
    let models = scene.ask(&token, "GET /v1/models", "").await;
    assert_eq!(models.status, 200, "{}", models.body);
    assert_eq!(provider.keys_asked(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_not_right_has_the_same_answer() {
    let scene = Scene::start().await;
    let acme = scene.key("acme", "viewer").await;
    let (key, other) = (
        Key::new(Algorithm::RS256, "one"),
        Key::new(Algorithm::RS256, "one"),
    );
    let provider = Provider::start(&[&key]).await;
    trust(&scene, issuer(&provider), PATIENCE);
    let with = |changes: Value| key.sign(&claims(&provider, &changes));
    let good = with(json!({}));
    assert_eq!(me(&scene, &good).await.status, 200);
    let of_acme = with(json!({"org": "acme"}));
    assert_eq!(me(&scene, &of_acme).await.json["tenant"], "acme");
    let suspended = r#"{"suspended": true}"#;
    scene
        .ask(&scene.admin, "PUT /api/v1/tenants/acme", suspended)
        .await;
    assert_eq!(me(&scene, &acme).await.status, 401);

    let stranger = Key::new(Algorithm::RS256, "two");
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let mightier = other.sign(&claims(&provider, &json!({"org": "acme"})));
    let body = mightier.split('.').nth(1).unwrap();
    let wrong = [
        ("expired", with(json!({"exp": seconds() - 120}))),
        ("not yet valid", with(json!({"nbf": seconds() + 120}))),
        (
            "another issuer",
            with(json!({"iss": "https://login.example"})),
        ),
        ("another audience", with(json!({"aud": "another"}))),
        ("no role", with(json!({"roles": ["guest"]}))),
        ("no such tenant", with(json!({"org": "nobody"}))),
        ("a suspended tenant's", of_acme),
        (
            "unsigned",
            provider::unsigned(&claims(&provider, &json!({})), ""),
        ),
        (
            "unsigned with a signature",
            provider::unsigned(&claims(&provider, &json!({})), signature),
        ),
        ("a secret that is public", confused(&key, &provider)),
        (
            "an unknown key",
            stranger.sign(&claims(&provider, &json!({}))),
        ),
        (
            "another's signature",
            other.sign(&claims(&provider, &json!({}))),
        ),
        ("tampered", format!("{head}.{body}.{signature}")),
        ("cut short", good[..good.len() - 4].to_owned()),
        ("nothing of the sort", "a.b.c".to_owned()),
    ];
    let refused = me(&scene, "mtr_0000000000000000_AAAA").await;
    assert_eq!((refused.status, refused.code()), (401, "unauthenticated"));
    for (what, token) in &wrong {
        let reply = me(&scene, token).await;
        assert_eq!((reply.status, &reply.body), (401, &refused.body), "{what}");
        let mcp = scene.mcp(token, "tools/list", json!({})).await;
        assert_eq!((mcp.status, &mcp.body), (401, &refused.body), "{what}");
        let models = scene.ask(token, "GET /v1/models", "").await;
        assert_eq!(models.status, 401, "{what}");
        assert!(
            models.body.contains("The key is not valid."),
            "{}",
            models.body
        );
    }
    assert_eq!(me(&scene, &good).await.status, 200);
    // A tenant's own token is for no other.
    let headers = format!("authorization: Bearer {good}\r\nmetier-tenant: acme\r\n");
    let elsewhere = scene.send("GET /api/v1/me", &headers, b"").await;
    assert_eq!((elsewhere.status, elsewhere.code()), (403, "forbidden"));
}

/// The public key, as it is published, taken for the secret of an HMAC.
fn confused(key: &Key, provider: &Provider) -> String {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("one".into());
    let secret = EncodingKey::from_secret(key.public().to_string().as_bytes());
    jsonwebtoken::encode(&header, &claims(provider, &json!({})), &secret).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_rotated_and_made_up_ids_cause_no_flood() {
    let scene = Scene::start().await;
    let (one, two) = (
        Key::new(Algorithm::ES256, "one"),
        Key::new(Algorithm::EdDSA, "two"),
    );
    let provider = Provider::start(&[&one]).await;
    let now = trust(&scene, issuer(&provider), PATIENCE);
    let sign = |key: &Key| key.sign(&claims(&provider, &json!({})));
    assert_eq!(me(&scene, &sign(&one)).await.status, 200);
    provider.publish(&[&one, &two]);
    for _ in 0..10 {
        assert_eq!(me(&scene, &sign(&two)).await.status, 401);
    }
    assert_eq!(provider.keys_asked(), 1);
    now.fetch_add(FETCH_PACE, Ordering::Relaxed);
    let (first, second) = (sign(&one), sign(&two));
    let both = tokio::join!(me(&scene, &second), me(&scene, &second), me(&scene, &first));
    assert_eq!(
        (both.0.status, both.1.status, both.2.status),
        (200, 200, 200)
    );
    assert_eq!(provider.keys_asked(), 2);
}

#[tokio::test]
async fn a_client_without_a_key_learns_who_gives_tokens() {
    let scene = Scene::start().await;
    let key = Key::new(Algorithm::ES256, "one");
    let provider = Provider::start(&[&key]).await;
    let path = "/.well-known/oauth-protected-resource";
    let before = scene.send(&format!("GET {path}"), "", b"").await;
    assert!(
        before.json["authorization_servers"].is_null(),
        "{}",
        before.body
    );
    trust(&scene, issuer(&provider), PATIENCE);
    let base = format!("http://{}", scene.address);
    for (asked, path, resource) in [
        ("GET /api/v1/me", path.to_owned(), base.clone()),
        ("GET /v1/models", path.to_owned(), base.clone()),
        ("POST /mcp", format!("{path}/mcp"), format!("{base}/mcp")),
    ] {
        let refused = scene.send(asked, "", b"").await;
        let challenge = refused.header("www-authenticate").unwrap_or_default();
        let expected = format!("Bearer realm=\"metier\", resource_metadata=\"{base}{path}\"");
        assert_eq!(
            (refused.status, challenge),
            (401, expected.as_str()),
            "{asked}"
        );
        let told = scene.send(&format!("GET {path}"), "", b"").await;
        assert_eq!(told.json["resource"], resource, "{asked}");
        assert_eq!(
            told.json["authorization_servers"],
            json!([provider.url]),
            "{asked}"
        );
    }
}
