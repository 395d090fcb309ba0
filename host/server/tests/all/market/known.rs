//! A list that has not changed costs nobody its bytes, also after the market was started again.

use std::time::Duration;

use serde_json::json;

use super::{AS_ACME, Answer, Stall, many::copied};

const SKILL: &str = "com.acme/salesforce";

impl Stall {
    async fn list(&self, known: &str) -> Answer {
        let known = [("if-none-match", known)];
        self.ask("GET /revocations", &known, b"").await
    }
}

#[tokio::test]
async fn a_list_that_is_known_is_not_sent_again() {
    let stall = Stall::open().await;
    stall.publish(SKILL, "1.0.0").await;
    let list = stall.get("/revocations").await;
    let tag = list.header("etag").unwrap().to_owned();
    let digest = metier_core::Digest::of(&list.body);
    assert_eq!(tag, format!("\"{digest}\""), "as hosts make it");
    let known = stall.list(&tag).await;
    assert_eq!((known.status, known.body.len()), (304, 0), "{known:?}");
    // A publication can change the list, and has not.
    stall.publish(SKILL, "1.1.0").await;
    assert_eq!(stall.list(&tag).await.status, 304);
    let again = Stall::reopened(copied(&stall), &stall).await;
    assert_eq!(again.list(&tag).await.status, 304);
    let target = json!({"what": "publisher", "namespace": "com.acme"});
    let body = json!({"target": target, "why": "It steals."});
    let revoke = "POST /api/v1/market/revocations";
    assert_eq!(again.tell(AS_ACME, revoke, &body).await.status, 201);
    let newer = again.list(&tag).await;
    assert_eq!(newer.status, 200, "{newer:?}");
    let tag = newer.header("etag").unwrap().to_owned();
    // Revoked before it was killed, and told after it.
    let last = Stall::reopened(copied(&again), &again).await;
    assert_eq!(last.list(&tag).await.status, 304);
    // It is made anew long before it expires.
    last.clock.advance(Duration::from_secs(6 * 3_600));
    assert_eq!(last.list(&tag).await.status, 200);
}
