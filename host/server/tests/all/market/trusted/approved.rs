//! A run is one person: where a namespace has the 2-person rule, a member approves of what it publishes.

use metier_market::receipt::Receipt;
use serde_json::json;

use super::{SKILL, Works, pair};
use crate::market::{
    AS_ACME, AS_OTHER,
    team::{KEYS, QUEUE, RULES, approval, joins, rule, said},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_run_publishes_waits_for_a_member() {
    let works = Works::open().await;
    let (stall, other) = (&works.stall, pair());
    let change = joins("other", "owner".parse().unwrap(), &other);
    let signature = change.signature(&stall.key).unwrap();
    let added = said(json!(change), &[signature]);
    assert_eq!(stall.tell(AS_ACME, KEYS, &added).await.status, 201);
    // A publisher and a key are two changes of the namespace.
    let on = rule(true, 2, &[&stall.key]);
    assert_eq!(stall.tell(AS_ACME, RULES, &on).await.status, 201);
    let (run, key) = works.run().await;
    let waits = stall.publish_theirs(&run, &key, SKILL, "1.0.0").await;
    assert_eq!(waits.status, 202, "{waits:?}");
    assert_eq!(waits.json()["approvers"], json!(["acme", "other"]));
    let id = waits.json()["review"].as_str().unwrap().to_owned();
    let waiting = stall.tell(AS_OTHER, QUEUE, &json!({})).await.json();
    let waiting = &waiting["waiting"][0];
    let line = format!("POST /api/v1/market/queue/{id}/second");
    // The run does not approve of itself, and neither does its key with somebody's token.
    let own = json!({"signature": approval(waiting, &key).signature(&key).unwrap()});
    assert_eq!(stall.tell(&run, &line, &own).await.status, 403);
    assert_eq!(stall.tell(AS_OTHER, &line, &own).await.status, 400);
    let good = json!({"signature": approval(waiting, &key).signature(&other).unwrap()});
    let approved = stall.tell(AS_OTHER, &line, &good).await;
    assert_eq!(approved.status, 201, "{approved:?}");
    let index = stall.index(SKILL).await;
    let line = &index.lines()[0];
    let receipt = stall.get(&format!("/receipts/{}", line.leaf)).await;
    let receipt = Receipt::read(&receipt.body).unwrap();
    let proven = receipt
        .verify(stall.market.root(), &line.component)
        .unwrap();
    assert_eq!(proven.by, None);
    assert!(proven.publication.run.is_some());
    assert_eq!(proven.approved.unwrap().account.as_str(), "other");
    // Nor does one owner alone trust another workflow.
    let mut further = works.trusted();
    further.skills.clear();
    let refused = works.add(AS_ACME, further).await;
    assert_eq!(refused.status, 409, "{refused:?}");
}
