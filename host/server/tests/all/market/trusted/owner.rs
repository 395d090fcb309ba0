//! Whom the owner of a namespace may trust.

use std::sync::Arc;

use metier_market::{keeper::acts::ActLimits, state::TrustedPublisher};
use metier_server::market::trusted::{ISSUERS, PublishedKeys, check_issuer};
use metier_store::Clock;
use serde_json::json;

use super::{ENDS, EXCHANGE, PUBLISHERS, Works, pair, stall, word};
use crate::market::{AS_ACME, AS_OTHER, Options, many::copied, published::signed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publisher_is_somebody_and_is_trusted_by_the_owner_alone() {
    let works = Works::open().await;
    let with = |change: &dyn Fn(&mut TrustedPublisher)| {
        let mut changed = works.trusted();
        changed.claims.insert(word("environment"), word("release"));
        change(&mut changed);
        changed
    };
    let by_other = works.add(AS_OTHER, with(&|_| {})).await;
    assert_eq!(by_other.status, 403, "{by_other:?}");
    let unknown = with(&|all| all.issuer = word("https://ci.example"));
    let unknown = works.add(AS_ACME, unknown).await;
    assert_eq!(unknown.status, 400, "{unknown:?}");
    assert!(unknown.text().contains(ISSUERS[0]), "{unknown:?}");
    // Everybody gets tokens of GitHub.
    for missing in ["repository", "repository_owner_id", "workflow_ref"] {
        let wide = with(&|all| {
            all.issuer = word(ISSUERS[0]);
            all.claims.remove(&word(missing));
        });
        let answer = works.add(AS_ACME, wide).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.text().contains(missing), "{answer:?}");
    }
    for (claim, wanted) in [
        ("repository", "acme/*"),
        ("repository_owner_id", "65:*"),
        ("workflow_ref", "acme/salesforce/*"),
    ] {
        let wide = with(&|all| {
            all.issuer = word(ISSUERS[0]);
            all.claims.insert(word(claim), word(wanted));
        });
        let answer = works.add(AS_ACME, wide).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert!(answer.text().contains("get tokens of"), "{answer:?}");
    }
    // And of GitLab, whose paths come to somebody else as well.
    for (named, status) in [
        (&[("project_path", "acme/crm")][..], 400),
        (&[("project_path", "acme/crm"), ("namespace_id", "7")], 201),
        (&[("project_id", "42")], 201),
    ] {
        let of_gitlab = with(&|all| {
            all.issuer = word(ISSUERS[1]);
            all.claims = named.iter().map(|(a, b)| (word(a), word(b))).collect();
        });
        let answer = works.add(AS_ACME, of_gitlab).await;
        assert_eq!(answer.status, status, "{named:?}: {answer:?}");
    }
    // Nobody's signature, a thief's, and one for other words.
    let change = with(&|_| {}).of("com.acme".parse().unwrap());
    let wider = with(&|all| all.skills.clear()).of("com.acme".parse().unwrap());
    for signature in [
        json!(null),
        json!(change.signature(&pair()).unwrap()),
        json!(wider.signature(&works.stall.key).unwrap()),
    ] {
        let body = json!({"publisher": change.publisher, "signature": signature});
        let refused = works.stall.tell(AS_ACME, PUBLISHERS, &body).await;
        assert_eq!(refused.status, 400, "{refused:?}");
    }
    let listed = works
        .stall
        .ask(
            "GET /api/v1/market/namespaces",
            &[("authorization", AS_ACME)],
            b"",
        )
        .await;
    let publishers = listed.json()["namespaces"][0]["publishers"].clone();
    assert_eq!(publishers.as_array().unwrap().len(), 3, "{publishers}");
    assert_eq!(publishers[0]["id"], json!(works.id));
}

/// Each is in every receipt of the namespace: nobody adds and ends them without end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_changes_has_an_end() {
    let acts = ActLimits {
        publishers: 1,
        ..ActLimits::default()
    };
    let works = Works::with(|options| Options { acts, ..options }).await;
    let full = works.stall.tell(AS_ACME, ENDS, &works.ended(None)).await;
    assert_eq!(full.status, 429, "{full:?}");
    assert_eq!(full.json()["code"], "rate-limited", "{full:?}");
    // Whatever was used up: what the domain says is heard.
    let unsigned = json!(works.ending(None));
    let ended = works.stall.tell(AS_ACME, ENDS, &unsigned).await;
    assert_eq!(ended.status, 201, "{ended:?}");
}

/// Whoever keeps the market says whose runs an issuer of their own is for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issuer_is_taken_for_the_namespaces_it_is_named_for() {
    let works = Works::open().await;
    for (only, status) in [("org.other", 403), ("com.acme", 200)] {
        let (copied, now) = (copied(&works.stall), works.stall.clock.now());
        let url = works.provider.url.clone();
        let narrowed = stall(copied, &works.provider, now, |options| {
            let address = options.address.clone().unwrap();
            let keys = PublishedKeys::of(std::slice::from_ref(&url), &address).unwrap();
            Options {
                id_tokens: Arc::new(keys.only_for(url, vec![only.parse().unwrap()])),
                ..options
            }
        })
        .await;
        let market = format!("http://{}", narrowed.address);
        let token = works.token(&json!({"aud": market}));
        let body =
            json!({"token": token, "namespace": "com.acme", "key": pair().verifying().public()});
        let answer = narrowed
            .ask(EXCHANGE, &[], body.to_string().as_bytes())
            .await;
        assert_eq!(answer.status, status, "{only}: {answer:?}");
        let mut trusted = works.trusted();
        trusted.claims.insert(word("environment"), word("release"));
        let change = trusted.of("com.acme".parse().unwrap());
        let signature = change.signature(&works.stall.key).unwrap();
        let body = signed(json!({"publisher": change.publisher}), &signature);
        let added = narrowed.tell(AS_ACME, PUBLISHERS, &body).await;
        let status = if status == 200 { 201 } else { 400 };
        assert_eq!(added.status, status, "{only}: {added:?}");
    }
}

#[test]
fn an_issuer_is_a_host_by_its_name() {
    for (issuer, fits) in [
        ("https://ci.acme.example", true),
        ("https://ci.acme.example:8443/oidc", true),
        ("http://127.0.0.1:1", true),
        ("http://localhost:1", true),
        ("https://93.184.216.34", false),
        ("https://10.0.0.1", false),
        ("https://[2606:2800:220:1::1]", false),
        ("http://ci.acme.example", false),
        ("https://CI.acme.example", false),
        ("https://ci.acme.example/x?y=1", false),
        ("https://ci.acme.example#x", false),
        ("https://u@ci.acme.example", false),
        ("ci.acme.example", false),
    ] {
        assert_eq!(check_issuer(issuer).is_ok(), fits, "{issuer}");
    }
}
