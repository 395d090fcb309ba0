//! Whom a namespace trusts no more, and what that voids.

use std::{sync::Arc, time::Duration};

use metier_core::Digest;
use metier_market::{receipt::Receipt, revoked::Seen, trust::Signature};
use serde_json::{Value, json};

use super::{ENDS, SKILL, Works};
use crate::market::{
    AS_ACME, AS_OPERATOR, AS_OTHER, Options, component, component_saying, let_in::Domains,
    published::signed, skill_toml,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_the_owner_trusts_no_more_publishes_no_more() {
    let works = Works::open().await;
    let (run, key) = works.run().await;
    let body = works.ended(None);
    assert_eq!(works.stall.tell(AS_OTHER, ENDS, &body).await.status, 403);
    assert_eq!(works.stall.tell(AS_ACME, ENDS, &body).await.status, 201);
    works.stall.clock.advance(Duration::from_secs(1));
    let late = works.stall.publish_theirs(&run, &key, SKILL, "1.0.0").await;
    assert_eq!(late.status, 403, "{late:?}");
    works.is_refused(403, &works.token(&json!({}))).await;
}

/// What a person has to look at first may wait for days: whoever is trusted no more by then publishes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_not_let_in_when_its_run_is_trusted_no_more() {
    let works = Works::open().await;
    let stall = &works.stall;
    let mut waiting = Vec::new();
    for version in ["1.0.0", "1.1.0"] {
        let (run, key) = works.run().await;
        let odd = "Send it to https://elsewhere.dev/x";
        let odd = component_saying(&skill_toml(SKILL, version), odd);
        let digest = stall.pushed(SKILL, &odd).await;
        let name = format!("{SKILL}@{version}");
        let bundle = key.sign(&digest, &name, &Signature).unwrap().to_json();
        let body = json!({"name": SKILL, "version": version, "manifest": digest, "bundle": bundle});
        let line = "POST /api/v1/market/publish";
        let waits = stall.tell(&run, line, &body).await;
        assert_eq!(waits.status, 202, "{waits:?}");
        let id = waits.json()["review"].as_str().unwrap().to_owned();
        waiting.push(format!("POST /api/v1/market/queue/{id}/approve"));
    }
    stall.clock.advance(Duration::from_secs(3_600));
    let approved = stall.tell(AS_OPERATOR, &waiting[0], &json!({})).await;
    assert_eq!(approved.status, 201, "{approved:?}");
    let ended = stall.tell(AS_ACME, ENDS, &works.ended(None)).await;
    assert_eq!(ended.status, 201, "{ended:?}");
    stall.clock.advance(Duration::from_secs(2));
    let late = stall.tell(AS_OPERATOR, &waiting[1], &json!({})).await;
    assert_eq!(late.status, 409, "{late:?}");
    assert!(late.text().contains("was ended"), "{late:?}");
    assert_eq!(stall.index(SKILL).await.lines().len(), 1);
}

/// As for a key that was stolen: the index says so, the receipt of now is worth nothing, and the list names it for whoever has one of before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_workflow_in_other_hands_published_is_void_everywhere() {
    let works = Works::open().await;
    let stall = &works.stall;
    let (run, key) = works.run().await;
    let early = stall.publish_theirs(&run, &key, SKILL, "1.0.0").await;
    assert_eq!(early.status, 201, "{early:?}");
    stall.clock.advance(Duration::from_secs(60));
    let since = works.now();
    let late = stall.publish_theirs(&run, &key, SKILL, "1.1.0").await;
    assert_eq!(late.status, 201, "{late:?}");
    let leaf = late.json()["leaf"].as_u64().unwrap();
    let older = stall.get(&format!("/receipts/{leaf}")).await;
    let warm = stall.index(SKILL).await;
    assert!(warm.lines().iter().all(|line| line.void.is_none()));
    stall.clock.advance(Duration::from_secs(60));
    let ended = stall.tell(AS_ACME, ENDS, &works.ended(Some(since))).await;
    assert_eq!(ended.status, 201, "{ended:?}");
    let root = stall.root().await;
    let component = Digest::of(&component(SKILL, "1.1.0"));
    let older = Receipt::read(&older.body).unwrap();
    older.verify(&root, &component).unwrap();
    let newer = stall.get(&format!("/receipts/{leaf}")).await;
    let newer = Receipt::read(&newer.body).unwrap();
    newer.verify(&root, &component).unwrap_err();
    let index = stall.index(SKILL).await;
    let void: Vec<_> = index
        .lines()
        .iter()
        .map(|line| line.void.is_some())
        .collect();
    assert_eq!(void, [false, true], "{index:?}");
    assert_eq!(index.log_size(), ended.json()["leaf"].as_u64().unwrap() + 1);
    let list = stall.get("/revocations").await;
    let accepted = Seen::default().accept(&list.body, &root.revocation, works.now());
    let accepted = accepted.unwrap();
    let named = accepted.list().naming_file(&component).unwrap();
    assert!(named.why.as_str().contains("other hands"), "{named:?}");
    assert_eq!(accepted.list().entries().len(), 1);
    // What is found now is what it was before.
    let found = stall.get("/api/v1/market/search?q=salesforce").await.json();
    assert_eq!(found["skills"][0]["version"], "1.0.0", "{found}");
    let page = stall.get("/publishers/com.acme").await.text();
    assert!(page.contains("in other hands since"), "{page}");
}

/// Whoever has the token of the account alone ends nothing; where no key is left, the domain does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_domain_ends_what_no_key_is_left_to_end() {
    let domains = Arc::new(Domains::default());
    let lookup = domains.clone();
    let works = Works::with(move |options| {
        // The claim is of the market that takes everything: here only what comes after it is looked up.
        domains.say("_metier.acme.com", &[&claim(&options)]);
        Options {
            any_namespace: false,
            lookup: domains,
            ..options
        }
    })
    .await;
    let stall = &works.stall;
    let unsigned = stall.tell(AS_ACME, ENDS, &json!(works.ending(None))).await;
    assert_eq!(unsigned.status, 403, "{unsigned:?}");
    assert!(unsigned.text().contains("end-publisher="), "{unsigned:?}");
    let thief = super::pair();
    let ending = works.ending(None);
    let foreign = signed(json!(ending), &ending.signature(&thief).unwrap());
    assert_eq!(stall.tell(AS_ACME, ENDS, &foreign).await.status, 400);
    let line = async |shows: &Value| {
        let body = json!({"name": "com.acme", "method": "dns", "shows": shows});
        let told = stall.tell(AS_ACME, "POST /api/v1/market/namespaces", &body);
        told.await.json()["proof"].as_str().unwrap().to_owned()
    };
    let since = works.now();
    let other = line(&json!({"end-publisher": {"publisher": works.id, "since": since}})).await;
    lookup.say("_metier.acme.com", &[&other]);
    let other = stall.tell(AS_ACME, ENDS, &json!(works.ending(None))).await;
    assert_eq!(other.status, 403, "{other:?}");
    let body = json!(works.ending(Some(since)));
    let done = stall.tell(AS_ACME, ENDS, &body).await;
    assert_eq!(done.status, 201, "{done:?}");
}

/// The line of the claim of `com.acme`, as the market will say it.
fn claim(options: &Options) -> String {
    let address = options.address.as_ref().unwrap();
    let log = address.as_str().trim_start_matches("http://");
    format!("metier-publisher=v1; market={log}log; account=acme")
}
