//! What an ID token is worth: whose, for whom, about which run, and once.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use jsonwebtoken::{Algorithm as Alg, EncodingKey, Header};
use metier_core::audit::EgressRecord;
use metier_market::{
    keeper::{runs::TakenLimits, sessions::LoginLimits},
    state::TrustedPublisher,
    trust::{Publisher, SigningKey},
};
use metier_runtime::egress::EgressAudit;
use metier_server::market::trusted::{ISSUERS, PublishedKeys};
use metier_service::identity::{
    keys::HttpKeys,
    token::{Issuer, KeySource},
};
use metier_store::Clock;
use serde_json::{Value, json};

use super::{EXCHANGE, Works, pair, seconds, stall};
use crate::{
    market::{AS_OTHER, Options, many::copied, published::signed},
    tokens::provider::{Key, Provider, unsigned},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_that_is_not_right_is_worth_nothing() {
    let works = Works::open().await;
    let good = works.claims(&json!({}));
    for wrong in [
        json!({"aud": "https://market.example"}),
        json!({"aud": format!("http://{}.evil.example", works.stall.address)}),
        json!({"aud": null}),
        json!({"exp": seconds() - 120}),
        json!({"exp": null}),
        json!({"nbf": seconds() + 600}),
        json!({"iat": seconds() + 600}),
        json!({"iat": null}),
        json!({"exp": seconds() + 2 * 86_400}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"iss": "https://login.example"}),
        json!({"iss": ISSUERS[0]}),
    ] {
        works.is_refused(401, &works.token(&wrong)).await;
    }
    works.is_refused(401, &unsigned(&good, "")).await;
    let public = works.signs.public().to_string();
    let secret = EncodingKey::from_secret(public.as_bytes());
    let mut header = Header::new(Alg::HS256);
    header.kid = Some("one".to_owned());
    let shared = jsonwebtoken::encode(&header, &good, &secret).unwrap();
    works.is_refused(401, &shared).await;
    let other = Key::new(Alg::RS256, "one");
    works.is_refused(401, &other.sign(&good)).await;
    works.is_refused(401, "no token").await;
    let huge = "x".repeat(100_000);
    works
        .is_refused(401, &works.token(&json!({"x": huge})))
        .await;
    // The same claims, untouched, open.
    let taken = works.exchange(&works.signs.sign(&good), &pair()).await;
    assert_eq!(taken.status, 200, "{taken:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_nobody_trusts_gets_nothing() {
    let works = Works::open().await;
    for other in [
        json!({"repository": "evil/salesforce"}),
        json!({"repository": "acme/salesforce-evil"}),
        json!({"repository": null}),
        json!({"repository": ["acme/salesforce"]}),
        json!({"workflow_ref": "acme/salesforce/.github/workflows/test.yml@refs/tags/v1"}),
        json!({"workflow_ref": "evil/x/.github/workflows/release.yml@refs/tags/v1"}),
        // The account was given up, and somebody else has its name now.
        json!({"repository_owner_id": "66"}),
        json!({"repository_owner_id": 650}),
        json!({"repository_owner_id": null}),
        // A proposed change, by each of its signs, and what else strangers begin.
        json!({"ref": "refs/pull/1/merge"}),
        json!({"ref": "refs/merge-requests/1/head"}),
        json!({"event_name": "pull_request"}),
        json!({"event_name": "pull_request_target"}),
        json!({"event_name": "workflow_run"}),
        json!({"event_name": "issue_comment"}),
        json!({"event_name": "issues"}),
        json!({"pipeline_source": "merge_request_event"}),
        json!({"pipeline_source": "external_pull_request_event"}),
    ] {
        works.is_refused(403, &works.token(&other)).await;
    }
    let body = |namespace: &str, key: &SigningKey<Publisher>| {
        let token = works.token(&json!({}));
        json!({"token": token, "namespace": namespace, "key": key.verifying().public()}).to_string()
    };
    // Somebody else's namespace, one of nobody, and a key that has another role.
    let theirs = json!({"key": pair().verifying().public()});
    let claim = "PUT /api/v1/market/namespaces/org.other";
    assert_eq!(works.stall.tell(AS_OTHER, claim, &theirs).await.status, 201);
    for (namespace, key, status) in [
        ("org.other", &pair(), 403),
        ("com.nobody", &pair(), 403),
        ("com.acme", &works.stall.key, 400),
    ] {
        let body = body(namespace, key);
        let answer = works.stall.ask(EXCHANGE, &[], body.as_bytes()).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_is_taken_once_also_by_a_market_that_was_started_anew() {
    let works = Works::open().await;
    let token = works.token(&json!({}));
    assert_eq!(works.exchange(&token, &pair()).await.status, 200);
    works.is_refused(401, &token).await;
    let taken = works.exchange(&token, &pair()).await;
    assert!(taken.text().contains("taken before"), "{taken:?}");
    // At the same address: the token is for it.
    let copied = copied(&works.stall);
    let kept = std::fs::read_dir(copied.path().join("id-tokens")).unwrap();
    let kept = kept.filter_map(|file| std::fs::read_to_string(file.unwrap().path()).ok());
    let kept: Vec<String> = kept.collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(!kept[0].contains("salesforce"), "{kept:?}");
    let again = stall(copied, &works.provider, works.stall.clock.now(), |all| all).await;
    let market = format!("http://{}", again.address);
    let jti = works.claims(&json!({}))["jti"].clone();
    let sign = |jti: &Value| works.token(&json!({"aud": market, "jti": jti}));
    let ask = |token: String| {
        let again = &again;
        async move {
            let key = pair();
            let body =
                json!({"token": token, "namespace": "com.acme", "key": key.verifying().public()});
            let answer = again.ask(EXCHANGE, &[], body.to_string().as_bytes()).await;
            answer.status
        }
    };
    assert_eq!(ask(sign(&jti)).await, 200);
    // The number of the one that the first process took.
    let used = token.split('.').nth(1).unwrap();
    let used = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, used).unwrap();
    let used: Value = serde_json::from_slice(&used).unwrap();
    assert_eq!(ask(sign(&used["jti"])).await, 401);
}

/// A run that can say what its ID token is for says its key too: whoever else finds the token publishes nothing with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_that_names_a_key_is_worth_nothing_with_another() {
    let works = Works::open().await;
    let (own, thiefs) = (pair(), pair());
    let market = format!("http://{}", works.stall.address);
    let bound = |key: &SigningKey<Publisher>| format!("{market}#{}", key.verifying().hint());
    let token = works.token(&json!({"aud": bound(&own)}));
    let stolen = works.exchange(&token, &thiefs).await;
    assert_eq!(stolen.status, 401, "{stolen:?}");
    let elsewhere = json!({"aud": bound(&own).replace("http://", "https://")});
    let elsewhere = works.exchange(&works.token(&elsewhere), &own).await;
    assert_eq!(elsewhere.status, 401, "{elsewhere:?}");
    let taken = works.exchange(&token, &own).await;
    assert_eq!(taken.status, 200, "{taken:?}");
}

/// Two services say the same of a run, as they like to: which of them it has to be is what the namespace trusts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_token_of_another_service_is_another_run() {
    let works = Works::open().await;
    let signs = Key::new(Alg::RS256, "one");
    let other = Provider::start(&[&signs]).await;
    let issuers = [works.provider.url.clone(), other.url.clone()];
    let (copied, now) = (copied(&works.stall), works.stall.clock.now());
    let both = stall(copied, &works.provider, now, |options| {
        let address = options.address.clone().unwrap();
        Options {
            id_tokens: Arc::new(PublishedKeys::of(&issuers, &address).unwrap()),
            ..options
        }
    })
    .await;
    let market = format!("http://{}", both.address);
    for (issuer, signs, status) in [(&other, &signs, 403), (&works.provider, &works.signs, 200)] {
        let claims = works.claims(&json!({"iss": issuer.url, "aud": market}));
        let key = pair().verifying().public().clone();
        let body = json!({"token": signs.sign(&claims), "namespace": "com.acme", "key": key});
        let answer = both.ask(EXCHANGE, &[], body.to_string().as_bytes()).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

/// A page instead of keys, a redirect to good ones, more than anybody reads, and keys on another host.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_not_where_and_what_they_should_be_open_nothing() {
    for keys in ["/page", "/moved", "/huge", "localhost"] {
        let works = Works::open().await;
        let url = works.provider.url.clone();
        let keys = match keys.starts_with('/') {
            true => format!("{url}{keys}"),
            // It would answer with the right keys.
            false => format!("{}/keys", url.replace("127.0.0.1", keys)),
        };
        works
            .provider
            .discover(json!({"issuer": url, "jwks_uri": keys}));
        works.is_refused(401, &works.token(&json!({}))).await;
        assert_eq!(works.provider.keys_asked(), 0, "{keys}");
    }
}

/// An issuer is found at public addresses alone, and by https; only this machine is asked by http.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_of_a_private_network() {
    let market = "https://market.example".parse().unwrap();
    for never in ["http://169.254.169.254", "http://ci.example", "file:///etc"] {
        assert!(
            PublishedKeys::of(&[never.to_owned()], &market).is_err(),
            "{never}"
        );
    }
    let clock = Arc::new(SystemTime::now);
    let asks = HttpKeys::new("/".into(), clock, Arc::new(Unwritten));
    for inside in [
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://[fd00::1]",
    ] {
        let issuer = Issuer::read_only(inside.to_owned(), "https://market.example".to_owned());
        let refused = asks.fetch(&issuer).await.unwrap_err();
        assert!(refused.contains("address"), "{inside}: {refused}");
    }
}

struct Unwritten;

impl EgressAudit for Unwritten {
    fn record(&self, _: EgressRecord) {}
}

/// One job can ask its service for as many ID tokens as it likes: it locks out nobody but its own namespace's runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_takes_only_its_own_share_of_id_tokens() {
    let taken = TakenLimits {
        namespace: 3,
        ..TakenLimits::default()
    };
    let works = Works::with(|options| Options { taken, ..options }).await;
    for _ in 0..3 {
        let taken = works.exchange(&works.token(&json!({})), &pair()).await;
        assert_eq!(taken.status, 200, "{taken:?}");
    }
    let full = works.exchange(&works.token(&json!({})), &pair()).await;
    assert_eq!(full.status, 429, "{full:?}");
    let wait: u64 = full.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=15 * 60).contains(&wait), "{full:?}");
    // Somebody else's runs are let in all the while.
    let theirs = pair();
    let claim = "PUT /api/v1/market/namespaces/org.other";
    let body = json!({"key": theirs.verifying().public()});
    assert_eq!(works.stall.tell(AS_OTHER, claim, &body).await.status, 201);
    let trusted = TrustedPublisher {
        skills: Default::default(),
        ..works.trusted()
    };
    let change = trusted.of("org.other".parse().unwrap());
    let signature = change.signature(&theirs).unwrap();
    let body = signed(json!({"publisher": change.publisher}), &signature);
    let line = "POST /api/v1/market/namespaces/org.other/publishers";
    assert_eq!(works.stall.tell(AS_OTHER, line, &body).await.status, 201);
    let body = json!({"token": works.token(&json!({})), "namespace": "org.other", "key": pair().verifying().public()});
    let other = works
        .stall
        .ask(EXCHANGE, &[], body.to_string().as_bytes())
        .await;
    assert_eq!(other.status, 200, "{other:?}");
    // And its own, when what was taken is over.
    works.stall.clock.advance(Duration::from_secs(15 * 60 + 1));
    let later = json!({"iat": seconds() + 900, "nbf": seconds(), "exp": seconds() + 1_200});
    let again = works.exchange(&works.token(&later), &pair()).await;
    assert_eq!(again.status, 200, "{again:?}");
}

/// Each refusal costs a verification: one address that has had its share is not listened to for a while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_is_refused_so_often_and_then_not_listened_to() {
    let logins = LoginLimits {
        exchanges_each: 2,
        ..LoginLimits::default()
    };
    let works = Works::with(|options| Options { logins, ..options }).await;
    // What is taken is none.
    for _ in 0..3 {
        works.run().await;
    }
    works.is_refused(401, "no token").await;
    works
        .is_refused(403, &works.token(&json!({"repository": "evil/x"})))
        .await;
    let good = works.token(&json!({}));
    let full = works.exchange(&good, &pair()).await;
    assert_eq!(full.status, 429, "{full:?}");
    assert_eq!(full.header("retry-after"), Some("300"), "{full:?}");
    let body = json!({"token": good, "namespace": "com.acme", "key": pair().verifying().public()});
    let body = body.to_string();
    let elsewhere = works.stall.ask_from("127.0.0.2", EXCHANGE, body.as_bytes());
    let elsewhere = elsewhere.await;
    assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
    works.stall.clock.advance(Duration::from_secs(300));
    works.run().await;
}
