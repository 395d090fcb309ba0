//! How much one account does in a day.

use std::time::Duration;

use metier_market::{keeper::acts::ActLimits, revoked::Seen};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    AS_ACME, AS_OPERATOR, AS_OTHER, Answer, Options, Stall, lost, many::copied, published::signed,
};

const SKILL: &str = "com.acme/salesforce";

async fn limited(acts: ActLimits) -> Stall {
    Stall::with(TempDir::new().unwrap(), move |options| Options {
        acts,
        ..options
    })
    .await
}

impl Stall {
    async fn revoke(&self, who: &str, skill: &str, range: &str) -> Answer {
        let target = json!({"what": "versions", "name": skill, "versions": range});
        let body = json!({"target": target, "why": "It steals."});
        self.tell(who, "POST /api/v1/market/revocations", &body)
            .await
    }

    async fn yank(&self, what: &str) -> Answer {
        let line = format!("POST /api/v1/market/skills/{SKILL}/1.0.0/{what}");
        self.tell(AS_ACME, &line, &json!({"why": "mine"})).await
    }
}

fn assert_full(answer: &Answer) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.json()["code"], "rate-limited", "{answer:?}");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&wait), "{answer:?}");
}

#[tokio::test]
async fn a_day_of_revocations_is_each_accounts_own() {
    let acts = ActLimits {
        revocations: 2,
        ..ActLimits::default()
    };
    let stall = limited(acts).await;
    stall.publish(SKILL, "1.0.0").await;
    let key = json!({"key": stall.key.verifying().public()});
    let claim = "PUT /api/v1/market/namespaces/org.other";
    assert_eq!(stall.tell(AS_OTHER, claim, &key).await.status, 201);
    for range in ["<2", "<3"] {
        let done = stall.revoke(AS_ACME, SKILL, range).await;
        assert_eq!(done.status, 201, "{done:?}");
    }
    assert_full(&stall.revoke(AS_ACME, SKILL, "<4").await);
    // Nobody else's day is full, and who keeps the market has none.
    let other = stall.revoke(AS_OTHER, "org.other/tool", "<4").await;
    assert_eq!(other.status, 201, "{other:?}");
    for range in ["<5", "<6", "<7"] {
        let done = stall.revoke(AS_OPERATOR, SKILL, range).await;
        assert_eq!(done.status, 201, "{done:?}");
    }
    // A restart forgets nothing.
    let again = Stall::with(copied(&stall), move |options| Options { acts, ..options }).await;
    assert_full(&again.revoke(AS_ACME, SKILL, "<4").await);
    again.clock.advance(Duration::from_secs(24 * 3_600));
    let done = again.revoke(AS_ACME, SKILL, "<4").await;
    assert_eq!(done.status, 201, "{done:?}");
}

#[tokio::test]
async fn so_many_revocations_of_an_account_stand_at_a_time() {
    let acts = ActLimits {
        standing_revocations: 2,
        ..ActLimits::default()
    };
    let stall = limited(acts).await;
    stall.publish(SKILL, "1.0.0").await;
    for range in ["<2", "<3"] {
        assert_eq!(stall.revoke(AS_ACME, SKILL, range).await.status, 201);
    }
    let full = stall.revoke(AS_ACME, SKILL, "<4").await;
    assert_eq!(full.status, 409, "{full:?}");
    let target = json!({"what": "versions", "name": SKILL, "versions": "<2"});
    let body = json!({"target": target, "why": "It does not."});
    let line = "POST /api/v1/market/unrevocations";
    assert_eq!(stall.tell(AS_OPERATOR, line, &body).await.status, 201);
    assert_eq!(stall.revoke(AS_ACME, SKILL, "<4").await.status, 201);
}

#[tokio::test]
async fn nobody_yanks_changes_keys_or_claims_without_end() {
    let acts = ActLimits {
        yanks: 2,
        keys: 1,
        claims: 1,
        ..ActLimits::default()
    };
    let stall = limited(acts).await;
    stall.publish(SKILL, "1.0.0").await;
    for what in ["yank", "unyank"] {
        assert_eq!(stall.yank(what).await.status, 201);
    }
    assert_full(&stall.yank("yank").await);
    let key = json!({"key": stall.key.verifying().public()});
    let claim = "PUT /api/v1/market/namespaces/com.acme.more";
    assert_full(&stall.tell(AS_ACME, claim, &key).await);
    let add = async || {
        let change = lost::change(&lost::key());
        let signature = change.signature(&stall.key).unwrap();
        let body = signed(json!(change), &signature);
        stall.tell(AS_ACME, lost::KEYS, &body).await
    };
    let added = add().await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_full(&add().await);
    // Whatever was used up: what the domain says is heard.
    let hint: Value = json!({"key": stall.key.verifying().hint()});
    assert_eq!(stall.tell(AS_ACME, lost::ENDS, &hint).await.status, 201);
}

/// What is under way counts: many at once are not more than a day holds.
#[tokio::test]
async fn a_day_is_no_longer_for_who_asks_at_once() {
    let acts = ActLimits {
        revocations: 3,
        ..ActLimits::default()
    };
    let stall = limited(acts).await;
    stall.publish(SKILL, "1.0.0").await;
    let ranges: Vec<String> = (2..14).map(|number| format!("<{number}")).collect();
    let all = ranges
        .iter()
        .map(|range| stall.revoke(AS_ACME, SKILL, range));
    let answers = futures::future::join_all(all).await;
    let done = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(done, 3, "{answers:?}");
    let list = stall.get("/revocations").await;
    let root = stall.root().await;
    let now = "2023-11-14T22:14:00Z".parse().unwrap();
    let accepted = Seen::default().accept(&list.body, &root.revocation, now);
    assert_eq!(accepted.unwrap().list().entries().len(), 3);
}
